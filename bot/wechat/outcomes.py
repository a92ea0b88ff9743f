"""What became of a call to WeChat (调用结果): done, refused, or nobody knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jcbot.errors import JcbotError

if TYPE_CHECKING:
    from knowledge.wechat import Known, Wait

Refusing = Literal["temporary", "limit", "permanent"]


@dataclass(frozen=True, slots=True)
class Ok:
    """WeChat did it; `data` is its answer. `again`: it had been done before under this id."""

    data: dict[str, Any] = field(repr=False)
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """WeChat did not do it, for certain.

    `code` is WeChat's errcode, 0 where the call never got that far. `kind` says whether to try
    again (temporary), to wait until something is allowed anew (limit; `wait` tells what for), or
    never to (permanent). `name` is ours for the code, `means` the sentence for staff.
    """

    code: int
    kind: Refusing
    name: str
    wait: Wait
    means: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been done or not: the answer did not come or cannot be read.

    `reason`: timeout, dropped, http_NNN, html, not_json, no_errcode, too_long.
    """

    reason: str


Outcome = Ok | Refused | Ambiguous


class AccountFaultError(JcbotError):
    """Nothing can be sent until somebody mends it; what was asked has not been done.

    `name` is one of secret_refused, app_id_refused, address_refused, account_blocked,
    token_refused; `code` WeChat's. Whoever sends pauses for `pause_s`.
    """

    sentence = "微信不接受本服务的调用，什么也发不出去。"
    pause_s = 60.0

    def __init__(self, known: Known) -> None:
        super().__init__(f"{type(self).sentence}原因：{known.means}（错误码{known.code}）。")
        self.name, self.code = known.name, known.code


class TokenRefusedError(AccountFaultError):
    """A freshly fetched access token is refused as well (40001, 40014 or 42001)."""


class SecretRefusedError(AccountFaultError):
    """The app id or the secret is wrong (40013, 40125 and their like)."""


class AddressRefusedError(AccountFaultError):
    """The address of this machine is not on the account's allow-list (40164)."""


_FAULTS: dict[str, type[AccountFaultError]] = {
    "token_refused": TokenRefusedError,
    "secret_refused": SecretRefusedError,
    "app_id_refused": SecretRefusedError,
    "address_refused": AddressRefusedError,
}


def account_fault(known: Known) -> AccountFaultError:
    """Return the error for a code of kind token or account."""
    return _FAULTS.get(known.name, AccountFaultError)(known)
