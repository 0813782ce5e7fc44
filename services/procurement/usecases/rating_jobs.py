"""Keeping ratings: what is due soon after new evidence, all of them every day, priors frozen daily.

A rating is written only under its provider's lock, taken before the evidence is read.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.clock import city_day
from common.db import Database
from common.ids import uuid7
from common.rules import RuleTable
from procurement.queries import rating_counts as counts
from procurement.queries import ratings as queries
from procurement.queries.evidence import Cell
from procurement.queries.rules import rules_now
from procurement.rating.levels import UNRATED, month_end_before
from procurement.usecases.rating_priors import priors_of
from procurement.usecases.ratings import Computed, anchors, basis, estimated

KIND: Final = "provider_rating"
AT_ONCE: Final = 200
PROVIDERS_AT_ONCE: Final = 250
_NOTHING: Final = (None, None)
_OF_USE: Final = ("reply_until_on", "suspended_at")
_KEPT: Final = ("level", "expected", "lower_bound", "upper_bound", "prior_version")


async def refresh(database: Database, *, now: datetime) -> int:
    """Compute what new evidence has moved, portion by portion; how many ratings that were."""
    done = 0
    while True:
        async with database.sessions.begin() as session:
            taken = await counts.take_due(session, AT_ONCE)
            await renew(session, taken, now=now)
        done += len(taken)
        if len(taken) < AT_ONCE:
            return done


async def recompute_city(database: Database, *, now: datetime) -> int:
    """Compute every rating of the city anew; how many there are."""
    day = city_day(now)
    async with database.sessions.begin() as session:
        await freeze_priors(session, day, now=now)
        every = await counts.providers(session)
    done = 0
    for start in range(0, len(every), PROVIDERS_AT_ONCE):
        async with database.sessions.begin() as session:
            done += await renew_providers(
                session, every[start : start + PROVIDERS_AT_ONCE], now=now
            )
    return done


async def freeze_priors(session: AsyncSession, day: date, *, now: datetime) -> None:
    """Keep the base rates for a day, from what was known at the end of the day before; once."""
    if await queries.are_frozen(session, day):
        return
    on = await basis(session, day - timedelta(days=1), now=now)
    rows = await counts.counted_everywhere(session, on.moment)
    await queries.freeze(session, day, priors_of(rows, on.parameters.prior_providers))


async def renew(session: AsyncSession, cells: Collection[Cell], *, now: datetime) -> None:
    """Compute some ratings and write what changed."""
    if not cells:
        return
    await counts.lock(session, {cell.provider_id for cell in cells})
    rules = await rules_now(session)
    on = await basis(session, city_day(now), now=now, rules=rules)
    rows = await counts.counted(session, on.moment, cells)
    await _write(session, estimated(cells, rows, on), now=now, rules=rules)


async def renew_providers(
    session: AsyncSession, provider_ids: Sequence[UUID], *, now: datetime
) -> int:
    """Compute all ratings of some providers; how many those are."""
    await counts.lock(session, provider_ids)
    rules = await rules_now(session)
    on = await basis(session, city_day(now), now=now, rules=rules)
    rows = await counts.counted_of(session, on.moment, provider_ids)
    cells = {Cell(*row[:3]) for row in rows} | await queries.cells_of(session, provider_ids)
    await _write(session, estimated(cells, rows, on), now=now, rules=rules)
    return len(cells)


async def _write(
    session: AsyncSession, computed: Computed, *, now: datetime, rules: RuleTable
) -> None:
    """Write ratings over what stood, and add new levels to the history.

    Exact figures are not published: the feed is told when a reply or an appeal changes the use.
    """
    day = computed.basis.moment.day
    before = await queries.standing(session, computed.cells)
    anchor = await _anchors(session, computed.cells, before, day, now=now, rules=rules)
    levels = computed.levels(anchor)
    pending = await counts.pending(session, computed.cells, day)
    rows = [
        {
            **_row(computed, place),
            "level": levels[cell] or None,
            "anchor_level": anchor.get(cell, UNRATED) or None,
            "anchor_on": month_end_before(day),
            "reply_until_on": pending.get(cell, _NOTHING)[0],
            "suspended_at": pending.get(cell, _NOTHING)[1],
        }
        for place, cell in enumerate(computed.cells)
    ]
    changed = [row for row in rows if _differs(before.get(_cell(row)), row)]
    ids = await queries.store(session, changed)
    said = [ids[_cell(row)] for row in changed if _is_said_otherwise(before.get(_cell(row)), row)]
    feed.mark_many(session, KIND, await queries.released_among(session, said))
    moved = [row for row in changed if _level_of(before.get(_cell(row))) != row["level"]]
    await queries.keep_grades(
        session,
        [
            {"rating_id": ids[_cell(row)], "from_at": now, **{name: row[name] for name in _KEPT}}
            for row in moved
        ],
    )


async def _anchors(
    session: AsyncSession,
    cells: Sequence[Cell],
    before: Mapping[Cell, Row[Any]],
    day: date,
    *,
    now: datetime,
    rules: RuleTable,
) -> dict[Cell, int]:
    """The levels at the end of last month: as kept, or computed where a month has passed since."""
    fresh = [cell for cell in cells if cell not in before]
    first = await counts.first_known(session, fresh) if fresh else {}
    since = {cell: (first.get(cell, day), UNRATED) for cell in fresh}
    for cell, row in before.items():
        since[cell] = (row.anchor_on + timedelta(days=1), row.anchor_level or UNRATED)
    return await anchors(session, since, day, now=now, rules=rules)


def _row(computed: Computed, place: int) -> dict[str, Any]:
    """One rating as a row, without its level."""
    found, is_rated = computed.found, computed.is_rated(place)
    scores = {
        "expected": found.expected[place],
        "lower_bound": found.lower[place],
        "upper_bound": found.upper[place],
    }
    return {
        "id": uuid7(),
        **computed.cells[place]._asdict(),
        "is_rated": is_rated,
        **{name: float(value) if is_rated else None for name, value in scores.items()},
        "ratings": int(found.evidence[place]),
        "effective_ratings": float(found.effective[place]),
        "buyers": int(found.buyers[place]),
        "prior_version": computed.basis.priors.version,
        "as_of_on": computed.basis.moment.day,
    }


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(row["provider_id"], row["category"], row["dimension"])


def _level_of(row: Row[Any] | None) -> int | None:
    return None if row is None else row.level


def _is_said_otherwise(stood: Row[Any] | None, row: Mapping[str, Any]) -> bool:
    """Whether what may be said of the use of a rating has changed."""
    return any(getattr(stood, name, None) != row[name] for name in _OF_USE)


def _differs(stood: Row[Any] | None, row: Mapping[str, Any]) -> bool:
    return stood is None or any(
        getattr(stood, name) != value for name, value in row.items() if name != "id"
    )
