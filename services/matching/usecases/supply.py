"""What the registry publishes, taken over: offerings, and how many places each period has.

Fewer places than are taken is the state over-committed: nobody loses a place silently, the period
stands on the work list until enough are given back or the registry adds places. Whoever provides an
offering by now goes on with what is under way there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import ReferralStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.vocabulary import PriceKind
from common.feed.client import Change
from common.records import touch
from matching import tables
from matching.domain import places as rules
from matching.domain.referrals import GIVEN_BACK, TAKING, has_begun
from matching.queries import places as queries
from matching.queries import referrals as referral_queries
from matching.usecases import places
from matching.usecases.payers import Referred, payers

_COPIED: Final = ("category", "area_code", "funding_source", "capacity")


async def apply(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take over a page of the feed `offering`; the last state of each offering counts."""
    states = {change.id: change.data for change in changes}
    known = await queries.supplies_for_update(session, list(states))
    counts = {key: _count(row) for key, row in known.items()}
    providers = {key: row.provider_id for key, row in known.items()}
    _copy(session, known, states, now)
    await session.flush()
    counted = [row for key, row in known.items() if counts[key] != _count(row)]
    passed_on = [row for key, row in known.items() if row.provider_id != providers[key]]
    await _lock(session, known, counted, passed_on, now)
    for row in counted:
        _, before = counts[row.offering_id]
        await recount(session, row, CapacityPeriod(before), now=now)
    if passed_on:
        await pass_on(session, passed_on, now=now)


def _count(row: tables.Supply) -> tuple[int | None, str]:
    return row.capacity, row.capacity_period


async def _lock(
    session: AsyncSession,
    known: Mapping[UUID, tables.Supply],
    counted: Sequence[tables.Supply],
    passed_on: Sequence[tables.Supply],
    now: datetime,
) -> None:
    """Lock all places that the page leads to, in key order and before any referral.

    That is where places are counted anew, what is passed on, and where somebody waits (`heed`).
    """
    today = city_day(now)
    since = {row.offering_id: today for row in passed_on}
    since |= {
        slot.offering_id: today for slot in await referral_queries.awaited(session, known, today)
    }
    since |= {
        row.offering_id: rules.span(CapacityPeriod(row.capacity_period), today).starts_on
        for row in counted
    }
    if since:
        await queries.lock_from(session, since)


def _copy(
    session: AsyncSession,
    known: Mapping[UUID, tables.Supply],
    states: Mapping[UUID, Mapping[str, Any] | None],
    now: datetime,
) -> None:
    for offering_id, state in states.items():
        row = known.get(offering_id)
        if state is None:
            if row is not None:
                row.is_open, row.changed_at = False, now
            continue
        values = columns(state) | {"changed_at": now}
        if row is None:
            session.add(tables.Supply(offering_id=offering_id, **values))
            continue
        for name, value in values.items():
            setattr(row, name, value)


