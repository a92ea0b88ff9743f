"""The rules as SQL over a table of people: the same trees as the walk, the same answers.

`facts_table` makes the table from the fact book, `facts_row` one row of it, `line_columns`
the verdict and the amount of every benefit line as column expressions on a day:

    columns = line_columns(policies, table, on)
    select(table.c.person).where(columns["startup_training.main"].verdict == "eligible")

Unknown is NULL, which already is SQL's third value.
"""

from jcbot.eligibility.columns import facts_row, facts_table
from jcbot.eligibility.verdicts import LineColumns, line_columns

__all__ = ["LineColumns", "facts_row", "facts_table", "line_columns"]
