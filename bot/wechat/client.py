"""Everything we ask of WeChat (主动接口): one method for each call, nothing kept in between.

Each method returns an `Outcome` (bot/wechat/outcomes.py): Ok, Refused or Ambiguous. Only
`AccountFaultError` is raised: then nothing was done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from bot.wechat.api import Api, Call
from jcbot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.metrics import Metrics
    from bot.wechat.outcomes import Outcome
    from jcbot.clock import Clock
    from jcbot.config import Config
    from jcbot.shared import Shared
    from knowledge.wechat import Button, WeChatBook

CUSTOM = Call("custom", "/cgi-bin/message/custom/send")
TEMPLATE = Call("template", "/cgi-bin/message/template/send")
SUBSCRIPTION = Call("subscription", "/cgi-bin/message/subscribe/bizsend")
MASS_BY_TAG = Call("mass_by_tag", "/cgi-bin/message/mass/sendall")
MASS_BY_LIST = Call("mass_by_list", "/cgi-bin/message/mass/send")
MASS_DELETE = Call("mass_delete", "/cgi-bin/message/mass/delete")
MASS_STATE = Call("mass_state", "/cgi-bin/message/mass/get", proof="msg_status")
CREATE_TAG = Call("create_tag", "/cgi-bin/tags/create", proof="tag")
TAGS = Call("tags", "/cgi-bin/tags/get", proof="tags", method="GET")
TAG = Call("tag", "/cgi-bin/tags/members/batchtagging")
UNTAG = Call("untag", "/cgi-bin/tags/members/batchuntagging")
TAGS_OF = Call("tags_of", "/cgi-bin/tags/getidlist", proof="tagid_list")
TAG_MEMBERS = Call("tag_members", "/cgi-bin/user/tag/get", proof="count")
CREATE_MENU = Call("create_menu", "/cgi-bin/menu/create")
MENU = Call("menu", "/cgi-bin/menu/get", proof="menu", method="GET")
CREATE_QR = Call("create_qr", "/cgi-bin/qrcode/create", proof="url")
USER = Call("user", "/cgi-bin/user/info", proof="subscribe", method="GET")
USERS = Call("users", "/cgi-bin/user/get", proof="total", method="GET")
UPLOAD_IMAGE = Call("upload_image", "/cgi-bin/media/upload", proof="media_id")

TAG_TOGETHER = 50
MASS_LEAST, MASS_MOST = 2, 10_000
CLIENT_ID_BYTES = 32


def open_client(
    config: Config, book: WeChatBook, shared: Shared, clock: Clock, metrics: Metrics
) -> WeChatClient:
    """Make the client of the settings; `ConfigError` where app id or secret is missing."""
    wechat = config.wechat
    for key, value in (
        ("app_id", wechat.app_id),
        ("app_secret", wechat.app_secret.get_secret_value()),
    ):
        if not value:
            fault = f"没有填，没法调用微信接口。也可以设环境变量 JCBOT_WECHAT__{key.upper()}"
            raise ConfigError("", f"wechat.{key}", fault)
    return WeChatClient(wechat, book, shared, clock, metrics)


class WeChatClient(Api):
    """The calls. Ids given by us (`client_id`) have at most 32 bytes: ValueError beyond that."""

    async def custom_text(self, openid: str, text: str) -> Outcome:
        """Send a customer-service text; there is no id against sending twice."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return await self.call(CUSTOM, body)

    async def template(
        self,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        *,
        client_id: str,
        url: str = "",
    ) -> Outcome:
        """Send a template message; Ok has `msgid`. The same id within 10 minutes arrives once."""
        body = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": _checked(client_id),
            "data": _values(values),
        }
        return await self.call(TEMPLATE, body | ({"url": url} if url else {}))

    async def subscription(
        self, openid: str, template_id: str, values: Mapping[str, str], *, page: str = ""
    ) -> Outcome:
        """Send a subscription notice; there is no id against sending twice."""
        body = {"touser": openid, "template_id": template_id, "data": _values(values)}
        return await self.call(SUBSCRIPTION, body | ({"page": page} if page else {}))

    async def mass_by_tag(self, tag: int, text: str, *, client_id: str) -> Outcome:
        """Send a text to all with this tag; Ok has `msg_id`, also where it was sent before."""
        body = {
            "filter": {"is_to_all": False, "tag_id": tag},
            "msgtype": "text",
            "text": {"content": text},
            "clientmsgid": _checked(client_id),
        }
        return await self.call(MASS_BY_TAG, body)

    async def mass_by_list(self, openids: Sequence[str], text: str, *, client_id: str) -> Outcome:
        """Send a text to 2–10,000 people; Ok has `msg_id`, also where it was sent before."""
        if not MASS_LEAST <= len(openids) <= MASS_MOST:
            raise ValueError("a mass send takes 2 to 10,000 people")
        body = {
            "touser": list(openids),
            "msgtype": "text",
            "text": {"content": text},
            "clientmsgid": _checked(client_id),
        }
        return await self.call(MASS_BY_LIST, body)

    async def mass_delete(self, msg_id: int) -> Outcome:
        """Take a mass send back."""
        return await self.call(MASS_DELETE, {"msg_id": msg_id})

    async def mass_state(self, msg_id: int) -> Outcome:
        """Ok has `msg_status`: SENDING, SEND_SUCCESS, SEND_FAIL or DELETE."""
        return await self.call(MASS_STATE, {"msg_id": str(msg_id)})

    async def create_tag(self, name: str) -> Outcome:
        """Ok has `tag`: {id, name}."""
        return await self.call(CREATE_TAG, {"tag": {"name": name}})

    async def tags(self) -> Outcome:
        """Ok has `tags`: a list of {id, name, count}."""
        return await self.call(TAGS)

    async def tag(self, tag: int, openids: Sequence[str]) -> Outcome:
        """Put at most 50 people under a tag."""
        return await self.call(TAG, _tagging(tag, openids))

    async def untag(self, tag: int, openids: Sequence[str]) -> Outcome:
        """Take at most 50 people out of a tag."""
        return await self.call(UNTAG, _tagging(tag, openids))

    async def tags_of(self, openid: str) -> Outcome:
        """Ok has `tagid_list`: the numbers of the person's tags."""
        return await self.call(TAGS_OF, {"openid": openid})

    async def tag_members(self, tag: int, after: str = "") -> Outcome:
        """Ok has `count`, and a page of openids under `data`, the last as `next_openid`."""
        return await self.call(TAG_MEMBERS, {"tagid": tag, "next_openid": after})

    async def create_menu(self, buttons: Sequence[Button]) -> Outcome:
        """Put this menu in the place of the account's present one."""
        return await self.call(CREATE_MENU, {"button": [each.as_wechat() for each in buttons]})

    async def menu(self) -> Outcome:
        """Ok has `menu`: {button: […]}; Refused 46003 where there is none."""
        return await self.call(MENU)

    async def create_qr(self, scene: str, *, expire_s: int | None = None) -> Outcome:
        """Make a code with a scene of 1–64 characters, for good unless it expires; Ok has `url`."""
        body = {
            "action_name": "QR_LIMIT_STR_SCENE" if expire_s is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        return await self.call(
            CREATE_QR, body if expire_s is None else body | {"expire_seconds": expire_s}
        )

    async def user(self, openid: str) -> Outcome:
        """Ok has `subscribe` (0: does not follow), `subscribe_time`, `tagid_list` and others."""
        return await self.call(USER, query={"openid": openid, "lang": "zh_CN"})

    async def users(self, after: str = "") -> Outcome:
        """Ok has `total`, `count`, `data`: {openid: […]} (absent when empty), `next_openid`."""
        return await self.call(USERS, query={"next_openid": after} if after else None)

    async def upload_image(self, name: str, image: bytes) -> Outcome:
        """Leave a picture (JPG or PNG) with WeChat for three days; Ok has `media_id`."""

        def form() -> aiohttp.FormData:
            kind = "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"
            made = aiohttp.FormData()
            made.add_field("media", image, filename=name, content_type=kind)
            return made

        return await self.call(UPLOAD_IMAGE, query={"type": "image"}, form=form)

    async def quota_left(self, call: str) -> int | None:
        """Return how many calls of this name are left today, None where no limit is known."""
        return await self.quotas.left(call)


def _values(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {key: {"value": value} for key, value in values.items()}


def _tagging(tag: int, openids: Sequence[str]) -> dict[str, object]:
    if not 1 <= len(openids) <= TAG_TOGETHER:
        raise ValueError("one call tags 1 to 50 people")
    return {"openid_list": list(openids), "tagid": tag}


def _checked(client_id: str) -> str:
    if not 1 <= len(client_id.encode()) <= CLIENT_ID_BYTES:
        raise ValueError("the id of a message has 1 to 32 bytes")
    return client_id
