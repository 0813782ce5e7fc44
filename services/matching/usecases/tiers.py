"""Judging a need anew by the rules of the day: its tier, whether it is owed, its line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.matching import NeedStatus
from common.rules import RulesInForce
from matching import tables
from matching.domain import standing as standings
from matching.domain.needs import step
from matching.domain.urgency import NeedFacts, entitlement, line, tier
from matching.queries import needs as queries
from matching.queries.rules import rule_table

CITY: Final = "310000000000"


async def in_force(session: AsyncSession, area_code: str, now: datetime) -> RulesInForce:
    """The rules that hold today where the need is."""
    return (await rule_table(session)).at(city_day(now), area_code)


async def judge(
    session: AsyncSession,
    row: tables.Need,
    profile: tables.Profile | None,
    claims: Sequence[tables.Standing],
    now: datetime,
) -> None:
    """Set tier, entitlement and line of a need by what is known now."""
    rules = list(await in_force(session, row.area_code, now))
    facts = facts_of(row, profile, claims, now)
    row.urgency, row.urgency_rule = tier(facts, rules)
    row.is_statutory = entitlement(facts, rules) is not None
    if row.is_statutory and row.status == NeedStatus.UNMET:  # owed now: open until it is served
        for name, value in step(NeedStatus.UNMET, NeedStatus.OPEN, now).items():
            setattr(row, name, value)
    row.line = line(row.category, rules)
    row.judged_at = now


def facts_of(
    row: tables.Need,
    profile: tables.Profile | None,
    claims: Sequence[tables.Standing],
    now: datetime,
) -> NeedFacts:
    """What rules may look at."""
    verified, declared = standings.kinds(map(queries.claim, claims), city_day(now))
    return NeedFacts(
        category=row.category,
        age_band=profile.age_band if profile else None,
        groups=profile.groups if profile else (),
        verified=verified,
        declared=declared,
    )
