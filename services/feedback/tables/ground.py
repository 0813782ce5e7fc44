"""Which edition of rules and working days stands."""

from common.editions import EditionColumns, once
from feedback.tables.base import Base


class GroundEdition(EditionColumns, Base):
    """Another one with each change of a rule or a holiday notice."""

    __tablename__ = "ground_edition"
    __table_args__ = (
        once(),
        {"comment": "规则与放假通知的版次：一有改动即另取，由触发器维护"},
    )
