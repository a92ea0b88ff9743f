"""The account's calls of the pretend WeChat (账号): tags, menu, QR codes, followers, pictures."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.wechat.pretend.sends import DONE, error

if TYPE_CHECKING:
    from bot.wechat.pretend.world import Pretend

FIRST_TAG, TAGS_MOST, TAG_NAME_BYTES = 100, 100, 90
TOGETHER, TAGS_EACH = 50, 20
BUTTONS, UNDER, NAME_BYTES, NAME_BYTES_UNDER, KEY_BYTES = 3, 5, 16, 60, 128
SCENE_MOST = 64
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
PICTURE_MOST = 10 * 1024 * 1024


@dataclass(slots=True)
class AccountCalls:
    """The calls; each takes what was asked and returns the answer."""

    world: Pretend
    tag_names: dict[int, str] = field(default_factory=dict)
    buttons: list[dict[str, Any]] = field(default_factory=list)
    scenes: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def create_tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer tags/create."""
        name = (asked.get("tag") or {}).get("name", "")
        if not name or len(name.encode()) > TAG_NAME_BYTES:
            return error(45_158, "invalid tag name size")
        if name in self.tag_names.values():
            return error(45_157, "invalid tag name")
        if len(self.tag_names) >= TAGS_MOST:
            return error(45_056, "too many tag now")
        number = FIRST_TAG + len(self.tag_names)
        self.tag_names[number] = name
        return {"tag": {"id": number, "name": name}}

    def tags(self, _asked: dict[str, Any]) -> dict[str, Any]:
        """Answer tags/get."""
        tagged = self.world.people.tagged
        found = [
            {"id": number, "name": name, "count": len(tagged(number))}
            for number, name in self.tag_names.items()
        ]
        return {"tags": found}

    def tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer tags/members/batchtagging."""
        number, openids = int(asked.get("tagid", 0)), asked.get("openid_list") or []
        if refusal := self._tagging(number, openids):
            return refusal
        people = [self.world.people.get(each, self.world.rules) for each in openids]
        if any(len(each.tags | {number}) > TAGS_EACH for each in people):
            return error(45_059, "has too many tag with this user")
        for each in people:
            each.tags.add(number)
        return DONE

    def untag(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer tags/members/batchuntagging."""
        number, openids = int(asked.get("tagid", 0)), asked.get("openid_list") or []
        if refusal := self._tagging(number, openids):
            return refusal
        for each in openids:
            self.world.people.get(each, self.world.rules).tags.discard(number)
        return DONE

    def tags_of(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer tags/getidlist."""
        person = self.world.people.get(asked.get("openid", ""), self.world.rules)
        if person.state in ("unknown", "gone"):
            return error(40_003, "invalid openid")
        return {"tagid_list": sorted(person.tags)}

    def tag_members(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer user/tag/get, a page after `next_openid`."""
        number = int(asked.get("tagid", 0))
        if number not in self.tag_names:
            return error(45_159, "invalid tag id")
        return self._page(self.world.people.tagged(number), asked.get("next_openid", ""))

    def create_menu(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer menu/create."""
        buttons = asked.get("button") or []
        if not 1 <= len(buttons) <= BUTTONS:
            return error(40_016, "invalid button size")
        for each in buttons:
            under = each.get("sub_button") or []
            if len(under) > UNDER:
                return error(40_023, "invalid sub button size")
            for button, most in [(each, NAME_BYTES), *((one, NAME_BYTES_UNDER) for one in under)]:
                if not 1 <= len(button.get("name", "").encode()) <= most:
                    return error(40_018, "invalid button name size")
                if not button.get("sub_button") and not 1 <= _bytes(button) <= KEY_BYTES:
                    return error(40_019, "invalid button key size")
        self.buttons = buttons
        return DONE

    def menu(self, _asked: dict[str, Any]) -> dict[str, Any]:
        """Answer menu/get."""
        if not self.buttons:
            return error(46_003, "menu no exist")
        return {"menu": {"button": self.buttons}}

    def create_qr(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer qrcode/create for a scene that is a text."""
        scene = ((asked.get("action_info") or {}).get("scene") or {}).get("scene_str", "")
        if asked.get("action_name") not in ("QR_LIMIT_STR_SCENE", "QR_STR_SCENE"):
            return error(40_053, "invalid action info")
        if not 1 <= len(scene) <= SCENE_MOST:
            return error(40_053, "invalid action info")
        ticket = secrets.token_urlsafe(64)
        url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
        self.scenes[url] = scene
        limited = asked["action_name"] == "QR_STR_SCENE"
        ends = {"expire_seconds": int(asked.get("expire_seconds", 60))} if limited else {}
        return {"ticket": ticket, "url": url} | ends

    def user(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer user/info."""
        openid = asked.get("openid", "")
        person = self.world.people.get(openid, self.world.rules)
        if person.state == "unknown":
            return error(40_003, "invalid openid")
        if person.state == "gone":
            return {"subscribe": 0, "openid": openid}
        more = {"subscribe_time": int(person.since), "tagid_list": sorted(person.tags)}
        return {"subscribe": 1, "openid": openid, "language": "zh_CN", "remark": ""} | more

    def users(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer user/get, a page after `next_openid`."""
        everybody = list(self.world.people.following())
        answer = self._page(everybody, asked.get("next_openid", ""))
        return answer if "errcode" in answer else answer | {"total": len(everybody)}

    def upload_image(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer media/upload of an image."""
        picture = asked.get("media", b"")
        if asked.get("type") != "image":
            return error(40_004, "invalid media type")
        if not picture:
            return error(41_005, "media data missing")
        if not picture.startswith(PICTURES) or len(picture) > PICTURE_MOST:
            return error(40_009, "invalid image size")
        number = secrets.token_urlsafe(32)
        self.pictures[number] = picture
        return {"type": "image", "media_id": number, "created_at": int(self.world.now())}

    def _page(self, people: list[str], after: str) -> dict[str, Any]:
        if after and after not in people:
            return error(40_003, "invalid openid")
        start = people.index(after) + 1 if after else 0
        page = people[start : start + self.world.rules.page]
        answer: dict[str, Any] = {"count": len(page), "next_openid": ""}
        return answer | ({"data": {"openid": page}, "next_openid": page[-1]} if page else {})

    def _tagging(self, number: int, openids: list[str]) -> dict[str, Any] | None:
        if number not in self.tag_names:
            return error(45_159, "invalid tag id")
        if not 1 <= len(openids) <= TOGETHER:
            return error(40_032, "invalid openid list size")
        for each in openids:
            if self.world.people.get(each, self.world.rules).state in ("unknown", "gone"):
                return error(49_003, "not match openid with appid")
        return None


def _bytes(button: dict[str, Any]) -> int:
    return len(str(button.get("key") or button.get("url") or "").encode())
