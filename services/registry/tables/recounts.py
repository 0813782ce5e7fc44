"""What a changed calendar leaves to do."""

from common.recounts import RecountColumns
from registry.tables.base import Base


class Recount(RecountColumns, Base):
    """One change of the calendar, and how far rosters were counted anew by it."""
