"""The matching's tables. Rows and constraints only; no behaviour."""

from matching.tables.base import Base as Base
from matching.tables.collective_needs import CollectiveNeed as CollectiveNeed
from matching.tables.needs import Need as Need
from matching.tables.needs import Profile as Profile
from matching.tables.needs import Standing as Standing

metadata = Base.metadata
