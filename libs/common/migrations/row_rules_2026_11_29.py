"""Frozen: the rules of a table's rows as constraints of one domain, which PostgreSQL keeps ready.

It reads each CHECK of a table anew for each statement that writes there, and those of a domain once
a connection. So the table has one CHECK: the columns that its rules look at, as a row of the type
`<table>_facts`, are one of `<table>_rules`. The columns keep their types.
"""

import re
from collections.abc import Iterable, Mapping

from alembic import op


def keep_ready(table: str, columns: Mapping[str, str], rules: Mapping[str, str]) -> None:
    """Put the CHECKs of a table into its domain, under their names; each row is looked at once."""
    facts = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    asked = " ".join(named(table, rule, of_value(said, columns)) for rule, said in rules.items())
    op.execute(f"CREATE TYPE {table}_facts AS ({facts})")
    op.execute(f"CREATE DOMAIN {table}_rules AS {table}_facts {asked}")
    kept = f"ROW({', '.join(columns)})::{table}_rules IS DISTINCT FROM NULL"
    _alter(table, [f"ADD {named(table, 'rules', kept)}", *_dropped(table, rules)])


def check_each(table: str, rules: Mapping[str, str]) -> None:
    """Let the table have a CHECK for each rule again."""
    added = [f"ADD {named(table, rule, said)}" for rule, said in rules.items()]
    _alter(table, [*added, *_dropped(table, ["rules"])])
    op.execute(f"DROP DOMAIN {table}_rules")
    op.execute(f"DROP TYPE {table}_facts")


def named(table: str, rule: str, said: str) -> str:
    """A constraint by the name that it has wherever it is kept."""
    return f"CONSTRAINT ck_{table}_{rule} CHECK ({said})"


def of_value(said: str, columns: Iterable[str]) -> str:
    """What a rule says of columns, said of the domain's value; words in quotes are no columns."""
    column = re.compile(rf"'[^']*'|\b({'|'.join(columns)})\b")
    return column.sub(lambda found: f"(VALUE).{found[1]}" if found[1] else found[0], said)


def _dropped(table: str, rules: Iterable[str]) -> list[str]:
    return [f"DROP CONSTRAINT ck_{table}_{rule}" for rule in rules]


def _alter(table: str, steps: Iterable[str]) -> None:
    op.execute(f"ALTER TABLE {table} {', '.join(steps)}")
