"""The invented registry of the demo as a list (虚构的名册): the same people for the same day."""

from __future__ import annotations

import csv
import datetime as dt
import random
from typing import TYPE_CHECKING

from jcbot.people.identity import check_character
from knowledge.columns import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from knowledge.demo import DemoCounty, DemoPeople, Profile
    from knowledge.registry import ListColumns

LAST_SEQUENCE, PHONES = 999, 10_000
CARD_DAYS = 1_800
"""How long ago a card may have been made."""
ONE_CHARACTER = 0.25
Cells = dict[str, str]


def write_people(book: DemoPeople, columns: ListColumns, today: dt.date, path: Path) -> None:
    """Write the list as a CSV file: the samples first, `book.count` people in all."""
    rows = list(_Inventor(book, columns, today).everybody())
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings, restval="")
        writer.writeheader()
        writer.writerows(rows)


class _Inventor:
    """Invents people, no two with the same identity number."""

    def __init__(self, book: DemoPeople, columns: ListColumns, today: dt.date) -> None:
        self._book, self._columns, self._today = book, columns.columns, today
        self._dice = random.Random(book.seed)  # noqa: S311 - the same people every time, no secret
        self._taken = {sample.cells[self._heading("id_number")][:17] for sample in book.samples}

    def everybody(self) -> Iterator[Cells]:
        book, rest = self._book, self._book.count - len(self._book.samples)
        yield from (sample.cells for sample in book.samples)
        counties = self._dice.choices(book.counties, [c.share for c in book.counties], k=rest)
        profiles = self._dice.choices(book.profiles, [p.share for p in book.profiles], k=rest)
        for county, profile in zip(counties, profiles, strict=True):
            yield self._person(county, profile)

    def _heading(self, key: str) -> str:
        return self._columns[key].name

    def _person(self, county: DemoCounty, profile: Profile) -> Cells:
        dice, cells = self._dice, self._book.cells | profile.cells
        body = self._number(county, profile)
        has_phone = dice.randrange(100) < self._book.phones
        person = {
            "name": self._name("men" if int(body[-1]) % 2 else "women"),
            "id_number": body + check_character(body),
            "phone": f"1390000{dice.randrange(PHONES):04}" if has_phone else "",
            "county": county.name,
            "town": dice.choice(county.towns),
        }
        found = {self._heading(key): cell for key, cell in person.items()}
        found |= {heading: dice.choice(choices) for heading, choices in cells.items()}
        return found | {self._heading("card_date"): self._card_date(found)}

    def _name(self, sex: str) -> str:
        length = 1 if self._dice.random() < ONE_CHARACTER else 2
        given = self._dice.sample(self._book.given[sex], k=length)
        return self._dice.choice(self._book.surnames) + "".join(given)

    def _card_date(self, found: Cells) -> str:
        made = self._today - dt.timedelta(days=self._dice.randrange(1, CARD_DAYS))
        status = self._columns["card_status"]
        has_none = status.words.get(plain(found.get(status.name, ""))) in (None, "none")
        return "" if has_none else made.isoformat()

    def _number(self, county: DemoCounty, profile: Profile) -> str:
        """Return 17 digits that nobody has yet: somebody of the profile's ages on this day."""
        youngest, oldest = profile.ages
        today = self._today.replace(day=min(self._today.day, 28))  # that day is in every year
        first, last = (today.replace(year=today.year - age) for age in (oldest + 1, youngest))
        days = (last - first).days
        while True:
            birth = last - dt.timedelta(days=self._dice.randrange(days))
            sequence = self._dice.randint(1, LAST_SEQUENCE)
            body = f"{county.area}{birth:%Y%m%d}{sequence:03}"
            if body not in self._taken:
                self._taken.add(body)
                return body
