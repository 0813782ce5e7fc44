"""The tables of procurement. Rows and constraints only; no behaviour."""

from procurement.tables.agenda import AgendaDeviation as AgendaDeviation
from procurement.tables.agenda import AgendaOutcome as AgendaOutcome
from procurement.tables.base import Base as Base
from procurement.tables.bids import Bid as Bid
from procurement.tables.budgets import BudgetClaim as BudgetClaim
from procurement.tables.budgets import BudgetLine as BudgetLine
from procurement.tables.budgets import LedgerEntry as LedgerEntry
from procurement.tables.challenges import Challenge as Challenge
from procurement.tables.challenges import SupplierComplaint as SupplierComplaint
from procurement.tables.elsewhere import PlatformRecord as PlatformRecord
from procurement.tables.evidence import Evidence as Evidence
from procurement.tables.evidence import RatingDue as RatingDue
from procurement.tables.mirrors import Mirrored as Mirrored
from procurement.tables.panels import Award as Award
from procurement.tables.panels import Expert as Expert
from procurement.tables.panels import ExpertRelation as ExpertRelation
from procurement.tables.panels import PanelDraw as PanelDraw
from procurement.tables.panels import PanelSeat as PanelSeat
from procurement.tables.panels import Ranking as Ranking
from procurement.tables.panels import Score as Score
from procurement.tables.plans import Plan as Plan
from procurement.tables.plans import PlanYear as PlanYear
from procurement.tables.plans import PurchaseItem as PurchaseItem
from procurement.tables.providers import Exclusion as Exclusion
from procurement.tables.providers import Provider as Provider
from procurement.tables.providers import Qualification as Qualification
from procurement.tables.providers import Tie as Tie
from procurement.tables.ratings import Grade as Grade
from procurement.tables.ratings import Prior as Prior
from procurement.tables.ratings import Rating as Rating
from procurement.tables.ratings import Reply as Reply
from procurement.tables.tenders import Tender as Tender
from procurement.tables.tenders import TenderAmendment as TenderAmendment
from procurement.tables.tenders import TenderCriterion as TenderCriterion
from procurement.tables.tenders import TenderDocument as TenderDocument
from procurement.tables.tenders import TenderInvitation as TenderInvitation
from procurement.tables.tenders import TenderQuestion as TenderQuestion

metadata = Base.metadata
