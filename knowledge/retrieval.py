"""The nearest written sentences to a message, as a second opinion beside the linear table.

Likeness is the cosine of the same evidence, each feature weighed by how rare it is; features that
too many sentences share tell nothing about nearness and cost the most, so they are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

COMMON = 80
"""Features of more sentences than this are left out."""
NEAREST = 9
SHARPNESS = 14.0
"""A neighbour's vote is exp(SHARPNESS * cosine)."""
FAR = 0.5
"""Only sentences at least this near, compared with the nearest, have a vote."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each row of the linear table, the sentences that hold it: `starts[r]:starts[r + 1]`.

    `who` and `weight` are as wide as the sums want them; they are saved in half that.
    """

    starts: Ints
    who: Ints
    weight: Floats
    rarity: Floats
    label: Ints
    labels: int

    def shares(self, at: Ints, value: Floats) -> Floats | None:
        """Return each label's share among the nearest; None where nothing is near.

        `at` and `value` are rows of the table and the message's values there.
        """
        heavy = value * self.rarity.take(at)
        size = float(np.sqrt(heavy @ heavy))
        if not size:
            return None
        rare = heavy.nonzero()[0]
        at, heavy = at[rare], heavy[rare]
        starts = self.starts.take(at)
        lengths = self.starts.take(at + 1) - starts
        take = np.repeat(starts - lengths.cumsum() + lengths, lengths)
        take += np.arange(len(take))
        parts = self.weight.take(take)
        parts *= np.repeat(heavy, lengths)
        likeness = np.bincount(self.who.take(take), weights=parts, minlength=len(self.label))
        near = np.flatnonzero(likeness > likeness.max() * FAR)
        near = near[np.argsort(-likeness[near], kind="stable")[:NEAREST]]
        votes = np.exp(SHARPNESS / size * likeness[near])
        shares = np.bincount(self.label[near], votes / votes.sum(), self.labels)
        return shares.astype(np.float32)


def build(
    messages: Sequence[tuple[Ints, Floats]], label: Sequence[int], rows: int, labels: int
) -> Neighbours:
    """Index the sentences: rows and values of each, its label, and how many rows and labels."""
    lengths = np.array([len(at) for at, _ in messages])
    at = np.concatenate([at for at, _ in messages])
    value = np.concatenate([value for _, value in messages])
    who = np.repeat(np.arange(len(messages)), lengths)
    spread = np.bincount(at, minlength=rows)
    telling = (spread > 0) & (spread <= COMMON)
    rarity = np.log(len(messages) / np.maximum(spread, 1)) * telling
    weight = value * rarity[at]
    size = np.sqrt(np.bincount(who, weight * weight, len(messages)))
    weight /= np.maximum(size, 1e-9)[who]
    order = np.flatnonzero(weight)
    order = order[np.argsort(at[order], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(at[order], minlength=rows))])
    return Neighbours(
        starts=starts,
        who=who[order].astype(np.int64),
        weight=weight[order].astype(np.float16).astype(np.float32),
        rarity=rarity.astype(np.float32),
        label=np.asarray(label, np.int64),
        labels=labels,
    )


def pack(near: Neighbours) -> dict[str, NDArray[Any]]:
    """Turn the index into plain arrays for saving."""
    return {
        "near_starts": near.starts,
        "near_who": near.who.astype(np.int32),
        "near_weight": near.weight.astype(np.float16),
        "near_rarity": near.rarity,
        "near_label": near.label,
        "near_labels": np.array([near.labels]),
    }


def unpack(arrays: dict[str, NDArray[Any]]) -> Neighbours:
    """Turn the arrays of `pack` into the index again."""
    return Neighbours(
        starts=arrays["near_starts"],
        who=arrays["near_who"].astype(np.int64),
        weight=arrays["near_weight"].astype(np.float32),
        rarity=arrays["near_rarity"],
        label=arrays["near_label"],
        labels=int(arrays["near_labels"][0]),
    )
