"""Steps of a migration that leave a large table to its readers and writers while they run.

A plain index or constraint locks its table until the migration commits: minutes, where a table has
the rows of a nation. These steps commit by themselves, so a migration holds nothing else
(`tools.migrations` asks); each may be cut off anywhere and is begun again with the migration.
"""

from collections.abc import Iterator
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


@contextmanager
def _patiently() -> Iterator[None]:
    with op.get_context().autocommit_block():
        op.execute(_PATIENT)
        try:
            yield
        finally:
            op.execute(LOCK_TIMEOUT)
