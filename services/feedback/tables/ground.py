"""Which edition stands of rules and working days, and of what routing asks."""

from common.editions import EditionColumns, once
from feedback.tables.base import Base


class GroundEdition(EditionColumns, Base):
    """Another one with each change of a rule or a holiday notice."""

    __tablename__ = "ground_edition"
    __table_args__ = (
        once(),
        {"comment": "规则与放假通知的版次：一有改动即另取，由触发器维护"},
    )


class RoutingEdition(EditionColumns, Base):
    """Another one with each change of an area, an item, a body or a word in the mirror."""

    __tablename__ = "routing_edition"
    __table_args__ = (
        once(),
        {"comment": "分派所依区划、事项、机构、字典副本的版次：一有改动即另取，由触发器维护"},
    )
