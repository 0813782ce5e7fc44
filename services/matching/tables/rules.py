"""Which edition of the rules stands: one row, which a process asks for instead of all of them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from matching.tables.base import Base


class RuleEdition(Base):
    """Another one with each statement that writes to `rule`, by a trigger on it.

    Drawn at random, so that no two databases, and none before and after a restore, share one.
    """

    __tablename__ = "rule_edition"
    __table_args__ = (
        CheckConstraint("id = 1", name="once"),
        {"comment": "规则表的版次：规则一有改动即另取，由触发器维护"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="恒为 1")
    edition: Mapped[UUID] = mapped_column(Uuid, comment="版次，随机")
