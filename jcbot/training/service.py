"""What a talk may ask of the training office (培训): classes, seats, one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jcbot.training import browsing, erasing, progress, seats
from jcbot.training.admission import Case, admit, used
from jcbot.training.reading import find, holdings

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection

    from jcbot.training.browsing import Days
    from jcbot.training.keys import TrainingKeys
    from jcbot.training.model import Applicant, Body, Course, Mine, Page, Released, SignUp
    from jcbot.training.progress import Progress
    from knowledge.training import Limits


@dataclass(frozen=True, slots=True)
class TrainingService:
    """Classes and seats during one turn; writes go with the turn's transaction."""

    conn: Connection
    keys: TrainingKeys
    now: dt.datetime
    limits: Limits

    def browse(self, wanted: tuple[str, str, str], days: Days, page: int) -> Page:
        """Return a page of the classes that can be signed up for; (county, occupation, level)."""
        return browsing.browse(self.conn, wanted, days, page, self.now)

    def details(self, number: str) -> Course:
        """Return one class; `NoSuchClassError`."""
        return browsing.details(self.conn, number)

    def by_code(self, code: str) -> Course:
        """Return the class of this number, hyphens and capitals apart; `NoSuchClassError`."""
        return browsing.by_code(self.conn, code)

    def bodies(self, occupation: str, county: str) -> list[Body]:
        """Return who teaches it."""
        return browsing.bodies(self.conn, occupation, county, self.now)

    def mine(self, person: bytes) -> list[Mine]:
        """Return a person's classes by first day."""
        return browsing.mine(self.conn, person, self.now)

    def progress(self, person: bytes) -> dict[str, Progress]:
        """Return how far a person has come, by the class's number."""
        found = progress.progress(self.conn, self.keys, person)
        return {each.course.number: each for each in found}

    def used_this_year(self, applicant: Applicant) -> int:
        """Return how many of this year's free trainings somebody has used up."""
        holds = holdings(self.conn, applicant.person)
        return used(applicant, holds, self.now.year, self.limits)

    def check(self, number: str, applicant: Applicant) -> None:
        """Raise the `TrainingError` that a sign-up would meet now; nothing is written."""
        course = find(self.conn, number)
        case = Case(self.conn, course, applicant, self.now, self.limits)
        admit(case, holdings(self.conn, applicant.person))

    def sign_up(self, number: str, applicant: Applicant) -> SignUp:
        """Give a seat or a place in the line; a `TrainingError` if neither."""
        return seats.sign_up(self.conn, number, applicant, self.now, self.limits)

    def cancel(self, number: str, person: bytes) -> Released:
        """Give a seat or place back; `NotSignedUpError`, `CancelTooLateError`."""
        return seats.cancel(self.conn, number, person, self.now, self.limits)

    def forget(self, person: bytes) -> int:
        """Drop all sign-ups of a person; seats not begun go to the line."""
        return erasing.forget(self.conn, person, self.now, self.limits)

    def forget_openid(self, openid: str) -> None:
        """Take an openid out of all sign-ups."""
        erasing.forget_openid(self.conn, openid)
