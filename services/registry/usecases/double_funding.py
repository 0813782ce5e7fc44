"""Money given twice: found by rule, judged by people."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.funds import (
    FundedSide,
    FundingDecision,
    FundingDecisionIn,
    FundingFinding,
)
from common.errors import NotFound, Text
from common.rules import RulesInForce
from common.rules_table import rule_table
from registry.domain import double_funding as rules
from registry.domain.double_funding import Period
from registry.queries import double_funding as queries
from registry.usecases.editing import PURPOSE

WHAT: Final = Text("疑似重复资助", "finding of double funding")
_JURISDICTION: Final = "31"


async def findings(
    session: AsyncSession, rows: Sequence[Row[Any]], *, by: Actor, now: datetime
) -> list[FundingFinding]:
    """Pairs as findings, those left out that overlap for fewer days than the rule asks."""
    in_force = (await rule_table(session)).at(city_day(now), _JURISDICTION)
    return list(_findings(rows, in_force, by))


def _findings(
    rows: Sequence[Row[Any]], in_force: RulesInForce, by: Actor
) -> Iterator[FundingFinding]:
    for row in rows:
        sides = [Period(row.first_valid_from, row.first_valid_to)]
        sides.append(Period(row.second_valid_from, row.second_valid_to))
        why = rules.reason(in_force.rule(row.rule), *sides)
        shared = sides[0].shared(sides[1])
        if why is None or shared is None:
            continue
        yield FundingFinding(
            rule=row.rule,
            reason_zh=why.zh,
            reason_en=why.en,
            organisation_id=row.organisation_id,
            venue_id=row.venue_id,
            category=row.category,
            overlap_from=shared.start,
            overlap_to=shared.end,
            first=_side(row, "first", by),
            second=_side(row, "second", by),
            decision=_decision(row),
        )


def _side(row: Row[Any], which: str, by: Actor) -> FundedSide:
    """One side; how much another area gives is its own business."""
    names = FundedSide.model_fields.keys() - {"record_id"}
    told = {name: getattr(row, f"{which}_{name}") for name in names}
    if not by.covers(told["area_code"]):
        told["amount_fen"] = None
    return FundedSide(record_id=getattr(row, f"{which}_id"), **told)


def _decision(row: Row[Any]) -> FundingDecision | None:
    return None if row.verdict is None else FundingDecision.model_validate(row)


async def decide(
    session: AsyncSession, said: FundingDecisionIn, *, by: Actor, now: datetime
) -> FundingDecision:
    """Decide about a finding that still stands and touches the caller's area."""
    first, second = rules.in_order(said.first_id, said.second_id)
    row = await queries.pair(session, by, said.rule, first, second)
    if row is None:
        raise NotFound(what=WHAT, key=f"{said.rule} {first} {second}")
    name = by.alias(PURPOSE)
    told = {"verdict": said.verdict, "reason": said.reason, "decided_at": now, "decided_by": name}
    key: dict[str, str | UUID] = {"rule": said.rule, "first_id": first, "second_id": second}
    await queries.decide(session, {**key, **told})
    inside = row.first_area_code if by.covers(row.first_area_code) else row.second_area_code
    audit.note(
        session,
        by,
        action="funding_finding.decide",
        target=("funding_finding", first),
        area=inside,
        after={"rule": said.rule, "second_id": str(second), "verdict": said.verdict},
        reason=said.reason,
    )
    return FundingDecision.model_validate(told)
