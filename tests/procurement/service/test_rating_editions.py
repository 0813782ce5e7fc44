"""Editions: what the public is told before and after a resident rates, and cannot work out."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from pydantic import BaseModel
from sqlalchemy import func, select, text

from common.auth.roles import Role
from common.contracts.procurement_ratings import EvidenceSource
from common.contracts.vocabulary import RatingDimension as D
from procurement import tables
from procurement.domain.evidence import Told
from procurement.queries import rating_editions as queries
from procurement.queries import ratings
from procurement.queries.track_records import performance
from procurement.usecases import evidence, rating_editions, rating_explained, rating_jobs
from tests.procurement.cases import PROVIDER
from tests.procurement.organisations import CELL, SUPPLIER, Sessions, provider_row, told
from tests.procurement.service.test_evidence import tie_row
from tests.procurement.tendering import Market

NOW = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
MAY = datetime(2026, 5, 1, 1, 30, tzinfo=UTC)
BUYERS = [UUID(f"01900000-0000-7000-8000-00000000b{n:03}") for n in range(3)]
PATH = f"/v1/providers/{PROVIDER}"
EDITIONS = "rating-editions"
EXPLAINED = f"{PATH}/ratings/explained?category=meal_service"


def group(levels: Sequence[int], buyer: UUID, on: date = date(2026, 3, 1)) -> list[Told]:
    """What the residents of one buyer said, in time for the edition of March."""
    return [told(level, buyer_id=buyer, happened_on=on) for level in levels]


def two_buyers() -> list[Told]:
    """Residents enough of two buyers."""
    return [each for buyer in BUYERS[:2] for each in group((5, 4) * 6, buyer)]


async def recorded(sessions: Sessions, said: Sequence[Told], now: datetime = EARLIER) -> None:
    async with sessions.begin() as session:
        await evidence.record(session, said, now=now)
        taken = await rating_jobs.counts.take_due(session, 1000)
        await rating_jobs.renew(session, taken, now=now)


async def published(sessions: Sessions, now: datetime = NOW) -> queries.Edition | None:
    async with sessions.begin() as session:
        return await rating_editions.publish_next(session, now=now)


async def public(sessions: Sessions, now: datetime = NOW) -> str:
    """All that the public is told of the supplier by every face, ids of rows left out."""
    async with sessions() as session:
        rows = await ratings.of_provider(session, SUPPLIER, None)
        found: list[Any] = [*rows, *await performance(session, SUPPLIER)]
        found += (await ratings.states(session, [row.id for row in rows])).values()
        for row in rows:
            found += await queries.grades(session, row.id, after=None, limit=50)
            cell = CELL._replace(dimension=row.dimension.value)
            for day in {NOW.date(), now.date()}:
                found.append(await rating_explained.explain(session, cell, day, now=now))
    plain = [
        each.model_dump(mode="json", exclude={"id"}) if isinstance(each, BaseModel) else each[:]
        for each in found
    ]
    return orjson.dumps(plain, default=str).decode()


async def in_world(sessions: Sessions, said: Sequence[Told], later: Sequence[Told] = ()) -> str:
    """All that the public is told, edition by edition, in a world that is then undone."""
    async with sessions() as world:
        await world.connection()
        await recorded(sessions, said)
        await published(sessions)
        seen = await public(sessions)
        await recorded(sessions, later, MAY - timedelta(hours=1))
        await published(sessions, MAY)
        seen += await public(sessions, MAY)
        await world.rollback()
    return seen


@pytest.mark.parametrize(
    ("levels", "other"),
    [
        ((5,) * 11, (1, *(5,) * 10)),  # all agree: the first one said the worst
        ((5, 4, 4, 3, 2, 5, 5, 4, 3, 1), (1, 4, 4, 3, 2, 5, 5, 4, 3, 5)),
        ((2, *(4,) * 9), (4, *(4,) * 8, 2)),
    ],
)
async def test_who_knows_all_editions_cannot_tell_what_one_resident_said(
    sessions: Sessions, levels: tuple[int, ...], other: tuple[int, ...]
) -> None:
    ids = [uuid4() for _ in levels]
    april = group((3, 5) * 5, BUYERS[0], date(2026, 4, 2))

    def world(said: Sequence[int]) -> list[Told]:
        days = [date(2026, 1, 1 + 5 * n % 31) for n in range(len(said))]
        each = zip(said, ids, days, strict=True)
        victim = [
            told(level, source_id=key, buyer_id=BUYERS[0], happened_on=day)
            for level, key, day in each
        ]
        return [*victim, *group((4, 5) * 6, BUYERS[1])]

    assert levels[0] != other[0]
    assert await in_world(sessions, world(levels), april) == await in_world(
        sessions, world(other), april
    )


async def test_nothing_public_moves_when_a_resident_rates_between_two_editions(
    sessions: Sessions, client: httpx.AsyncClient
) -> None:
    await recorded(sessions, two_buyers())
    await published(sessions)
    rows = (await client.get(f"{PATH}/ratings")).json()
    faces = [
        *(f"{PATH}/ratings", EXPLAINED, f"{PATH}/performance"),
        f"/v1/provider-ratings/{rows[0]['id']}/grades",
    ]
    before = [(await client.get(face)).text for face in faces]
    marks = await _marks(sessions)
    await recorded(sessions, group((1,), BUYERS[0]), NOW + timedelta(hours=1))
    await recorded(sessions, group((1,) * 30, BUYERS[2]), NOW + timedelta(hours=2))
    after = [(await client.get(face)).text for face in faces]

    assert rows[0]["ratings"] == 20
    assert after == before
    assert await _marks(sessions) == marks  # nor does the feed tell that something came


async def test_fewer_than_ten_wait_until_they_are_ten_and_are_heard_once(
    sessions: Sessions,
) -> None:
    nine = group((1,) * 9, BUYERS[2])
    await recorded(sessions, [*two_buyers(), *nine])
    await published(sessions)
    waiting = await public(sessions)
    kept = await _groups(sessions)
    tenth = group((2,), BUYERS[2], date(2026, 4, 3))
    changed = [told(1, source_id=two.source_id, buyer_id=BUYERS[0]) for two in two_buyers()[:1]]
    await recorded(sessions, [*tenth, *changed], MAY - timedelta(hours=1))
    await published(sessions, MAY)
    june = datetime(2026, 6, 2, tzinfo=UTC)
    await published(sessions, june)

    assert [(each.buyer_id, each.ratings) for each in kept] == [(b, 12) for b in BUYERS[:2]]
    assert [each.ratings for each in await _groups(sessions)] == [12, 12, 10]
    assert [each.levels for each in await _groups(sessions)][-1] == [10, 0, 0, 0, 0]
    assert await public(sessions, MAY) != waiting


async def test_what_was_said_of_a_rating_after_it_was_heard_is_in_the_exact_figures_alone(
    sessions: Sessions,
) -> None:
    said = two_buyers()
    await recorded(sessions, said)
    await published(sessions)
    amended = [told(1, source_id=said[0].source_id, buyer_id=BUYERS[0])]
    await recorded(sessions, amended, MAY - timedelta(days=3))
    await recorded(sessions, group((5,) * 10, BUYERS[0], date(2026, 4, 1)), MAY - timedelta(days=3))
    await published(sessions, MAY)

    assert [each.ratings for each in await _groups(sessions)] == [12, 12, 10]


async def test_the_public_figures_are_those_of_their_evidence_and_stand_on_any_later_day(
    sessions: Sessions, client: httpx.AsyncClient
) -> None:
    await recorded(sessions, two_buyers())
    edition = await published(sessions)
    again = await published(sessions, NOW + timedelta(days=3))
    (row,) = (await client.get(f"{PATH}/ratings")).json()
    told_then = (await client.get(f"{EXPLAINED}&as_of=2026-04-02")).json()
    untold = await client.get(f"{EXPLAINED}&as_of=2026-03-31")
    (grade,) = (await client.get(f"/v1/provider-ratings/{row['id']}/grades")).json()["items"]
    (line,) = (await client.get(f"{PATH}/performance")).json()

    assert edition is not None
    assert (edition.until_on, edition.settled_on) == (date(2026, 3, 31), date(2026, 3, 16))
    assert again is None
    names = ("level", "expected", "lower_bound", "upper_bound", "ratings", "effective_ratings")
    assert [told_then[name] for name in names] == [row[name] for name in names]
    assert (row["level"], row["ratings"], row["as_of_on"]) == (4, 20, "2026-03-31")
    assert all(round(row[name] * 20, 6).is_integer() for name in names[1:4])
    assert [(each["evidence"], each["is_related"]) for each in told_then["shares"]] == [
        (10, False),
        (10, False),
    ]
    assert (untold.status_code, untold.json()["type"]) == (404, "not-found")
    assert (grade["level"], grade["lower_bound"]) == (4, row["lower_bound"])
    assert (line["source"], line["pieces"], line["mean_level"]) == ("rating", 20, 4.5)


async def test_exact_figures_are_for_supervisors_and_for_nobody_else(
    sessions: Sessions,
    client: httpx.AsyncClient,
    bearer: Callable[..., dict[str, str]],
    provider: dict[str, str],
    clerk: dict[str, str],
) -> None:
    await recorded(sessions, [*two_buyers(), *group((1,), BUYERS[2])])
    await published(sessions)
    (row,) = (await client.get(f"{PATH}/ratings")).json()
    faces = [
        f"{PATH}/ratings/exact",
        f"{PATH}/ratings/recomputed?category=meal_service&as_of=2026-04-01",
        f"/v1/provider-ratings/{row['id']}/grades/exact",
    ]
    office = bearer(Role.DISTRICT_OFFICE, area="310101", line="*")
    found = [(await client.get(face, headers=office)).json() for face in faces]
    refused = [
        (await client.get(face, headers=header)).status_code
        for face in faces
        for header in ({}, provider, clerk, bearer(Role.PORTAL_APP))
    ]

    assert (row["ratings"], found[0][0]["ratings"], found[1]["ratings"]) == (20, 25, 25)
    assert found[0][0]["expected"] == found[1]["expected"] != row["expected"]
    assert [each["level"] for each in found[2]["items"]] == [4]
    assert set(refused) <= {401, 403}


async def test_a_buyer_that_turns_out_to_be_partial_weighs_nothing_in_the_next_edition(
    sessions: Sessions,
) -> None:
    third = group((1,) * 12, BUYERS[2])
    await recorded(sessions, [*two_buyers(), *third])
    await published(sessions)
    async with sessions.begin() as session:
        session.add(provider_row(NOW))
        await session.flush()
        session.add(tie_row(NOW, None, organisation_id=BUYERS[2]))
        await session.flush()
        await evidence.weigh(session, SUPPLIER, now=NOW + timedelta(days=2))
    await published(sessions, MAY)
    async with sessions() as session:
        by_edition = select(tables.ReleasedRating.buyers).order_by(tables.ReleasedRating.edition_on)
        buyers = [*await session.scalars(by_edition)]

    assert buyers == [3, 2]


async def test_what_few_users_said_at_an_acceptance_is_in_no_edition(sessions: Sessions) -> None:
    said = told(
        1, source=EvidenceSource.ACCEPTANCE, buyer_id=BUYERS[0], happened_on=date(2026, 1, 5)
    )
    heard = two_buyers()
    without = await in_world(sessions, heard)
    await recorded(sessions, [said], NOW - timedelta(days=40))
    seen = await in_world(sessions, heard)

    assert seen == without


async def test_a_second_dimension_has_groups_of_its_own(sessions: Sessions) -> None:
    levels = {D.OVERALL: 5, D.ATTITUDE: 3}
    said = [
        told(levels=levels, buyer_id=buyer, happened_on=date(2026, 3, 1))
        for buyer in BUYERS
        for _ in range(10)
    ]
    await recorded(sessions, said)
    await published(sessions)
    async with sessions() as session:
        rows = await ratings.of_provider(session, SUPPLIER, "meal_service")

    assert {row.dimension: row.ratings for row in rows} == {D.OVERALL: 30, D.ATTITUDE: 30}


async def test_an_edition_may_have_nothing_to_tell(sessions: Sessions) -> None:
    few = group((5,) * 9, BUYERS[0])
    await recorded(sessions, few)  # providers there are, and residents wait
    edition = await published(sessions)
    async with sessions() as session:
        (listed, *_) = await queries.published(session, before=None, limit=1)

    assert edition is not None
    assert (listed.until_on, listed.changed) == (edition.until_on, 0)


async def test_an_edition_never_comes_after_a_later_one(sessions: Sessions) -> None:
    await recorded(sessions, two_buyers())
    later = await published(sessions, MAY)
    missed = await published(sessions, NOW)
    async with sessions() as session:
        (row,) = await ratings.of_provider(session, SUPPLIER, None)

    assert later is not None
    assert missed is None
    assert (row.as_of_on, row.ratings) == (later.until_on, 20)


async def test_only_the_period_that_is_over_is_published_and_only_by_the_city(
    sessions: Sessions, market: Market
) -> None:
    await published(sessions, datetime(2026, 2, 1, 1, 30, tzinfo=UTC))
    faults = {"2026-01-31": 409, "2025-12-31": 409, "2026-03-31": 422, "2026-02-15": 422}
    found = {
        day: await market.post(market.city, EDITIONS, {"until_on": day}, status=status)
        for day, status in faults.items()
    }
    for nobody in (market.district, market.head, market.bearer(Role.AUDITOR)):
        await market.post(nobody, EDITIONS, {"until_on": "2026-02-28"}, status=403)

    assert {day: each["type"] for day, each in found.items()} == {
        "2026-01-31": "edition-published",
        "2025-12-31": "edition-published",
        "2026-03-31": "not-the-newest-period",
        "2026-02-15": "not-the-newest-period",
    }
    assert "2026-02-28" in found["2026-03-31"]["errors"][0]["message"]


async def test_everybody_reads_which_editions_there_are_and_how_much_each_changed(
    sessions: Sessions, market: Market
) -> None:
    await recorded(sessions, two_buyers())
    await published(sessions)
    await published(sessions, MAY)
    first = await market.get({}, f"{EDITIONS}?limit=1")
    rest = await market.get({}, f"{EDITIONS}?after={first['next']}")
    told = [(each["until_on"], each["settled_on"]) for each in (*first["items"], *rest["items"])]

    assert told == [("2026-04-30", "2026-04-15"), ("2026-03-31", "2026-03-16")]
    assert [each["changed"] for each in rest["items"]] == [1]
    assert rest["next"] is None


async def _groups(sessions: Sessions) -> list[tables.RatingGroup]:
    g = tables.RatingGroup
    async with sessions() as session:
        return [*await session.scalars(select(g).order_by(g.edition_on, g.buyer_id))]


async def _marks(sessions: Sessions) -> int:
    async with sessions() as session:
        found = select(func.count()).select_from(text("feed_outbox"))
        return int(await session.scalar(found.where(text("kind = 'provider_rating'"))) or 0)


async def test_who_publishes_without_a_key_is_asked_for_one(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    headers = bearer(Role.CITY_OFFICE, area="31", line="*")
    answer = await client.post(f"/v1/{EDITIONS}", json={"until_on": "2026-03-31"}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"
