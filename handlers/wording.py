"""One outcome in words (结果的说法): amount first, who is paid, what it still hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import people

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from handlers.turn import Turn
    from knowledge.rules import Outcome, Reason


def sentence(turn: Turn, outcome: Outcome) -> str:
    """One outcome in one sentence."""
    who, name = people.who(turn), name_of(turn, outcome)
    if outcome.verdict == "not_eligible":
        key = "results.not_eligible" if paid_by(turn, outcome) else "results.not_fit"
        return turn.say(key, name=name, reason=joined(outcome.blockers[:2]))
    if outcome.verdict == "unspecified":
        return turn.say("results.unspecified", name=name, reason=joined(outcome.doubts[:2], "。"))
    if outcome.verdict == "needs":
        return _needs(turn, outcome, who, name)
    if not paid_by(turn, outcome):
        return turn.say("results.no_money", name=name, notes=joined(outcome.doubts))
    if outcome.amount is None:
        return turn.say("results.no_amount", name=name)
    inferred = "_inferred" if outcome.paid_to_basis == "inferred" else ""
    key = f"results.{outcome.paid_to}{inferred}"
    return turn.say(key, who=who, name=name, amount=_money(turn, outcome))


def _needs(turn: Turn, outcome: Outcome, who: str, name: str) -> str:
    """What it would be, and what it still hangs on."""
    specs = turn.library.book.specs
    missing = "、".join(specs[fact].question.split("？")[0] for fact in outcome.needs[:2])
    if not outcome.amount:
        return turn.say("results.needs", name=name, missing=missing)
    payee = turn.say(f"results.payee_{outcome.paid_to or 'open'}", who=who)
    money = _money(turn, outcome)
    return turn.say("results.needs_amount", name=name, amount=money, payee=payee, missing=missing)


def _money(turn: Turn, outcome: Outcome) -> str:
    """An amount in words: 2000元, 4000元到6000元, 最多4000元."""
    amount = outcome.amount
    if isinstance(amount, tuple):
        low, high = amount
        key = "results.between" if low else "results.up_to"
        said = turn.say(key, low=low, high=high)
    else:
        said = turn.say("results.exact", amount=amount)
    return turn.say("results.per_person", amount=said) if outcome.per_person else said


def name_of(turn: Turn, outcome: Outcome) -> str:
    """The benefit's name, with its line where it has several."""
    name = turn.library.policies.benefits[outcome.benefit].name
    key = f"results.line_{outcome.line}"
    return turn.say(key, name=name) if key in turn.library.replies else name


def paid_by(turn: Turn, outcome: Outcome) -> tuple[Reason, ...]:
    """The sentence that tells how the amount is worked out."""
    benefit = turn.library.policies.benefits[outcome.benefit]
    return next((line.paid for line in benefit.lines if line.id == outcome.line), ())


def joined(reasons: Iterable[Reason], joint: str = "；") -> str:
    """The texts of the reasons as one."""
    return joint.join(reason.text.rstrip("。；，") for reason in reasons)


def day(date: dt.date) -> str:
    """Return 2026年12月1日."""
    return f"{date.year}年{date.month}月{date.day}日"


def soon(turn: Turn, date: dt.date) -> str:
    """Return 12月1日（周二）, with its year where it is another."""
    year = "" if date.year == turn.today.year else f"{date.year}年"
    return year + day_of_week(date)


def day_of_week(date: dt.date) -> str:
    """Return 12月1日（周二）."""
    return f"{date.month}月{date.day}日（周{'一二三四五六日'[date.weekday()]}）"
