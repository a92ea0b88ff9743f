"""What the services of training take and give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

CONFIRMED, WAITING, CANCELLED, OPEN = "confirmed", "waiting", "cancelled", "open"
PASSED = "passed"
LEVELS = ("junior", "intermediate", "senior", "technician", "senior_technician")
"""The levels of an occupation, from the lowest on."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who signs up: a keyed hash made elsewhere, where to tell him, and what rules ask.

    `groups` maps codes of the fact `groups` to a known yes or no; what is absent is unknown.
    `times` is how many free trainings the registry counted in the year of `times_at`, when it
    was written.
    """

    person: bytes = field(repr=False)
    openid: str = field(repr=False)
    birth: dt.date | None = field(default=None, repr=False)
    groups: Mapping[str, bool] = field(default_factory=dict, repr=False)
    times: int = field(default=0, repr=False)
    times_at: dt.datetime | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """A class (班级) with how full it is; `deadline` is the first moment too late to sign up."""

    id: int
    number: str
    occupation: str
    level: str
    kind: str
    county: str
    place: str
    first_day: dt.date
    last_day: dt.date
    days: int
    hours: str
    seats: int
    deadline: dt.datetime
    contact: str
    phone: str
    bring: str
    plan: str
    teachers: str
    body: str
    state: str
    confirmed: int
    waiting: int

    @property
    def free(self) -> int:
        """Seats that can be had now."""
        return 0 if self.waiting else max(0, self.seats - self.confirmed)

    def begun(self, now: dt.datetime) -> bool:
        """Tell whether its first day has come."""
        return now.date() >= self.first_day


@dataclass(frozen=True, slots=True)
class SignUp:
    """A seat (confirmed), or the `place` (from 1) in the line (waiting); `already`: held before.

    `to_verify` names what staff will look at: `groups`, `age`, `repetition`.
    """

    state: str
    place: int | None
    already: bool
    to_verify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What was given back, and how many of the line got a seat by it."""

    state: str
    promoted: int


@dataclass(frozen=True, slots=True)
class SeatsChanged:
    """How many got a seat; how many hold one above the new number (nobody is dropped)."""

    promoted: int
    over: int


@dataclass(frozen=True, slots=True)
class Mine:
    """One class of a person's own: state confirmed / waiting / cancelled (the class was).

    `made` is the second at which it was signed up for.
    """

    course: Course
    state: str
    place: int | None
    to_verify: tuple[str, ...]
    made: int


@dataclass(frozen=True, slots=True)
class Body:
    """A training body (机构) and how many of its classes can still be signed up for."""

    name: str
    county: str
    occupations: tuple[str, ...]
    qualification: str
    contact: str
    phone: str
    open_classes: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of classes: `number` from 1 of `pages` (at least 1), `total` classes."""

    courses: tuple[Course, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Job:
    """A post that an employer wants people for; `until` is its last day, `level` may be ""."""

    enterprise: str
    county: str
    post: str
    occupation: str
    level: str
    headcount: int
    wage: str
    contact: str
    phone: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class Need:
    """One occupation in one county: who wishes to learn it, who is wanted, what is offered.

    `wishes` people of the registry, `demand` people that employers want, `classes` that can be
    signed up for and their free `seats`. `county` "" is not known.
    """

    county: str
    occupation: str
    wishes: int
    demand: int
    classes: int
    seats: int
