"""What the demo is filled with (演示数据): an invented registry and invented classes, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from knowledge.reading import ROOT, Table, read_toml

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "demo"
Cells = dict[str, tuple[str, ...]]
SESSION = (str, str, str, str, int, int, int)
PERCENT = 100


@dataclass(frozen=True, slots=True)
class DemoCounty:
    """A county: its share of the people, the first six digits of their numbers, its towns."""

    name: str
    share: int
    area: str
    towns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of people: share, ages from … to (inclusive), for each heading the possible cells."""

    share: int
    ages: tuple[int, int]
    cells: Cells


@dataclass(frozen=True, slots=True)
class Sample:
    """One person by name: what the demo says of him, and his cells by heading."""

    about: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """The invented registry: how many, the names, counties, kinds of people, samples.

    `phones` of a hundred have a phone; `cells` are for every kind.
    """

    count: int
    seed: int
    phones: int
    surnames: str
    given: dict[str, str]
    counties: tuple[DemoCounty, ...]
    cells: Cells
    profiles: tuple[Profile, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class DemoBody:
    """Who teaches in some counties; the texts stand in the list of classes as they are."""

    name: str
    counties: tuple[str, ...]
    qualification: str
    contact: str
    phone: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occupation:
    """What is taught, the same everywhere; `code` begins a class's number."""

    name: str
    code: str
    days: int
    hours: str
    bring: str
    plan: str
    teachers: str


class Session(NamedTuple):
    """A class: `begins` in days from the day of loading, `taken` signed up (or in line)."""

    occupation: str
    level: str
    kind: str
    county: str
    begins: int
    seats: int
    taken: int


@dataclass(frozen=True, slots=True)
class DemoClasses:
    """The classes in their order, occupations by name, bodies by county."""

    sessions: tuple[Session, ...]
    occupations: dict[str, Occupation]
    bodies: dict[str, DemoBody]


@dataclass(frozen=True, slots=True)
class DemoBook:
    """People and classes together."""

    people: DemoPeople
    classes: DemoClasses


def load_demo(folder: Path = FOLDER) -> DemoBook:
    """Read both files; a fault is a `KnowledgeError`."""
    people, classes = read_toml(folder / "people.toml"), read_toml(folder / "classes.toml")
    return DemoBook(_people(people), _classes(classes))


def _people(table: Table) -> DemoPeople:
    found = DemoPeople(
        count=table.get("count", int),
        seed=table.get("seed", int),
        phones=table.get("phones", int),
        surnames=table.text("surnames"),
        given={sex: table.text(f"given_{sex}") for sex in ("women", "men")},
        counties=tuple(_county(part) for part in table.tables("county")),
        cells=_cells(table.table("cells")),
        profiles=tuple(_profile(part) for part in table.tables("profile")),
        samples=tuple(_sample(part) for part in table.tables("sample")),
    )
    if not (found.counties and found.profiles and len(found.samples) <= found.count):
        raise table.error("count", "至少要有一个 county、一个 profile，人数不能少于 sample")
    if not 0 <= found.phones <= PERCENT:
        raise table.error("phones", f"只能是0到{PERCENT}")
    table.done()
    return found


def _county(table: Table) -> DemoCounty:
    towns = tuple(table.texts("towns"))
    found = DemoCounty(table.text("name"), table.get("share", int), table.text("area"), towns)
    if not (found.area.isdecimal() and len(found.area) == len("990000")):
        raise table.error("area", "应当是6位数字")
    if not found.area.startswith("99"):
        raise table.error("area", "虚构的人只能用99开头的区号")
    table.done()
    return found


def _profile(table: Table) -> Profile:
    ages = table.get("ages", list)
    if [type(age) for age in ages] != [int, int] or ages[0] > ages[1]:
        raise table.error("ages", "写成 [最小, 最大]")
    found = Profile(table.get("share", int), (ages[0], ages[1]), _cells(table.table("cells")))
    table.done()
    return found


def _sample(table: Table) -> Sample:
    part = table.table("cells")
    cells = {heading: part.text(heading) for heading in part.keys()}  # noqa: SIM118 - a Table
    found = Sample(table.text("about"), cells)
    table.done()
    return found


def _cells(table: Table) -> Cells:
    found = {heading: tuple(table.texts(heading)) for heading in table.keys()}  # noqa: SIM118 - a Table
    for heading, cells in found.items():
        if not cells:
            raise table.error(heading, "至少要写一种")
    return found


def _classes(table: Table) -> DemoClasses:
    occupations = {each.name: each for each in map(_occupation, table.tables("occupation"))}
    bodies = [_body(part) for part in table.tables("body")]
    by_county = {county: body for body in bodies for county in body.counties}
    sessions = []
    for number, row in enumerate(table.get("sessions", list), start=1):
        if not isinstance(row, list) or tuple(map(type, row)) != SESSION:
            raise table.error(f"sessions[{number}]", "应当是4段文字和3个整数")
        session = Session(*row)
        if session.occupation not in occupations or session.county not in by_county:
            raise table.error(f"sessions[{number}]", "没有这个职业，或者这个县区没有机构")
        sessions.append(session)
    table.done()
    return DemoClasses(tuple(sessions), occupations, by_county)


def _occupation(table: Table) -> Occupation:
    texts = {key: table.text(key) for key in ("name", "code", "hours", "bring", "plan", "teachers")}
    found = Occupation(**texts, days=table.get("days", int))
    table.done()
    return found


def _body(table: Table) -> DemoBody:
    found = DemoBody(
        name=table.text("name"),
        counties=tuple(table.texts("counties")),
        qualification=table.text("qualification"),
        contact=table.text("contact"),
        phone=table.text("phone"),
        places=tuple(table.texts("places")),
    )
    if not (found.counties and found.places):
        raise table.error("places", "县区和地点都至少要写一个")
    table.done()
    return found
