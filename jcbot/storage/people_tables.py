"""The tables of the registry of people; `tables.py` shares its metadata with them.

Names, numbers and free text are sealed (see jcbot/people/keys.py). All that rules ask stands in
plain columns; NULL is unknown. `groups__…` are the members of the fact `groups`, named as
jcbot/eligibility names them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from jcbot.storage.tables import metadata

GROUPS = (
    "two_later", "rural_transfer", "laid_off", "registered_unemployed", "transferred_worker",
    "veteran", "grad_this_year", "grad_left_school_unemployed", "college_student",
    "employment_difficulty", "zero_employment_family", "poor_labor", "poor_family_child",
)  # fmt: skip

# Each import fills a generation of its own. state: filling / live / previous / dropped, at most
# one of each but dropped. `row` is the last row of the file that is in, `keyed` how many keys are;
# `holder` and `beat` are of the process that fills it; `lived` is when it went live.
generations = Table(
    "generations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("file_hash", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("row", Integer, nullable=False),
    Column("keyed", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("faulty", Integer, nullable=False),
    Column("holder", Text),
    Column("beat", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("lived", BigInteger),
)

# A number of 64 bits that SQLite takes for its own row id.
LONG = BigInteger().with_variant(Integer, "sqlite")
ROW_BITS = 24

# One row for each person and generation; `id` is generation << ROW_BITS | row of the file, so
# that a generation is one stretch of it. `id_key` is the keyed hash of the ID number.
people = Table(
    "people",
    metadata,
    Column("id", LONG, primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("id_key", LargeBinary, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("id_number", LargeBinary, nullable=False),
    Column("phone", LargeBinary),
    Column("note", LargeBinary),
    Column("birth", Date, nullable=False),
    Column("sex", Text, nullable=False),
    Column("county", Text),
    Column("town", Text),
    Column("labour_class", Text),
    Column("household_type", Text),
    Column("education", Text),
    Column("employed", Text),
    Column("insurance_months", Integer),
    Column("times_this_year", Integer),
    *(Column(f"groups__{group}", Boolean) for group in GROUPS),
    Column("skills", Text),
    Column("certificates", Text),
    Column("training_wish", Text),
    Column("job_wish", Text),
    Column("card_status", Text),
    Column("card_date", Date),
    Column("source", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What a person is found by: keyed hashes, one domain each. A table of its own, written in the
# order of its key: hashes are random, and an index grown at random places is ten times slower.
ID, NAME, PHONE, TAIL = 1, 2, 3, 4
people_keys = Table(
    "people_keys",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("domain", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, primary_key=True),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
Index(
    "uq_people_keys_id",
    people_keys.c.generation,
    people_keys.c.key,
    unique=True,
    sqlite_where=people_keys.c.domain == ID,
    postgresql_where=people_keys.c.domain == ID,
)
