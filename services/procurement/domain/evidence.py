"""Evidence of how a provider serves: who told it, what it says, from which day on it counts.

Pure. One piece of evidence has one source; told twice it is the same piece. Levels are 1 to 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from common.clock import city_day
from common.contracts.feedback import Case, CaseKind, CaseStatus, Rating
from common.contracts.procurement_performance import Verdict
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension

D = RatingDimension
# The judgements of an office: the provider may reply before they count.
OFFICIAL: Final = frozenset(EvidenceSource) - {EvidenceSource.RATING}
# An upheld complaint says what a very dissatisfied resident says.
UPHELD_COMPLAINT: Final = {D.OVERALL: 1, D.ATTITUDE: 2}
KEPT: Final = {D.OVERALL: 5, D.EFFICIENCY: 5}
LATE: Final = {D.OVERALL: 3, D.EFFICIENCY: 2}
PARTLY: Final = {D.OVERALL: 3, D.EFFICIENCY: 3}
MISSED: Final = {D.OVERALL: 1, D.EFFICIENCY: 1}
_MIDDLE: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of evidence as its source tells it now; `levels` empty takes it back."""

    source: EvidenceSource
    source_id: UUID
    provider_id: UUID
    category: str
    levels: Mapping[RatingDimension, int]
    happened_on: date
    buyer_id: UUID | None = None
    contract_id: UUID | None = None
    document: str | None = None
    is_suspended: bool = False


def counts_from(source: EvidenceSource, known_on: date, reply_days: int) -> date:
    """The first day on which evidence counts: a judgement waits for the end of the reply period.

    Source: rule rating.reply. A resident's rating has its own right of appeal in feedback.
    """
    return known_on + timedelta(days=reply_days + 1) if source in OFFICIAL else known_on


def is_praise(level: int) -> bool:
    """Whether a level speaks for the provider.

    A tie that rests on the provider's own word takes away praise alone: who declares one is heard
    against itself, and nobody wipes out blame by naming whom it comes from. An office that records
    the tie makes it count for both.
    """
    return level > _MIDDLE


def of_rating(rating: Rating, buyer_id: UUID | None) -> Told:
    """What a resident's rating says; default praise and upheld appeals say nothing."""
    levels = {each.dimension: each.level for each in rating.dimensions}
    levels[D.OVERALL] = rating.level
    return Told(
        source=EvidenceSource.RATING,
        source_id=rating.id,
        provider_id=rating.provider_id,
        category=rating.category,
        levels=levels if rating.is_counted else {},
        happened_on=rating.rated_on,
        buyer_id=buyer_id,
        contract_id=rating.contract_id,
        is_suspended=rating.appealed_at is not None and rating.appeal_decided_at is None,
    )


def of_case(case: Case, category: str, buyer_id: UUID | None) -> Told | None:
    """What a case says of its provider; None when it names none.

    Only a complaint that was found to stand speaks; withdrawn, doubled and open ones are silent.
    """
    if case.provider_id is None:
        return None
    silent = case.status in {CaseStatus.WITHDRAWN, CaseStatus.DUPLICATE}
    stands = case.kind is CaseKind.COMPLAINT and case.is_upheld is True and not silent
    return Told(
        source=EvidenceSource.COMPLAINT,
        source_id=case.id,
        provider_id=case.provider_id,
        category=category,
        levels=UPHELD_COMPLAINT if stands else {},
        happened_on=city_day(case.received_at),
        buyer_id=buyer_id,
        contract_id=case.contract_id,
        document=case.number,
    )


def of_milestone(
    verdict: Verdict, due_on: date, reported_on: date | None, *, grace_days: int
) -> Mapping[D, int]:
    """What a milestone says: kept, late within the days of grace, missed; partly is never best."""
    if reported_on is None or verdict is Verdict.NOT_MET:
        return MISSED
    late_by = reported_on - due_on
    if late_by > timedelta(days=grace_days):
        return MISSED
    said = KEPT if late_by <= timedelta(0) else LATE
    if verdict is Verdict.PARTIALLY_MET:
        return {dimension: min(level, PARTLY[dimension]) for dimension, level in said.items()}
    return said
