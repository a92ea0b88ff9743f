"""The case files beside this one: a sentence, an arrow, the JSON that must come out."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TODAY = dt.date(2026, 11, 23)


def read_cases(name: str) -> list[tuple[str, Any]]:
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split(" → ") for line in lines if line and not line.startswith("#")]
    return [(said, json.loads(expected)) for said, expected in pairs]
