"""Which edition of the rules stands."""

from common.editions import EditionColumns, once
from matching.tables.base import Base


class RuleEdition(EditionColumns, Base):
    """Another one with each change of a rule."""

    __tablename__ = "rule_edition"
    __table_args__ = (
        once(),
        {"comment": "规则表的版次：规则一有改动即另取，由触发器维护"},
    )
