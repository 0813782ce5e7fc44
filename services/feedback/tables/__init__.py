"""The tables of the feedback. Rows and constraints only; no behaviour."""

from feedback.tables.base import Base as Base
from feedback.tables.mirrors import Mirrored as Mirrored

metadata = Base.metadata
