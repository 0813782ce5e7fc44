"""What a changed calendar leaves to do."""

from common.recounts import RecountColumns
from matching.tables.base import Base


class Recount(RecountColumns, Base):
    """One change of the calendar, and how far deadlines were set anew by it."""
