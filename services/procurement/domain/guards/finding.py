"""What guards look at, and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from common.contracts.procurement_flags import Guard, SubjectKind
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Text

TOWN_DIGITS = 9
DISTRICT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Deal:
    """A contract as guards need it. `hardware` are cost lines for things: name and fen."""

    id: UUID
    tender_id: UUID
    buyer_id: UUID
    provider_id: UUID
    area_code: str
    category: str
    method: PurchaseMethod
    value_fen: int
    signed_on: date
    places: int | None = None
    service_days: int = 0
    costs: tuple[tuple[str, int], ...] = ()

    @property
    def street(self) -> str:
        """The 12-digit code of the street or town whose purchase it is."""
        return self.area_code[:TOWN_DIGITS].ljust(12, "0")

    @property
    def district(self) -> str:
        """The significant digits of its district."""
        return self.area_code[:DISTRICT_DIGITS]


@dataclass(frozen=True, slots=True)
class Offer:
    """An opened bid: its price, and whether it was thrown out."""

    bidder_id: UUID
    price_fen: int | None
    is_disqualified: bool


@dataclass(frozen=True, slots=True)
class Contest:
    """A purchase that was decided: who offered, who won."""

    id: UUID
    buyer_id: UUID
    area_code: str
    method: PurchaseMethod
    offers: tuple[Offer, ...]
    winners: frozenset[UUID]
    category: str = ""
    days: int | None = None  # whole ones from the notice to the deadline


@dataclass(frozen=True, slots=True)
class Finding:
    """Something unusual: of what, by which rule, on which values and records."""

    guard: Guard
    subject_kind: SubjectKind
    subject: str
    area_code: str
    rule: str
    explanation: Text
    measured: Mapping[str, Any]
    documents: tuple[str, ...]
    period: str = ""
    buyer_id: UUID | None = None
    provider_id: UUID | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is the only one of."""
        return self.guard, self.subject_kind, self.subject, self.period


@dataclass(slots=True)
class Look:
    """What a look over everything came to, and which rules could not be applied."""

    findings: list[Finding] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)


def percent(share: float) -> str:
    """A share as people read it."""
    return f"{100 * share:.0f}%"


def yuan(fen: float) -> str:
    """An amount as people read it."""
    return f"{fen / 100:,.2f}"
