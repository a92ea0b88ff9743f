"""The pretend WeChat's control addresses (控制): faults, people, clock, journal, counts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from bot.wechat.pretend.world import Pretend


@dataclasses.dataclass(slots=True)
class Control:
    """Everything under /pretend/, JSON in and out; 400 with a sentence for what is wrong."""

    world: Pretend

    def routes(self) -> list[web.RouteDef]:
        """Return the routes to add to the application."""
        return [
            web.get("/pretend/faults", self.show_faults),
            web.post("/pretend/faults", self.order_faults),
            web.delete("/pretend/faults", self.clear_faults),
            web.get("/pretend/journal", self.show_journal),
            web.get("/pretend/journal/summary", self.show_summary),
            web.delete("/pretend/journal", self.clear_journal),
            web.get("/pretend/calls", self.show_calls),
            web.delete("/pretend/calls", self.clear_calls),
            web.get("/pretend/clock", self.show_clock),
            web.post("/pretend/clock", self.move_clock),
            web.post("/pretend/people", self.put_people),
            web.post("/pretend/token", self.spoil_tokens),
            web.get("/pretend/rules", self.show_rules),
            web.post("/pretend/rules", self.change_rules),
        ]

    async def show_faults(self, _request: web.Request) -> web.Response:
        """Answer with the faults in force and their hits."""
        return web.json_response(self.world.faults.as_list())

    async def order_faults(self, request: web.Request) -> web.Response:
        """Put `{"faults": [{…}], "seed": 1}` in the place of those in force."""
        data = await request.json()
        try:
            self.world.faults.read(data)
        except (TypeError, ValueError, KeyError) as fault:
            return web.Response(status=400, text=str(fault))
        return await self.show_faults(request)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Let all be well."""
        self.world.faults.set()
        return web.json_response([])

    async def show_journal(self, request: web.Request) -> web.Response:
        """Answer with what was received: ?openid= ?channel= ?after=number ?limit=."""
        query = request.query
        rows = self.world.journal.received(
            query.get("openid", ""), query.get("channel", ""),
            after=int(query.get("after", 0)), most=int(query.get("limit", 1_000)),
        )  # fmt: skip
        return web.json_response([dataclasses.asdict(row) for row in rows])

    async def show_summary(self, _request: web.Request) -> web.Response:
        """Answer with messages, people, channels, and how many arrived twice."""
        return web.json_response(self.world.journal.summary())

    async def clear_journal(self, _request: web.Request) -> web.Response:
        """Forget what was received."""
        self.world.journal.clear()
        return web.json_response({})

    async def show_calls(self, _request: web.Request) -> web.Response:
        """Answer with the calls so far by name and code: {"template": {"0": 3, "after": 1}}."""
        found: dict[str, dict[str, int]] = {}
        for (name, code), count in self.world.counts.items():
            found.setdefault(name, {})[code] = count
        return web.json_response(found)

    async def clear_calls(self, _request: web.Request) -> web.Response:
        """Count anew."""
        self.world.counts.clear()
        return web.json_response({})

    async def show_clock(self, _request: web.Request) -> web.Response:
        """Answer with the pretend time."""
        return web.json_response({"now": self.world.clock.now().isoformat()})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Move the time on by `{"advance_s": 60}`."""
        data = await request.json()
        self.world.clock.advance(dt.timedelta(seconds=float(data["advance_s"])))
        return await self.show_clock(request)

    async def put_people(self, request: web.Request) -> web.Response:
        """Take a list of {"openid", "state", "wrote", "acted", "consents": {template: number}}."""
        people: list[dict[str, Any]] = await request.json()
        world = self.world
        for each in people:
            try:
                person = world.people.put(each["openid"], each.get("state", ""))
            except (KeyError, ValueError) as fault:
                return web.Response(status=400, text=str(fault))
            person.consents.update(each.get("consents", {}))
            if each.get("wrote"):
                world.wrote(each["openid"])
            if each.get("acted"):
                world.acted(each["openid"])
        return web.json_response({"people": len(people)})

    async def spoil_tokens(self, request: web.Request) -> web.Response:
        """`{"do": "expire"}` ends every token (42001), "revoke" forgets them (40001)."""
        do = (await request.json()).get("do")
        if do not in ("expire", "revoke"):
            return web.Response(status=400, text="do: expire、revoke")
        if do == "expire":
            self.world.tokens.expire(self.world.now())
        else:
            self.world.tokens.revoke()
        return web.json_response({})

    async def show_rules(self, _request: web.Request) -> web.Response:
        """Answer with the figures in force."""
        return web.json_response(dataclasses.asdict(self.world.rules) | {"secret": "…"})

    async def change_rules(self, request: web.Request) -> web.Response:
        """Replace some figures: `{"token_s": 5}`."""
        try:
            self.world.rules = self.world.rules.changed(await request.json())
        except TypeError as fault:
            return web.Response(status=400, text=str(fault))
        return await self.show_rules(request)
