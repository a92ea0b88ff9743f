"""The way out, in every state: 0 菜单, 返回, 重来, 人工, 停, 继续, 更多 (口令)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import estimate, fallback, human, interview, menu, people, questions
from handlers.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn


def answer(turn: Turn) -> str | None:
    """Carry out the command that the whole message is; None when it is none."""
    name = turn.library.commands.find(turn.normal)
    return DO[name](turn) if name else None


def back(turn: Turn) -> str:
    """Go to the question before; without an interview, to the menu."""
    form = turn.state.form
    if form is None or not (form.open or form.history):
        return menu.show(turn)
    form.parked = False
    return interview.step_back(turn, form)


def restart(turn: Turn) -> str:
    """Forget the facts of this interview and begin it again."""
    state = turn.state
    form = state.form
    from_start = form is not None and questions.SITUATION in form.history
    asked = [] if from_start else state.last_asked
    state.person.clear()
    state.form = None
    return turn.say("interview.restarted") + "\n" + estimate.begin(turn, asked)


def change(turn: Turn) -> str:
    """有一项说错了: say back what is known and ask which is wrong; nothing is lost."""
    return turn.say("interview.which_is_wrong", told=people.told(turn))


def stop(turn: Turn) -> str:
    """Park what is under way; nothing filled in is lost."""
    state = turn.state
    state.confirming = ""
    state.offered = []
    if state.form is None or not state.form.open:
        return turn.say("menu.stopped_idle")
    state.form.parked = True
    return turn.say("interview.parked")


def resume(turn: Turn) -> str:
    """Go on where the interview was left."""
    form = turn.state.form
    if form is None or not form.open:
        return turn.say("interview.nothing_to_resume") + "\n" + menu.show(turn)
    form.parked = False
    return turn.say("interview.resumed") + "\n" + interview.ask_again(turn, form)


def more(turn: Turn) -> str:
    """Show the next page of a long reply."""
    pages = turn.state.pages
    if not pages:
        return turn.say("menu.no_more")
    rest = pages.pop(0)
    if pages:
        rest += "\n" + turn.say("menu.more")
    return rest


def forget(turn: Turn) -> str:
    """Ask before the conversation is erased (删除我的资料); 是 carries it out."""
    turn.state.confirming = "forget"
    return turn.say("privacy.confirm")


def erase(turn: Turn) -> str:
    """Erase all that the conversation remembers."""
    turn.state = State()
    turn.office.erase(turn.message.openid)
    return turn.say("privacy.erased")


DO: dict[str, Callable[[Turn], str]] = {
    "menu": menu.show,
    "back": back,
    "restart": restart,
    "human": human.answer,
    "stop": stop,
    "resume": resume,
    "more": more,
    "forget": forget,
    "change": change,
    "useless": fallback.useless,
}
