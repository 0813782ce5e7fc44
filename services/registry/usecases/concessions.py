"""Concessions: drafted, granted within the cap on market use, ended; months of venues reported."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.concessions import (
    ConcessionAccount,
    ConcessionIn,
    ConcessionMove,
    ConcessionStatus,
    SpaceUse,
    VenueMonthIn,
)
from common.contracts.registry.dictionaries import Dictionary
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.ids import uuid7
from common.rules_table import rule_table
from registry import tables
from registry.domain import concessions as rules
from registry.domain.areas import check_period
from registry.queries import concessions as queries
from registry.queries import dictionaries, organisations, venues
from registry.queries.references import must_exist
from registry.usecases.editing import PURPOSE, made, tell, touch


class ConcessionCodeTaken(Conflict):
    """Another concession has the external code."""

    slug = "concession-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有经营授权使用该外部编码。", "Another concession has this external code.")


async def add_concession(
    session: AsyncSession, wish: ConcessionIn, *, by: Actor, now: datetime
) -> tables.Concession:
    """A draft for a space of the caller's area."""
    check_period(wish.valid_from, wish.valid_to)
    rules.check(wish.use, wish.price_ceiling_fen, wish.reference_price_fen)
    words = {"/category": (Dictionary.SERVICE_CATEGORY, wish.category)}
    await dictionaries.must_know(session, words, on=city_day(now))
    await organisations.standing(session, [wish.operator_id])
    await must_exist(session, tables.Organisation, {"/operator_id": wish.operator_id})
    await must_exist(session, tables.Venue, {"/venue_id": wish.venue_id})
    await must_exist(session, tables.Space, {"/space_id": wish.space_id})
    venue = await venues.venue_for_update(session, wish.venue_id)
    by.must_cover(venue.area_code)
    if wish.space_id is not None:
        space = await session.get_one(tables.Space, wish.space_id)
        area_m2 = await queries.floor_area(session, space.cells)
        rules.check_space(wish, space.venue_id, area_m2)

    row = tables.Concession(
        **wish.model_dump(),
        area_code=venue.area_code,
        status=ConcessionStatus.DRAFT,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    tell(session, by, "concession.add", row, after={"use": row.use, "operator_id": row.operator_id})
    return row


async def move_concession(
    session: AsyncSession,
    concession_id: UUID,
    step: ConcessionMove,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Concession:
    """Grant it, withdraw it, or end it."""
    row, venue = await queries.concession_for_update(session, concession_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    target = rules.move(row.status, step.status, reason=step.reason)
    if target is ConcessionStatus.GRANTED:
        await _must_be_free(session, row)
        await _must_leave_room(session, row, venue, now=now)
        row.granted_at = now
    else:
        row.end_reason = step.reason
    row.status = target
    touch(row, by, now)
    tell(session, by, "concession.move", row, after={"status": target}, reason=step.reason)
    return row


async def _must_be_free(session: AsyncSession, row: tables.Concession) -> None:
    """No room of a hall is granted beside the hall, nor a hall beside one of its rooms."""
    if row.space_id is None:
        return
    space = await session.get_one(tables.Space, row.space_id)
    days = (row.valid_from, row.valid_to)
    if await queries.is_granted(session, row.venue_id, space.cells, days):
        raise rules.SpaceGranted


async def _must_leave_room(
    session: AsyncSession, row: tables.Concession, venue: tables.Venue, *, now: datetime
) -> None:
    if row.use != SpaceUse.MARKET:
        return
    if venue.floor_area_m2 is None:
        message = Text("请先填写载体建筑面积", "the venue's floor area is needed first")
        raise rules.WrongConcession(errors=[FieldError("/venue_id", str(venue.id), message)])
    rule = (await rule_table(session)).at(city_day(now), row.area_code).rule(rules.MARKET_SHARE)
    granted = await queries.market_areas(session, venue.id, (row.valid_from, row.valid_to))
    rules.check_share(rule, granted, row.floor_area_m2, venue.floor_area_m2)


async def account(
    session: AsyncSession, concession_id: UUID, first: date, last: date, *, by: Actor
) -> ConcessionAccount:
    """What a concession costs the public and saves the residents."""
    row = await queries.found(session, by, concession_id)
    used = await queries.used(session, row.id, first, last)
    saved = rules.savings(
        visits=None if used.is_small else used.visits,
        services=used.services,
        income_fen=used.income_fen,
        subsidy_fen=used.subsidy_fen,
        promise=(row.price_ceiling_fen, row.reference_price_fen),
    )
    return ConcessionAccount(
        concession_id=row.id,
        month_from=first,
        month_to=last,
        visits=None if used.is_small else used.visits,
        average_price_fen=saved.average_price_fen,
        is_promise_kept=saved.is_promise_kept,
        subsidy_fen=max(used.subsidy_fen, 0),
        saved_fen=saved.saved_fen,
        saving_per_yuan=saved.per_yuan,
    )


async def report_month(
    session: AsyncSession, figures: VenueMonthIn, *, by: Actor, now: datetime
) -> tables.VenueMonth:
    """The figures of a venue of the caller's area, or of a concession in it, for one month."""
    await must_exist(session, tables.Venue, {"/venue_id": figures.venue_id})
    venue = await venues.venue_for_update(session, figures.venue_id)
    by.must_cover(venue.area_code)
    if figures.concession_id is not None:
        await must_exist(session, tables.Concession, {"/concession_id": figures.concession_id})
        concession = await session.get_one(tables.Concession, figures.concession_id)
        if concession.venue_id != venue.id:
            message = Text("该授权不在此载体", "the concession is in another venue")
            wrong = FieldError("/concession_id", str(concession.id), message)
            raise rules.WrongConcession(errors=[wrong])
    values = figures.model_dump() | {"month": figures.month.replace(day=1), "id": uuid7()}
    row = await queries.put_month(
        session, values | {"updated_at": now, "updated_by": by.alias(PURPOSE)}
    )
    audit.note(
        session,
        by,
        action="venue_month.report",
        target=("venue", venue.id),
        area=venue.area_code,
        after=figures.model_dump(mode="json"),
    )
    return row
