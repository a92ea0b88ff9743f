"""Access tokens as the pretend WeChat gives them out: stable, with an end, forced now and then."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.wechat.pretend.rules import Rules

EARLY_SHARE = 24
"""The next token is given out for the last 24th of a token's life: 5 minutes of two hours."""


@dataclass(slots=True)
class TokenDesk:
    """Tokens by their end (Unix time); the last one given out is the present one."""

    ends: dict[str, float] = field(default_factory=dict)
    present: str = ""
    forced: list[float] = field(default_factory=list)

    def ask(self, rules: Rules, asked: dict[str, Any], now: float) -> dict[str, Any]:
        """Answer /cgi-bin/stable_token."""
        if rules.app_id and asked.get("appid") != rules.app_id:
            return {"errcode": 40_013, "errmsg": "invalid appid"}
        if rules.secret and asked.get("secret") != rules.secret:
            return {"errcode": 40_125, "errmsg": "invalid appsecret"}
        if asked.get("grant_type") != "client_credential":
            return {"errcode": 40_002, "errmsg": "invalid grant_type"}
        if asked.get("force_refresh"):
            today = [when for when in self.forced if now - when < 86_400]  # noqa: PLR2004 - a day
            if len(today) >= rules.forced_a_day:
                return {"errcode": 45_009, "errmsg": "reach max api daily quota limit"}
            if not today or now - today[-1] >= rules.forced_apart_s:
                self.forced = [*today, now]
                self._replace(rules, now)
        elif self.ends.get(self.present, 0) - now <= min(
            rules.old_token_s, rules.token_s / EARLY_SHARE
        ):
            self._replace(rules, now)
        return {"access_token": self.present, "expires_in": int(self.ends[self.present] - now)}

    def check(self, token: str, now: float) -> int:
        """Return 0 for a token that holds, 42001 for one past its end, 40001 for any other."""
        if token not in self.ends:
            return 40_001
        return 0 if now < self.ends[token] else 42_001

    def expire(self, now: float) -> None:
        """End every token now: they answer 42001."""
        self.ends = {token: min(end, now) for token, end in self.ends.items()}

    def revoke(self) -> None:
        """Forget every token, as if another program had them replaced: they answer 40001."""
        self.ends, self.present = {}, ""

    def _replace(self, rules: Rules, now: float) -> None:
        """Give out another; the old one holds five minutes more."""
        if self.present:
            self.ends[self.present] = min(self.ends[self.present], now + rules.old_token_s)
        self.present = secrets.token_urlsafe(96)
        self.ends[self.present] = now + rules.token_s
