"""The telephone's slash commands (斜杠命令) as the fields WeChat would push."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Fields = dict[str, str]

HELP = """\
/follow [场景]      关注（可带二维码场景）
/unfollow          取消关注
/click 菜单键       点菜单，例如 /click CHECK
/scan 场景          扫码，例如 /scan county_高平市
/voice [文字]       发语音（不写文字就是没识别出来）
/image /video /shortvideo   发图片、视频、小视频
/location 纬度 经度 地名     发位置
/link 标题          发链接
/event 名称 [键]    发任意事件
/retry             把上一条原样再发一遍（微信重试）
/raw XML           发任意内容
/as 名字            换一个人说话
/time +1d          把演示的时间往前拨（s m h d w）
/notices           看到现在为止该发给这个人的通知
/help              看这份说明
/quit              退出"""


class CommandError(ValueError):
    """The command is unknown or lacks something; says what in Chinese."""


def is_command(line: str) -> bool:
    """Tell a slash command from a text; WeChat's own smileys are written /:rose and are text."""
    return line.startswith("/") and not line.startswith("/:")


def compose(line: str) -> Fields:
    """Return the fields of a slash command, or of a text message for any other line."""
    if not is_command(line):
        return {"MsgType": "text", "Content": line}
    name, _, rest = line[1:].partition(" ")
    make = _MAKERS.get(name)
    if make is None:
        raise CommandError(f"没有 /{name} 这个命令，/help 看有哪些")
    return make(rest.strip())


def _event(event: str, key: str = "") -> Fields:
    return {"MsgType": "event", "Event": event, "EventKey": key}


def _follow(scene: str) -> Fields:
    return _event("subscribe", f"qrscene_{scene}" if scene else "")


def _any_event(rest: str) -> Fields:
    name, _, key = rest.partition(" ")
    return _event(name, key)


def _voice(text: str) -> Fields:
    return {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": text}


def _location(rest: str) -> Fields:
    parts = rest.split(maxsplit=2)
    if len(parts) < 2:  # noqa: PLR2004 - latitude and longitude
        raise CommandError("写法：/location 纬度 经度 地名")
    latitude, longitude, *label = parts
    place = {"Location_X": latitude, "Location_Y": longitude, "Scale": "15"}
    return {"MsgType": "location", **place, "Label": "".join(label)}


def _link(title: str) -> Fields:
    return {"MsgType": "link", "Title": title, "Description": "", "Url": "https://example.invalid"}


def _media(kind: str) -> Callable[[str], Fields]:
    return lambda _rest: {"MsgType": kind, "MediaId": "m"}


_MAKERS: dict[str, Callable[[str], Fields]] = {
    "follow": _follow,
    "unfollow": lambda _rest: _event("unsubscribe"),
    "click": lambda key: _event("CLICK", key),
    "view": lambda url: _event("VIEW", url),
    "scan": lambda scene: _event("SCAN", scene),
    "event": _any_event,
    "voice": _voice,
    "image": _media("image"),
    "video": _media("video"),
    "shortvideo": _media("shortvideo"),
    "location": _location,
    "link": _link,
}
