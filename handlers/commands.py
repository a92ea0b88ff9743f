"""The way out, in every state: 0 菜单, 返回, 重来, 人工, 停, 继续, 更多 (口令)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import (
    card,
    card_form,
    classes,
    cues,
    estimate,
    fallback,
    human,
    identity,
    interview,
    menu,
    my_training,
    people,
    questions,
    tasks,
    unasked,
)
from handlers.state import State
from handlers.text import lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.turn import Turn


SHORT = 20  # characters of a message that says one thing of one's data
OWN = {"card", "my_training", "training"}


def answer(turn: Turn) -> str | None:
    """Carry out the command that the whole message is; None when it is none."""
    name = turn.library.commands.find(turn.normal)
    if name == "stop" and _gives_back(turn):
        return my_training.cancel(turn)
    return DO[name](turn) if name else None


def _gives_back(turn: Turn) -> bool:
    """取消, where a sign-up of one's own was just shown: that one, not the talk."""
    shown = {"my_training", "training_cancel"} & set(turn.state.offered)
    said = turn.normal.strip(" 。.!！,，") in turn.library.cues["bare_giving_back"]
    asking = turn.state.task or turn.state.asking
    return bool(shown) and said and not asking and turn.office.people.bound_to() is not None


def privacy(turn: Turn) -> str | None:
    """把我资料删了, 安全吗, 我不是张三: what is about the worker's own data, in any words."""
    if len(turn.normal) > SHORT or turn.state.confirming:
        return None
    if cues.says(turn, "erasing") and cues.says(turn, "forgetting"):
        return forget(turn)
    bound = turn.office.people.bound_to() is not None
    if bound and turn.state.last in OWN and cues.says(turn, "not_me") and not turn.state.task:
        return turn.say("identity.not_you", who=identity.called(turn))
    worried = cues.says(turn, "safety") and turn.state.last in OWN and not turn.state.task
    return turn.say("identity.safe") if worried and cues.looks_asked(turn) else None


def back(turn: Turn) -> str:
    """Go to the question before; without an interview, to the menu."""
    form = turn.state.form
    if turn.state.task or form is None or not (form.open or form.history):
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
    told = people.told(turn)
    if not told and turn.state.carded:
        return card_form.correct(turn)
    return turn.say("interview.which_is_wrong", told=told)


def stop(turn: Turn) -> str:
    """Park what is under way; nothing filled in is lost."""
    state = turn.state
    state.confirming = ""
    state.offered = []
    if state.task and state.shelf_task():
        return turn.say("menu.stopped_task")
    if state.form is None or not state.form.open:
        return turn.say("menu.stopped_idle")
    state.form.parked = True
    return turn.say("interview.parked")


def resume(turn: Turn) -> str:
    """Go on where the step or the interview was left."""
    if turn.state.task:
        return tasks.again(turn)
    if (said := tasks.resume(turn)) is not None:
        return said
    form = turn.state.form
    if form is None or not form.open:
        return turn.say("interview.nothing_to_resume") + "\n" + menu.show(turn)
    form.parked = False
    return turn.say("interview.resumed") + "\n" + interview.ask_again(turn, form)


def more(turn: Turn) -> str:
    """Show the next page of a long reply."""
    pages = turn.state.pages
    further = [each for each in turn.state.offered if each.startswith("classes:")]
    if not pages and further and turn.state.last == "training":
        return classes.page(turn, further[-1].partition(":")[2])
    if not pages:
        return turn.say("menu.no_more")
    rest = pages.pop(0)
    if pages:
        rest += "\n" + turn.say("menu.more")
    return rest


def forget(turn: Turn) -> str:
    """Ask before all is erased (删除我的资料), seats told first; 是 carries it out."""
    turn.state.confirming = "forget"
    key = turn.office.people.bound_to()
    if key is None:
        return turn.say("privacy.confirm")
    held = [each for each in turn.office.training.mine(key) if turn.today < each.course.first_day]
    names = "、".join(each.course.occupation for each in held)
    seats = turn.say("privacy.confirm_seats", classes=names) if held else ""
    return lines(turn.say("privacy.confirm_bound"), seats)


def erase(turn: Turn) -> str:
    """Erase all that this worker left here; the registry itself is the office's."""
    bound = turn.office.people.bound_to() is not None
    turn.state = State()
    turn.office.erase(turn.message.openid)
    return turn.say("privacy.erased_bound" if bound else "privacy.erased")


def unbind(turn: Turn) -> str:
    """解绑: ask first."""
    if turn.office.people.bound_to() is None:
        return turn.say("identity.not_bound")
    turn.state.confirming = "unbind"
    return turn.say("identity.confirm_unbind")


def withdraw(turn: Turn) -> str:
    """撤回同意: the binding goes at once, sign-ups stay."""
    turn.state = State()
    turn.office.people.withdraw()
    return lines(turn.say("identity.withdrawn"), human.contact(turn))


def carry_out(turn: Turn, what: str) -> str:
    """Do what was confirmed with 是."""
    if what == "forget":
        return erase(turn)
    if what == "mine":
        return unasked.is_mine(turn)
    turn.office.people.unbind()
    turn.state = State()
    return turn.say("identity.unbound")


def leave(turn: Turn, what: str) -> str:
    """Say that nothing was done."""
    if what == "mine":
        return unasked.not_mine(turn)
    return turn.say("privacy.not_erased" if what == "forget" else "identity.still_bound")


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
    "unbind": unbind,
    "withdraw": withdraw,
    "copy": card.copy,
}
