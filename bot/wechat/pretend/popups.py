"""What people answer when the pretend WeChat asks them about notices (授权弹窗)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.wechat.pretend.world import Pretend


@dataclass(frozen=True, slots=True)
class Popups:
    """Changes consents and has the product told of it."""

    world: Pretend

    def answer(self, openid: str, answers: dict[str, str]) -> None:
        """Let somebody answer a popup: by template accept, one consent more, or reject."""
        person = self.world.people.get(openid, self.world.rules)
        for template, answer in answers.items():
            person.consents[template] = person.consents.get(template, 0) + (answer == "accept")
        self._chose("SubscribeMsgPopupEvent", "subscribe_msg_popup_event", openid, answers)

    def turn_off(self, openid: str, *templates: str) -> None:
        """Let somebody turn notices off in the settings: their consents are gone."""
        person = self.world.people.get(openid, self.world.rules)
        for template in templates:
            person.consents[template] = 0
        answers = dict.fromkeys(templates, "reject")
        self._chose("SubscribeMsgChangeEvent", "subscribe_msg_change_event", openid, answers)

    def _chose(self, element: str, event: str, openid: str, answers: dict[str, str]) -> None:
        listed = [
            {"TemplateId": template, "SubscribeStatusString": answer, "PopupScene": "2"}
            for template, answer in answers.items()
        ]
        self.world.finisher.tell(event, openid, 0.0, **{element: listed})
