"""The main menu (主菜单) and the lists of numbered offers under other replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from handlers.turn import Turn

TOPIC_MENU = (
    "worker_skill_upgrade",
    "inclusive_training",
    "living_allowance",
    "startup_training",
    "ten_groups",
    "policy_overview",
)
MOST = 6  # choices in one list
MAIN = ("estimate", "training_browse", "card_status", "ask", "human_agent")


def show(turn: Turn) -> str:
    """Show the main menu; an interview under way is kept and mentioned."""
    state = turn.state
    tasks_kept = turn.state.shelf_task()
    state.offered = list(MAIN)
    state.misses = 0
    text = turn.say("menu.main")
    if state.form is not None and state.form.open:
        state.form.parked = True
        text += "\n" + turn.say("menu.kept")
    elif tasks_kept:
        text += "\n" + turn.say("menu.task_kept")
    return text


def offer(turn: Turn, actions: Sequence[tuple[str, str]]) -> str:
    """Write numbered choices and remember what each number does.

    `actions` are pairs (action, label); see `handlers.offers.perform` for the actions.
    """
    if turn.state.asking or turn.state.task:
        return ""  # the numbers belong to the open question
    turn.state.offered = [action for action, _ in actions]
    return numbered(label for _, label in actions)


def numbered(labels: Iterable[str]) -> str:
    """Write choices one to a line: 1. …, 2. …."""
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, start=1))


def human(turn: Turn) -> tuple[str, str]:
    """Return the choice that leads to a person."""
    return "human_agent", turn.say("menu.to_human")


def ask(turn: Turn) -> str:
    """Show the topics most asked for."""
    topics = turn.library.topics
    choices = [(f"topic:{name}", topics[name].title) for name in TOPIC_MENU]
    return turn.say("menu.ask") + "\n" + offer(turn, choices)
