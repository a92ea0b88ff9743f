"""Reading WeChat's answer to a call (读回答): only what plainly says so is a success."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.wechat.outcomes import Ambiguous, Ok, Outcome, Refused

if TYPE_CHECKING:
    from knowledge.wechat import Known

UNAVAILABLE, TOO_MANY, GOOD = 503, 429, 200
"""By HTTP's own rules 503 and 429 say that the request was not worked on."""

_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


@dataclass(frozen=True, slots=True)
class NotServed:
    """The token or the account itself was refused; nothing was done."""

    known: Known


def read_answer(
    status: int, body: bytes, errors: dict[int, Known], proof: str = ""
) -> Outcome | NotServed:
    """Return what an answer says. `proof` is the key whose presence shows a success without code.

    WeChat gives `errcode` 0 for what it does, but leaves it out where it only tells something.
    """
    if status == UNAVAILABLE:
        return Refused(0, "temporary", "unavailable", "moment", "微信接口暂时停了")
    if status == TOO_MANY:
        return Refused(0, "temporary", "too_fast", "slower", "发得太快，微信要求慢一点")
    if status != GOOD:
        return Ambiguous(f"http_{status}")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return Ambiguous("html" if body.lstrip()[:1] == b"<" else "not_json")
    return _read(data, errors, proof) if isinstance(data, dict) else Ambiguous("not_json")


def _read(data: dict[str, Any], errors: dict[int, Known], proof: str) -> Outcome | NotServed:
    code = data.get("errcode", 0 if proof and proof in data else None)
    if type(code) is not int:
        return Ambiguous("no_errcode")
    if code == 0:
        return Ok(data) if not proof or proof in data else Ambiguous("no_errcode")
    known = errors.get(code)
    if known is None:
        return Refused(code, "temporary", "unknown", "moment", "微信给了没见过的错误码")
    if known.kind == "done":
        return Ok(data, again=True)
    if known.kind in ("token", "account"):
        return NotServed(_with_address(known, data))
    return Refused(code, known.kind, known.name, known.wait, known.means)  # type: ignore[arg-type]


def _with_address(known: Known, data: dict[str, Any]) -> Known:
    """Add this machine's address as WeChat saw it: the one to put on the allow-list."""
    address = _ADDRESS.search(str(data.get("errmsg", "")))
    if known.name != "address_refused" or address is None:
        return known
    return replace(known, means=f"{known.means}（{address[0]}）")


def read_failure(fault: aiohttp.ClientError | TimeoutError) -> Outcome:
    """Return what a broken call means: certain only where the request never left."""
    if isinstance(fault, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Refused(0, "temporary", "certificate", "moment", "微信接口的证书不对")
    if isinstance(
        fault, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL
    ):
        return Refused(0, "temporary", "unreachable", "moment", "连不上微信接口")
    return Ambiguous("timeout" if isinstance(fault, TimeoutError) else "dropped")
