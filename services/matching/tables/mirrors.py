"""What other services publish, as their feeds last told it: written by the feeds only."""

from common.mirrors import MirroredColumns
from matching.tables.base import Base


class Mirrored(MirroredColumns, Base):
    """The present state of a record of another service."""
