"""Whoever reads the public's ratings at every moment learns of nobody what that one said.

Months of ratings under two buyers: residents come, think better of it, take it back; the attacker
keeps every answer. For each resident of each group there is another city that looks the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.shapes import SMALLEST_FIGURE
from common.contracts.vocabulary import RatingDimension as D
from procurement import tables
from procurement.domain.evidence import Told
from procurement.queries import rating_editions as queries
from procurement.queries import ratings
from procurement.queries.track_records import performance
from procurement.usecases import evidence, rating_editions, rating_explained, rating_jobs
from tests.procurement.organisations import CELL, SUPPLIER, Sessions, told
from tests.procurement.service.test_rating_editions import BUYERS

FIRST_DAY, MONTHS = date(2026, 1, 1), 3
EDITIONS = [datetime(2026, 2 + at, 1, 1, 30, tzinfo=UTC) for at in range(MONTHS)]
SETTLED, GROUP = 15, 10  # rules rating.edition.settled, rating.edition.group


@dataclass(frozen=True, slots=True)
class Said:
    """What a resident says on a day under a buyer; no level takes it back, an appeal suspends."""

    day: int
    resident: int
    buyer: int
    level: int | None
    is_suspended: bool = False

    @property
    def at(self) -> datetime:
        return datetime(2026, 1, 1, 4, tzinfo=UTC) + timedelta(days=self.day)


@st.composite
def histories(draw: st.DrawFn) -> list[Said]:
    """Some come together, some alone; some amend later, take it back, or are appealed against."""
    found: list[Said] = []
    crowds = st.tuples(st.integers(0, 30 * MONTHS - 20), st.integers(0, 1), st.integers(1, 14))
    for day, buyer, number in draw(st.lists(crowds, min_size=2, max_size=7)):
        levels = draw(st.lists(st.integers(1, 5), min_size=number, max_size=number))
        first = len({each.resident for each in found})
        found += [Said(day, first + at, buyer, level) for at, level in enumerate(levels)]
    for each in draw(st.lists(st.sampled_from(found), max_size=6)):
        later = each.day + draw(st.integers(1, 60))
        level = draw(st.sampled_from([None, 1, 5, each.level]))
        found.append(replace(each, day=later, level=level, is_suspended=draw(st.booleans())))
    return sorted(found, key=lambda each: each.day)


def rated_on(history: Sequence[Said]) -> dict[int, date]:
    """The day on which each resident first rated: an amendment keeps it."""
    days: dict[int, date] = {}
    for each in history:
        days.setdefault(each.resident, FIRST_DAY + timedelta(days=each.day))
    return days


def groups(history: Sequence[Said]) -> list[dict[int, int]]:
    """Who is heard together and with which level, edition by edition: each once for ever."""
    days, heard, found = rated_on(history), set[int](), []
    for edition in EDITIONS:
        standing = {each.resident: each for each in history if each.at < edition}
        until = edition.date() - timedelta(days=1 + SETTLED)
        waiting = [
            (each.buyer, resident, each.level)
            for resident, each in standing.items()
            if each.level is not None and not each.is_suspended
            if resident not in heard and days[resident] <= until
        ]
        for _, together in groupby(sorted(waiting, key=lambda one: one[:2]), lambda one: one[0]):
            group = {resident: level for _, resident, level in together}
            if len(group) >= GROUP:
                found.append(group)
                heard |= group.keys()
    return found


def otherwise(history: Sequence[Said], group: dict[int, int], one: int) -> list[Said]:
    """The same months where one resident of a group said something else all along."""
    swapped = {one: group[one] % 5 + 1}  # where all agree: this one did not
    for other, level in group.items():
        if level != group[one]:
            swapped = {one: level, other: group[one]}
    return [
        replace(each, level=swapped[each.resident])
        if each.resident in swapped and each.level == group[each.resident]
        else each
        for each in history
    ]


async def answers(session: AsyncSession, now: datetime) -> str:
    """All that the public is told of the supplier by every face, ids of rows left out."""
    rows = await ratings.of_provider(session, SUPPLIER, None)
    found: list[object] = [*rows, *await performance(session, SUPPLIER)]
    found += (await ratings.states(session, [row.id for row in rows])).values()
    for row in rows:
        found += await queries.grades(session, row.id, after=None, limit=50)
        cell = CELL._replace(dimension=row.dimension.value)
        found.append(await rating_explained.explain(session, cell, now.date(), now=now))
    plain = [
        each.model_dump(mode="json", exclude={"id"}) if isinstance(each, BaseModel) else each[:]  # type: ignore[index]
        for each in found
    ]
    return orjson.dumps(plain, default=str).decode()


@dataclass
class World:
    """What was told at every moment, and which groups were heard."""

    seen: list[str]
    heard: list[int]


async def lived(sessions: Sessions, history: Sequence[Said]) -> World:
    """The months as they pass: after each day of ratings the attacker reads; then it is undone."""
    ids = {each.resident: UUID(int=1 + each.resident) for each in history}
    days, waiting, seen = rated_on(history), list(history), list[str]()
    async with sessions() as world:
        await world.connection()
        for edition in EDITIONS:
            async with sessions.begin() as session:
                last = await answers(session, edition - timedelta(days=27))
            while waiting and waiting[0].at < edition:
                each = waiting.pop(0)
                await said(sessions, each, ids[each.resident], days[each.resident])
                if not waiting or waiting[0].day != each.day:
                    async with sessions.begin() as session:
                        now = edition - timedelta(days=27)
                        assert await answers(session, now) == last  # between two editions: nothing
            async with sessions.begin() as session:
                await rating_editions.publish_next(session, now=edition)
                seen.append(await answers(session, edition))
        async with sessions.begin() as session:
            g = tables.RatingGroup
            heard = [*await session.scalars(select(g.ratings).order_by(g.edition_on, g.buyer_id))]
        await world.rollback()
    return World(seen, heard)


async def said(sessions: Sessions, each: Said, source_id: UUID, on: date) -> None:
    """What feedback tells of one rating."""
    one: Told = told(source_id=source_id, buyer_id=BUYERS[each.buyer], happened_on=on)
    levels = {} if each.level is None else {D.OVERALL: each.level}
    one = replace(one, levels=levels, is_suspended=each.is_suspended)
    async with sessions.begin() as session:
        await evidence.record(session, [one], now=each.at)
        await rating_jobs.renew(
            session, await rating_jobs.counts.take_due(session, 1000), now=each.at
        )


@given(histories(), st.data())
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_who_keeps_every_answer_cannot_tell_what_a_resident_said(
    sessions: Sessions, history: list[Said], data: st.DataObject
) -> None:
    expected = groups(history)
    world = await lived(sessions, history)

    assert Counter(world.heard) == Counter(len(group) for group in expected)
    assert all(number >= SMALLEST_FIGURE for number in world.heard)
    if expected:
        group = data.draw(st.sampled_from(expected))
        one = data.draw(st.sampled_from(sorted(group)))
        other = otherwise(history, group, one)
        assert other != history
        assert (await lived(sessions, other)).seen == world.seen
