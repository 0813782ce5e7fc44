"""Which edition of something stands: one row, which a process asks for instead of all of it."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column


class EditionColumns:
    """Another edition with each statement that writes to what it is of, by triggers there.

    Drawn at random, so that no two databases, and none before and after a restore, share one.
    """

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="恒为 1")
    edition: Mapped[UUID] = mapped_column(Uuid, comment="版次，随机")


def once() -> CheckConstraint:
    """What keeps it one row."""
    return CheckConstraint("id = 1", name="once")
