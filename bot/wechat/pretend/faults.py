"""Faults on order (故障): which calls go wrong, how often, and in what way."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
HALF = '{"errcode":0,"errm'
NO_ERRCODE = '{"ok":true}'
BODIES = {"html": HTML, "half": HALF, "no_errcode": NO_ERRCODE}


@dataclass(slots=True)
class Fault:
    """One fault. It hits calls named `call` (`*`: all) with a probability of `rate`.

    The first `skip` such calls pass, then at most `times` are hit (None: no end). With `openids`
    only calls for these people. What happens: an error `code`; an HTTP `status`; a `body` (html,
    half, no_errcode); the line is dropped `before` the work, `after` it, or in the `middle` of the
    answer; `delay_s` before the work, `hang_s` between work and answer. `delivers` says whether
    the work is done all the same; by default it is with drop after and middle, and where there
    is nothing but a delay.
    """

    call: str = "*"
    rate: float = 1.0
    skip: int = 0
    times: int | None = None
    openids: tuple[str, ...] = ()
    code: int | None = None
    status: int | None = None
    body: Literal["html", "half", "no_errcode"] | None = None
    drop: Literal["before", "after", "middle"] | None = None
    delay_s: float = 0.0
    hang_s: float = 0.0
    delivers: bool | None = None
    hits: int = 0

    @property
    def works(self) -> bool:
        """Whether the call does its work all the same."""
        if self.delivers is not None:
            return self.delivers
        return self.drop in ("after", "middle") or self.is_only_slow

    @property
    def is_only_slow(self) -> bool:
        """Whether nothing is wrong but the time it takes."""
        return (self.code, self.status, self.body, self.drop) == (None, None, None, None)

    def hits_this(self, call: str, openid: str, dice: random.Random) -> bool:
        """Tell whether this call is hit, and count it."""
        if self.call not in ("*", call) or (self.openids and openid not in self.openids):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times == self.hits or dice.random() >= self.rate:
            return False
        self.hits += 1
        return True


@dataclass(slots=True)
class Faults:
    """The faults in force; the first that hits a call is the one it gets."""

    all: list[Fault] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a rehearsal

    def pick(self, call: str, openid: str) -> Fault | None:
        """Return the fault that hits this call."""
        return next((each for each in self.all if each.hits_this(call, openid, self.dice)), None)

    def set(self, *faults: Fault, seed: int = 1) -> None:
        """Put these in the place of those in force; none: all is well."""
        self.all, self.dice = list(faults), random.Random(seed)  # noqa: S311 - a rehearsal

    def read(self, data: dict[str, Any]) -> None:
        """Take `{"faults": […], "seed": 1}`; TypeError or ValueError for what is no fault."""
        found = []
        for each in data["faults"]:
            fault = Fault(**{**each, "openids": tuple(each.get("openids", ()))})
            if fault.body not in (None, *BODIES) or fault.drop not in (
                None, "before", "after", "middle",
            ):  # fmt: skip
                raise ValueError("body: html、half、no_errcode；drop: before、after、middle")
            found.append(fault)
        self.set(*found, seed=int(data.get("seed", 1)))

    def as_list(self) -> list[dict[str, Any]]:
        """Return them as they were ordered, with the number of hits."""
        return [asdict(each) for each in self.all]
