"""The sending calls of the pretend WeChat (发送): what arrives, and what is refused."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.wechat.pretend.fields import unfit
from bot.wechat.pretend.finish import HELPER
from bot.wechat.pretend.people import CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.wechat.pretend.world import Pretend

DONE = {"errcode": 0, "errmsg": "ok"}
MASS_LEAST, MASS_MOST = 2, 10_000
FAILURES = {"blocked": "failed:user block", "failing": "failed: system failed"}


def error(code: int, message: str) -> dict[str, Any]:
    """Return an answer that refuses."""
    return {"errcode": code, "errmsg": message}


@dataclass(slots=True)
class Job:
    """One mass send."""

    msg_id: int
    openids: Sequence[str]
    text: str
    client_id: str
    status: str = "SENDING"


@dataclass(slots=True)
class Sends:
    """The calls; each takes what was asked and returns the answer."""

    world: Pretend
    numbers: itertools.count[int] = field(
        default_factory=lambda: itertools.count(time.time_ns() // 1_000_000)
    )
    seen: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    masses: dict[str, tuple[float, int]] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def custom(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/custom/send: text only, inside the window."""
        world, openid = self.world, asked.get("touser", "")
        text = (asked.get("text") or {}).get("content", "")
        person = world.people.get(openid, world.rules)
        if person.state == "unknown":
            return error(40_003, "invalid openid")
        if not text or asked.get("msgtype") != "text":
            return error(40_008, "invalid message type")
        if len(text.encode()) > world.rules.custom_text_bytes:
            return error(45_002, "content size out of limit")
        if person.state != "following":
            return error(45_015, "response out of time limit or subscription is canceled")
        code = person.use_window(world.rules, world.now()) if world.rules.windows else 0
        if code:
            return error(code, "out of response time or count limit")
        world.deliver(openid, "custom", text, msg_id=next(self.numbers))
        return DONE

    def template(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/template/send: the same openid and client_msg_id arrive once."""
        world, openid = self.world, asked.get("touser", "")
        client_id, now = asked.get("client_msg_id", ""), world.now()
        person = world.people.get(openid, world.rules)
        if person.state in CODES:
            return error(CODES[person.state], "not a subscriber")
        if not asked.get("template_id") or not isinstance(asked.get("data"), dict):
            return error(40_037, "invalid template_id")
        if wrong := unfit(asked):
            return error(47_003, f"argument invalid! data.{wrong}.value invalid")
        before, number = self.seen.get((openid, client_id), (0.0, 0))
        if client_id and number and now - before < world.rules.same_id_s:
            return DONE | {"msgid": number}
        number = next(self.numbers)
        if client_id:
            self.seen[openid, client_id] = (now, number)
        if person.state not in FAILURES:
            world.deliver(openid, "template", _told(asked), client_id=client_id, msg_id=number)
        world.finisher.tell(
            "TEMPLATESENDJOBFINISH", openid, world.rules.finish_after_s,
            MsgID=str(number), Status=FAILURES.get(person.state, "success"),
        )  # fmt: skip
        return DONE | {"msgid": number}

    def subscription(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/subscribe/bizsend: one consent, one message."""
        world, openid = self.world, asked.get("touser", "")
        template = asked.get("template_id", "")
        person = world.people.get(openid, world.rules)
        if person.state == "unknown":
            return error(40_003, "invalid openid")
        if wrong := unfit(asked):
            return error(47_003, f"argument invalid! data.{wrong}.value invalid")
        if world.rules.consents and person.consents.get(template, 0) < 1:
            return error(43_101, "user refuse to accept the msg")
        if person.state in CODES:
            return error(43_101, "user refuse to accept the msg")
        person.consents[template] = person.consents.get(template, 1) - 1
        number, failed = next(self.numbers), person.state in FAILURES
        if not failed:
            world.deliver(openid, "subscription", _told(asked), msg_id=number)
        world.finisher.tell(
            "subscribe_msg_sent_event", openid, world.rules.finish_after_s,
            SubscribeMsgSentEvent=[{
                "TemplateId": template, "MsgID": str(number), "ErrorCode": "1" if failed else "0",
                "ErrorStatus": FAILURES.get(person.state, "success"),
            }],
        )  # fmt: skip
        return DONE

    def mass_by_tag(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/mass/sendall."""
        aim, people = asked.get("filter") or {}, self.world.people
        if aim.get("is_to_all"):
            return self._mass(asked, list(people.following()))
        if aim.get("tag_id") not in self.world.account.tag_names:
            return error(45_159, "invalid tag id")
        return self._mass(asked, people.tagged(aim["tag_id"]))

    def mass_by_list(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/mass/send."""
        openids = asked.get("touser")
        if not isinstance(openids, list) or not MASS_LEAST <= len(openids) <= MASS_MOST:
            return error(40_130, "invalid openid list size, at least two openid")
        return self._mass(asked, openids)

    def mass_delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/mass/delete; a job still under way reaches nobody."""
        job = self.jobs.get(int(asked.get("msg_id", 0)))
        if job is None:
            return error(40_059, "invalid msg id")
        job.status = "DELETE"
        return DONE

    def mass_state(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer message/mass/get."""
        job = self.jobs.get(int(asked.get("msg_id", 0)))
        if job is None:
            return error(40_059, "invalid msg id")
        return {"msg_id": job.msg_id, "msg_status": job.status}

    def _mass(self, asked: dict[str, Any], openids: list[str]) -> dict[str, Any]:
        world, client_id = self.world, asked.get("clientmsgid", "")
        text = (asked.get("text") or {}).get("content", "")
        before, number = self.masses.get(client_id, (0.0, 0))
        if client_id and number and world.now() - before < world.rules.same_mass_id_s:
            return error(45_065, "clientmsgid exist") | {"msg_id": number}
        if not text or len(text) > world.rules.mass_text_most:
            return error(45_002, "content size out of limit")
        number = next(self.numbers)
        if client_id:
            self.masses[client_id] = (world.now(), number)
        job = self.jobs[number] = Job(number, openids, text, client_id)
        task = asyncio.get_running_loop().create_task(self._run(job))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return {"errcode": 0, "errmsg": "send job submission success", "msg_id": number}

    async def _run(self, job: Job) -> None:
        """Reach everybody who may still receive one this month, and tell the outcome."""
        world, rules = self.world, self.world.rules
        await asyncio.sleep(rules.finish_after_s)
        if job.status == "DELETE":
            return
        month, reached = world.clock.now().strftime("%Y-%m"), 0
        for openid in job.openids:
            if world.people.get(openid, rules).take_mass(month, rules.mass_a_month):
                world.deliver(openid, "mass", job.text, client_id=job.client_id, msg_id=job.msg_id)
                reached += 1
        job.status = "SEND_SUCCESS"
        world.finisher.tell(
            "MASSSENDJOBFINISH", HELPER, 0.0, MsgID=str(job.msg_id), Status="send success",
            TotalCount=str(len(job.openids)), FilterCount=str(reached), SentCount=str(reached),
            ErrorCount="0",
        )  # fmt: skip


def _told(asked: dict[str, Any]) -> str:
    """Return the values of a template as one text, in the order they were given."""
    return "\n".join(f"{name}：{each.get('value', '')}" for name, each in asked["data"].items())
