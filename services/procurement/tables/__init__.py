"""The tables of procurement. Rows and constraints only; no behaviour."""

from procurement.tables.base import Base as Base
from procurement.tables.mirrors import Mirrored as Mirrored

metadata = Base.metadata
