"""Lists of invented people for the tests: identities of area 99xxxx, phones 1390000xxxx."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING

from jcbot.clock import Clock
from jcbot.keyring import Keyring
from jcbot.people.identity import check_character
from jcbot.people.importing import Desk
from knowledge.facts import FactBook
from knowledge.registry import load_registry

if TYPE_CHECKING:
    from pathlib import Path

    from jcbot.storage.database import Database

OLD = Keyring({"k1": b"1" * 32}, b"i" * 32)
NEW = Keyring({"k2": b"2" * 32, "k1": b"1" * 32}, b"i" * 32)
COLUMNS = load_registry(FactBook.load())
NAMES = ("赵钱孙", "李周吴", "𠮷郑王", "欧阳冯陈")
XLSX = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
    'package.relationships+xml"/><Default Extension="xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
}


def id_number(number: int, birth: str = "19800115", area: int = 990000) -> str:
    body = f"{area + number // 999}{birth}{number % 999 + 1:03}"
    return body + check_character(body)


def people(count: int, first: int = 0) -> list[dict[str, str]]:
    return [
        {
            "姓名": NAMES[number % len(NAMES)],
            "身份证号": id_number(number),
            "手机号": f"1390000{number % 10_000:04}",
            "县区": "高平",
            "备注": f"口信{number}",
        }
        for number in range(first, first + count)
    ]


def as_csv(rows: list[dict[str, str]], heading: list[str] | None = None) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, heading or list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_list(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    path.write_bytes(as_csv(rows).encode(encoding))
    return path


def write_xlsx(path: Path, rows: list[list[str]]) -> Path:
    """Cells are XML: `text`, `number` or `day` makes one."""
    lines = "".join(f"<row>{''.join(row)}</row>" for row in rows)
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{lines}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (XLSX | {"xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, content)
    return path


def text(value: str) -> str:
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def number(value: str) -> str:
    return f"<c><v>{value}</v></c>"


def day(serial: int) -> str:
    return f'<c s="1"><v>{serial}</v></c>'


def desk(database: Database, keyring: Keyring = OLD, **more: object) -> Desk:
    options = {"watch_s": 0.3, "chunk": 50} | more
    return Desk(database, COLUMNS, keyring, Clock(), **options)  # type: ignore[arg-type]
