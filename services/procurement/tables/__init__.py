"""The tables of procurement. Rows and constraints only; no behaviour."""

from procurement.tables.base import Base as Base
from procurement.tables.budgets import BudgetClaim as BudgetClaim
from procurement.tables.budgets import BudgetLine as BudgetLine
from procurement.tables.budgets import LedgerEntry as LedgerEntry
from procurement.tables.mirrors import Mirrored as Mirrored

metadata = Base.metadata
