"""The county nearest to a place on the map (就近县区): knowledge/centres.toml."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.reading import read_toml

if TYPE_CHECKING:
    from pathlib import Path

KM_A_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Centres:
    """Latitude and longitude of each county's seat; `reach_km` bounds what is near."""

    places: dict[str, tuple[float, float]]
    reach_km: int

    def nearest(self, latitude: float, longitude: float) -> str:
        """Return the county whose seat is nearest, "" where none is near."""
        far, name = min(
            (_km(place, (latitude, longitude)), name) for name, place in self.places.items()
        )
        return name if far <= self.reach_km else ""


def load_centres(path: Path) -> Centres:
    """Read the file; a fault is a `KnowledgeError`."""
    table = read_toml(path)
    part = table.table("centre")
    places = {}
    for name in part.keys():  # noqa: SIM118 - a Table
        pair = part.get(name, list)
        if len(pair) != 2 or not all(isinstance(each, int | float) for each in pair):  # noqa: PLR2004
            raise part.error(name, "要写纬度和经度两个数")
        places[name] = (float(pair[0]), float(pair[1]))
    reach = table.get("reach_km", int)
    table.done()
    return Centres(places, reach)


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance on a small map; exact enough between counties."""
    north = one[0] - other[0]
    east = (one[1] - other[1]) * math.cos(math.radians(one[0]))
    return math.hypot(north, east) * KM_A_DEGREE
