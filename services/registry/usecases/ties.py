"""Who nurtured whom, and who lives in whose house: ties begin and end, and both sides are told."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.registry.organisations import IncubationIn, ResidencyIn, TieEnd
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from registry import tables
from registry.domain.areas import check_period
from registry.queries import organisations as queries
from registry.queries import ties
from registry.usecases.editing import facts, touch
from registry.usecases.organisations import KIND, must_stand

_INCUBATION: Final = ("incubator_id", "incubated_id", "valid_from", "valid_to")
_RESIDENCY: Final = ("organisation_id", "venue_id", "valid_from", "valid_to", "purpose")


class IncubatesItself(Invalid):
    """An organisation cannot nurture itself."""

    slug = "incubates-itself"
    title = Text("不能孵化自己", "Cannot incubate itself")


class TieOverlaps(Conflict):
    """The same two are tied already on some of the days."""

    slug = "tie-overlaps"
    title = Text("关系时段重叠", "Ties overlap")
    detail = Text(
        "同一对象在部分日期已有此关系，请先结束原关系或调整起止。",
        "The same two are tied already on some of these days; end that tie or change the days.",
    )


async def add_incubation(
    session: AsyncSession,
    incubated_id: UUID,
    tie: IncubationIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """Write down who nurtured an organisation; the database refuses two ties on one day."""
    if tie.incubator_id == incubated_id:
        message = Text("须为另一个机构", "must be another organisation")
        raise IncubatesItself(errors=[FieldError("/incubator_id", str(incubated_id), message)])
    incubated, incubator = await queries.both_for_update(session, incubated_id, tie.incubator_id)
    by.must_cover(incubated.area_code)
    must_stand(incubated)
    check_period(tie.valid_from, tie.valid_to)

    row = tables.Incubation(incubated_id=incubated.id, **tie.model_dump())
    session.add(row)
    after = facts(row, _INCUBATION)
    _tell(session, incubated, "organisation.add_incubation", None, after, by=by, now=now)
    feed.mark(session, KIND, incubator.id)
    return incubated


async def end_incubation(
    session: AsyncSession,
    incubated_id: UUID,
    tie_id: UUID,
    end: TieEnd,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """End an incubation."""
    incubated = await queries.organisation(session, incubated_id, lock=True)
    by.must_cover(incubated.area_code)
    must_match(incubated.version, version)
    row = await ties.incubation(session, incubated_id, tie_id)
    check_period(row.valid_from, end.valid_to)

    before = facts(row, _INCUBATION)
    row.valid_to = end.valid_to
    after = facts(row, _INCUBATION)
    _tell(session, incubated, "organisation.end_incubation", before, after, by=by, now=now)
    feed.mark(session, KIND, row.incubator_id)
    return incubated


async def add_residency(
    session: AsyncSession,
    organisation_id: UUID,
    tie: ResidencyIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """Write down that an organisation lives in a venue."""
    organisation = await queries.organisation(session, organisation_id, lock=True)
    by.must_cover(organisation.area_code)
    must_stand(organisation)
    await ties.must_stand_open(session, tie.venue_id)
    check_period(tie.valid_from, tie.valid_to)

    row = tables.Residency(organisation_id=organisation.id, **tie.model_dump())
    session.add(row)
    after = facts(row, _RESIDENCY)
    _tell(session, organisation, "organisation.add_residency", None, after, by=by, now=now)
    feed.mark(session, "venue", row.venue_id)
    return organisation


async def end_residency(
    session: AsyncSession,
    organisation_id: UUID,
    tie_id: UUID,
    end: TieEnd,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Organisation:
    """End a residency."""
    organisation = await queries.organisation(session, organisation_id, lock=True)
    by.must_cover(organisation.area_code)
    must_match(organisation.version, version)
    row = await ties.residency(session, organisation_id, tie_id)
    check_period(row.valid_from, end.valid_to)

    before = facts(row, _RESIDENCY)
    row.valid_to = end.valid_to
    after = facts(row, _RESIDENCY)
    _tell(session, organisation, "organisation.end_residency", before, after, by=by, now=now)
    feed.mark(session, "venue", row.venue_id)
    return organisation


def _tell(
    session: AsyncSession,
    organisation: tables.Organisation,
    action: str,
    before: dict[str, object] | None,
    after: dict[str, object],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """The organisation moves with its ties."""
    touch(organisation, by, now)
    feed.mark(session, KIND, organisation.id)
    audit.note(
        session,
        by,
        action=action,
        target=(KIND, organisation.id),
        area=organisation.area_code,
        before=before,
        after=after,
    )
