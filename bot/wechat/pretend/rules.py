"""What the pretend WeChat allows (规则): the real one's figures, for a test to turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Rules:
    """Times in seconds, counts a day unless said otherwise; an empty id or secret takes any.

    `quotas` and `per_minute` go by call name (the keys of `world.ROUTES`).
    `everyone_follows`: an openid nobody has heard of is a follower. `windows`: customer messages
    keep to their window. `consents`: a subscription notice uses up a consent.
    `finish_after_s`: how long a template or mass job takes to its finish event.
    """

    app_id: str = ""
    secret: str = ""
    token_s: float = 7_200
    old_token_s: float = 300
    forced_a_day: int = 20
    forced_apart_s: float = 30
    quotas: dict[str, int] = field(default_factory=dict)
    per_minute: dict[str, int] = field(
        default_factory=lambda: {"mass_by_tag": 60, "mass_by_list": 60}
    )
    windows: bool = True
    window_s: float = 48 * 3_600
    window_most: int = 5
    event_window_s: float = 60
    event_most: int = 3
    consents: bool = True
    same_id_s: float = 600
    same_mass_id_s: float = 86_400
    mass_a_month: int = 4
    mass_text_most: int = 600
    custom_text_bytes: int = 2_048
    everyone_follows: bool = True
    page: int = 10_000
    finish_after_s: float = 0

    def changed(self, values: dict[str, Any]) -> Rules:
        """Return the rules with some figures replaced; TypeError for a name that is none."""
        return replace(self, **values)
