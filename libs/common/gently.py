"""Steps of a migration that leave a large table to its readers and writers while they run.

A plain index or constraint locks its table until the migration commits: minutes, where a table has
the rows of a nation. These steps commit by themselves, so a migration holds nothing else
(`tools.migrations` asks); each may be cut off anywhere and is begun again with the migration.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from alembic import op
from sqlalchemy import text

LOCK_TIMEOUT: Final = (
    "SET lock_timeout = '10s'"  # who waits for a table holds up all who come later
)
# Waiting for older transactions to end holds up nobody.
_PATIENT: Final = "SET lock_timeout = 0"
_IS_BROKEN: Final = text(
    "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid)"
)
_IS_THERE: Final = text(
    "SELECT EXISTS"
    " (SELECT FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(:on))"
)
_IS_OTHER: Final = text(
    "SELECT atttypid <> to_regtype(:kind) FROM pg_attribute"
    " WHERE attrelid = to_regclass(:table) AND attname = :column"
)
_IS_MADE: Final = text("SELECT to_regtype(:name) IS NOT NULL")
_CHECKS: Final = text(
    "SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint"
    " WHERE conrelid = to_regclass(:table) AND contype = 'c' AND conkey && ARRAY("
    " SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND attname = ANY(:columns))"
)


def index(name: str, on: str, *, unique: bool = False) -> None:
    """Build an index `on` a table and its columns, as `need (note) WHERE note IS NOT NULL`.

    What a build that was cut off has left would be taken for the index, and never used: it goes.
    """
    kind = "UNIQUE INDEX" if unique else "INDEX"
    with _patiently():
        if op.get_bind().scalar(_IS_BROKEN, {"name": name}):
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON {on}")


def drop_index(name: str) -> None:
    """Drop an index without waiting for a moment in which nobody reads its table."""
    with _patiently():
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def constrain(table: str, name: str, rule: str) -> None:
    """Let a rule hold of a table: `CHECK (…)`, or `FOREIGN KEY (…) REFERENCES …`.

    It holds of what is written from now on, at once; then the rows that are there are looked at,
    under a lock that lets everybody read and write. Where one of them breaks it the migration ends,
    and is begun again when that row is mended.
    """
    with op.get_context().autocommit_block():
        if not op.get_bind().scalar(_IS_THERE, {"name": name, "on": table}):
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def domain(name: str, beneath: str) -> None:
    """Make a domain (`common.domains`) that has no rule yet: no row need be looked at for it."""
    with op.get_context().autocommit_block():
        if not op.get_bind().scalar(_IS_MADE, {"name": name}):
            op.execute(f"CREATE DOMAIN {name} AS {beneath}")


def retype(table: str, kinds: Mapping[str, str], *, without: Iterable[str] = ()) -> None:
    """Let columns have the same bytes under another type: a domain that has no rule yet, or none.

    For a moment nobody reads or writes the table, and no row is looked at. CHECKs that name the
    columns hold on, and are to be validated again (`constrain`). Indexes with a condition that
    names one would be built anew in that moment: the step goes `without` them, they are dropped
    first. What the planner knew of the columns is gone with the type, and is gathered anew.
    """
    if changed := _changed(table, kinds):
        for name in without:
            drop_index(name)
        _retype(table, {column: kinds[column] for column in changed})
    with _patiently():
        op.execute(f"ANALYZE {table} ({', '.join(kinds)})")


def _changed(table: str, kinds: Mapping[str, str]) -> list[str]:
    """The columns that are of another type still."""
    return [
        column
        for column, kind in kinds.items()
        if op.get_bind().scalar(_IS_OTHER, {"table": table, "column": column, "kind": kind})
    ]


def _retype(table: str, kinds: Mapping[str, str]) -> None:
    with op.get_context().autocommit_block():
        checks = op.get_bind().execute(_CHECKS, {"table": table, "columns": [*kinds]}).all()
        steps = [f"DROP CONSTRAINT {name}" for name, _ in checks]
        steps += [f"ALTER COLUMN {column} TYPE {kind}" for column, kind in kinds.items()]
        steps += [f"ADD CONSTRAINT {name} CHECK ({check}) NOT VALID" for name, check in checks]
        # One transaction; Citus takes each of them by itself only.
        told = " ".join(f"ALTER TABLE {table} {step};" for step in steps)
        op.execute(f"DO $retype$ BEGIN {told} END $retype$")


def rule(domain: str, name: str, check: str) -> None:
    """Let a domain have a rule about its `VALUE`, instead of the one of that name if there is one.

    It holds of what is written from now on. At rows that are there nobody looks: PostgreSQL would
    hold up all who write meanwhile. A CHECK has looked at them before, or the rule is a wider one.
    """
    with op.get_context().autocommit_block():
        op.execute(
            f"DO $$ BEGIN ALTER DOMAIN {domain} DROP CONSTRAINT IF EXISTS {name};"
            f" ALTER DOMAIN {domain} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID; END $$"
        )


def lift(table: str, *names: str) -> None:
    """Let some rules hold of a table no longer."""
    steps = ", ".join(f"DROP CONSTRAINT IF EXISTS {name}" for name in names)
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {table} {steps}")


@contextmanager
def _patiently() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute(_PATIENT)
        try:
            yield
        finally:
            op.execute(LOCK_TIMEOUT)