def columns(state: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of an offering's state in the feed."""
    venue = state["venue"] or {}
    return {
        **{name: state[name] for name in _COPIED},
        **{name: _id(state[name]) for name in ("provider_id", "service_item_id")},
        **{name: _text(state.get(name)) for name in ("eligibility", "schedule")},
        "price_fen": 0 if state.get("price_kind") == PriceKind.FREE else state["price_fen"],
        "channels": state.get("channels"),
        "category_path": state.get("category_path"),
        "venue_id": _id(venue.get("id")),
        "lon": venue.get("lon"),
        "lat": venue.get("lat"),
        "space_id": _id(state.get("space_id")),
        "capacity_period": state["capacity_period"] or CapacityPeriod.DAY.value,
        "is_open": state["status"] == "published",
    }


def _text(part: Any) -> str | None:
    """A part of a state as text, equal ones alike."""
    return None if part is None else orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()


async def recount(
    session: AsyncSession, supply: tables.Supply, before: CapacityPeriod, *, now: datetime
) -> None:
    """Give the periods that are not over their new places; the offering is locked."""
    today = city_day(now)
    if before != supply.capacity_period:
        slots = await _by_another_period(session, supply, today)
    else:
        rows = await queries.upcoming(session, supply.offering_id, today)
        for row in rows:
            row.places = supply.capacity
            row.excess = rules.excess(row.places, row.taken)
        slots = [rules.Slot(row.offering_id, row.starts_on, row.session) for row in rows]
    await session.flush()
    for slot in slots:
        await places.call_waiting(session, slot, calendar=official_calendar(), now=now)


async def _by_another_period(
    session: AsyncSession, supply: tables.Supply, today: date
) -> list[rules.Slot]:
    """Count what is taken anew, by the period that holds now.

    The present period began before today, in the old count or in the new one: whatever was taken
    since then is counted too, and no row of the old count is left under a key of the new one. The
    session that somebody asked for is kept while days are counted, and counted again with sessions.
    """
    period = CapacityPeriod(supply.capacity_period)
    since = rules.span(period, today).starts_on
    old = await queries.upcoming(session, supply.offering_id, since)
    since = min([since, *(row.starts_on for row in old)])
    taken: dict[rules.Slot, int] = defaultdict(int)
    waiting: dict[rules.Slot, int] = defaultdict(int)
    for row in await referral_queries.placed_from(session, supply.offering_id, since):
        slot = rules.slot(supply.offering_id, period, row.session_on, row.clock or None)
        row.count_in(slot.starts_on, slot.session)
        if row.status in GIVEN_BACK:
            continue
        counted = ReferralStatus(row.status) in TAKING
        taken[slot] += row.places if counted else 0
        waiting[slot] += 0 if counted else 1
    for draft, day in await queries.drafts(session, supply.offering_id, since):
        slot = rules.slot(supply.offering_id, period, day, None)
        draft.starts_on = slot.starts_on
        taken[slot] += draft.places
    await session.flush()
    rows = [_counted(supply, slot, count, waiting[slot]) for slot, count in taken.items()]
    await queries.replace(session, supply.offering_id, since, rows)
    return list(taken)


async def pass_on(
    session: AsyncSession, supplies: Sequence[tables.Supply], *, now: datetime
) -> None:
    """Give what is under way at some offerings to who provides them now, and to whose pays him.

    What was given before is the other's, to tell of and to be rated for: all that has ended, and
    all whose day is over or whose session has begun. Where nobody provides an offering now, who did
    before keeps it.
    """
    new = {each.offering_id: each.provider_id for each in supplies if each.provider_id is not None}
    rows = [
        row
        for row in await referral_queries.under_way_at(session, list(new), city_day(now))
        if not (row.clock and has_begun(row.clock, row.session_on, now))
        and row.provider_id != new[row.offering_id]
    ]
    referred = [Referred.by(row)._replace(provider_id=new[row.offering_id]) for row in rows]
    for row, contract_id in zip(rows, await payers(session, referred), strict=True):
        before = _parties(row)
        row.provider_id, row.contract_id = new[row.offering_id], contract_id
        touch(row, places.CLOCKWORK, now)
        feed.mark(session, "referral", row.id)
        audit.note(
            session,
            places.CLOCKWORK,
            action="referral.pass_on",
            target=("referral", row.id),
            area=row.area_code,
            before=before,
            after=_parties(row),
        )


def _parties(row: tables.Referral) -> dict[str, str | None]:
    """Who serves, and under which contract."""
    paying = None if row.contract_id is None else str(row.contract_id)
    return {"provider": str(row.provider_id), "contract": paying}


def _counted(supply: tables.Supply, slot: rules.Slot, taken: int, waiting: int) -> dict[str, Any]:
    period = CapacityPeriod(supply.capacity_period)
    return {
        **slot._asdict(),
        "ends_on": rules.span(period, slot.starts_on).ends_on,
        "period": period.value,
        "places": supply.capacity,
        "taken": taken,
        "waiting": waiting,
        "excess": rules.excess(supply.capacity, taken),
    }


def _id(value: str | UUID | None) -> UUID | None:
    return value if isinstance(value, UUID) or value is None else UUID(value)
