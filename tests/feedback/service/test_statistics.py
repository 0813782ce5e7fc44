"""Figures through the API: released once a period, for ever; a body's own for its superiors."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.clock import city_day, utc_now
from feedback import tables, worker
from feedback.usecases import bad_ratings
from tests.feedback.cases import BODY, known_bodies, raised, stepped
from tests.feedback.rated import rated, rating, released_every
from tests.feedback.served import PROVIDER, Sessions

Header = dict[str, str]
SUMMER = datetime(2026, 6, 1, 4, tzinfo=UTC)
SMALL = "01900000-0000-7000-8000-0000000000aa"
OTHER = "01900000-0000-7000-8000-0000000000bb"
THIRD = "01900000-0000-7000-8000-0000000000cc"


@pytest.fixture
async def city(sessions: Sessions) -> Sessions:
    """A quarter of ratings: one body of many, one of some, one of few, one in another town."""
    await rated(sessions, *(rating(PROVIDER, 5 - number // 30) for number in range(60)))
    await rated(sessions, *(rating(SMALL, 4) for _ in range(4)))
    await rated(sessions, *(rating(THIRD, 5) for _ in range(12)))
    await rated(sessions, *(rating(OTHER, 3, area_code="310101003000") for _ in range(40)))
    await rated(sessions, *(rating(PROVIDER, 5, "default") for _ in range(20)))
    await worker.add_up(sessions)
    return sessions


async def test_a_period_is_released_when_its_ratings_can_change_no_more(
    client: httpx.AsyncClient, city: Sessions
) -> None:
    last = datetime(2026, 3, 31, 4, tzinfo=UTC) + timedelta(days=45)

    assert await worker.release_all(city, now=last) == 0
    assert (await client.get("/v1/statistics/ratings")).status_code == 404
    assert await worker.release_all(city, now=last + timedelta(days=1)) == 1
    assert await worker.release_all(city, now=last + timedelta(days=1)) == 0
    [release] = (await client.get("/v1/statistics/releases")).json()["items"]

    assert (release["from_on"], release["until_on"]) == ("2026-01-01", "2026-03-31")


async def test_a_figure_has_its_number_response_interval_and_prior_and_the_few_have_none(
    client: httpx.AsyncClient, city: Sessions
) -> None:
    await worker.release_all(city, now=SUMMER)
    answer = await client.get("/v1/statistics/ratings", params={"subject": "provider"})
    told = {each["key"]: each for each in answer.json()["items"]}
    much, few = told[PROVIDER], told[SMALL]

    assert answer.headers["Cache-Control"].startswith("public")
    assert few["ratings"] is None
    assert few["score"] is few["satisfied_share"] is few["response_share"] is few["band"] is None
    assert told[THIRD]["ratings"] is None  # the smallest that keeps the few from being worked out
    assert told[OTHER]["ratings"] == 40
    assert (much["ratings"], much["band"], much["satisfied_share"]) == (60, 1, 1.0)
    assert much["response_share"] == pytest.approx(0.75)  # default praise is no response
    assert much["lower_bound"] < much["score"] < much["upper_bound"]
    assert min(much["prior_mean"], 0.875) < much["score"] < max(much["prior_mean"], 0.875)


async def test_what_comes_late_moves_no_released_figure(
    client: httpx.AsyncClient, city: Sessions
) -> None:
    await worker.release_all(city, now=SUMMER)
    before = (await client.get("/v1/statistics/ratings")).json()
    await rated(city, rating(PROVIDER, 1), *(rating(SMALL, 1) for _ in range(9)))
    await worker.add_up(city)

    assert await worker.release_all(city, now=SUMMER) == 0
    assert (await client.get("/v1/statistics/ratings")).json() == before


async def test_where_periods_become_longer_none_tells_of_a_month_twice(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    """A quarter that began before the rule would tell what is left of it by subtraction."""
    for month in range(1, 7):
        few = [rating(PROVIDER, 5, served_on=date(2026, month, 10)) for _ in range(12)]
        await rated(sessions, *few)
    await worker.add_up(sessions)
    await released_every(sessions, 2)
    await worker.release_all(sessions, now=datetime(2026, 6, 20, 4, tzinfo=UTC))
    await released_every(sessions, 3)
    await worker.release_all(sessions, now=datetime(2026, 9, 1, 4, tzinfo=UTC))
    told = (await client.get("/v1/statistics/releases")).json()["items"]

    assert [(each["from_on"], each["until_on"]) for each in told[::-1]] == [
        ("2026-01-01", "2026-02-28"),
        ("2026-03-01", "2026-04-30"),
        ("2026-05-01", "2026-06-30"),
    ]


async def test_the_database_itself_holds_releases_apart_and_unchanged(city: Sessions) -> None:
    await worker.release_all(city, now=SUMMER)
    refused = (
        "INSERT INTO statistics_release SELECT gen_random_uuid(), date '2026-03-01',"
        " date '2026-05-31', rank_minimum, published_at FROM statistics_release",
        "UPDATE figure SET ratings = 1",
        "DELETE FROM figure",
        "UPDATE statistics_release SET until_on = date '2026-04-30'",
    )
    for statement in refused:
        with pytest.raises(IntegrityError, match=r"apart|only grows"):
            async with city.begin() as session:
                await session.execute(text(statement))


async def test_no_figure_is_told_while_a_count_of_its_period_is_under_way(city: Sessions) -> None:
    await rated(city, rating(PROVIDER, 1))

    assert await worker.release_all(city, now=SUMMER) == 0


async def test_figures_are_paged_by_category_subject_and_key(
    client: httpx.AsyncClient, city: Sessions
) -> None:
    await worker.release_all(city, now=SUMMER)
    whole = (await client.get("/v1/statistics/ratings")).json()["items"]
    walked: list[Any] = []
    after: str | None = None
    while True:
        asked = {"limit": "2"} | ({"after": after} if after else {})
        found = (await client.get("/v1/statistics/ratings", params=asked)).json()
        walked += found["items"]
        after = found["next"]
        if after is None:
            break

    assert walked == whole
    assert len(whole) == 4 + 2 + 1 + 1


async def test_superiors_see_channels_apart_and_both_means(
    client: httpx.AsyncClient, head: Header, other_street: Header, city: Sessions
) -> None:
    await rated(city, *(rating(PROVIDER, 5, "staff_device") for _ in range(12)))
    await rated(city, *(rating(PROVIDER, 1, is_counted=False) for _ in range(6)))
    await worker.add_up(city)
    asked = {"from_on": "2026-01-01", "until_on": "2026-03-31"}
    path = f"/v1/statistics/bodies/{PROVIDER}"

    told = (await client.get(path, params=asked, headers=head)).json()
    clerk = await client.get(path, params=asked, headers=other_street)

    assert clerk.status_code == 403
    assert (told["ratings"], told["default_praise"], told["excluded_on_appeal"]) == (72, 20, 6)
    assert told["mean_with_excluded"] < told["mean_score"]
    assert [each["channel"] for each in told["channels"]] == ["self", "staff_device"]
    assert told["device_uplift"] == pytest.approx(1 - 0.875)
    assert (told["bad_ratings"], told["called_back_share"]) == (0, None)


async def test_what_need_not_be_verified_yet_was_not_verified_late(
    client: httpx.AsyncClient, head: Header, city: Sessions
) -> None:
    fresh, old = rating(PROVIDER, 1), rating(PROVIDER, 1)
    await rated(city, fresh, old)
    asked = {"from_on": "2026-01-01", "until_on": "2026-03-31"}
    shares = []
    for row, opened_at in ((fresh, utc_now()), (old, old.rated_at)):
        async with city.begin() as session:
            await bad_ratings.open_if_bad(session, row, now=opened_at)
        path = f"/v1/statistics/bodies/{PROVIDER}"
        told = (await client.get(path, params=asked, headers=head)).json()
        shares.append((told["bad_ratings"], told["verified_in_time_share"]))

    assert shares == [(1, None), (2, 0)]


async def test_the_plan_of_a_bodys_figures_is_an_index(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.scalars(
            text(
                "EXPLAIN SELECT channel, level, is_counted, sum(count) FROM tally"
                " WHERE provider_id = :id AND month_on BETWEEN :day AND :day GROUP BY 1, 2, 3"
            ),
            {"id": UUID(PROVIDER), "day": city_day(SUMMER)},
        )

    assert "uq_tally_key" in " ".join(plan)


async def test_superiors_see_how_the_cases_of_a_body_fare(
    client: httpx.AsyncClient, resident: Header, body: Header, head: Header, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    for verdict in ("confirmed", "reopened", None):
        case = await raised(client, resident)
        answer = {"status": "fixed", "words": "已安排专人配送", "is_upheld": True}
        fixed = await stepped(client, body, case, "status", **answer)
        if verdict is not None:
            words = {"words": "今天仍未送到"} if verdict == "reopened" else {}
            await stepped(client, resident, fixed, "verdict", status=verdict, **words)
    late = await raised(client, resident)
    await stepped(client, resident, await raised(client, resident), "verdict", status="withdrawn")
    today = city_day(utc_now()).isoformat()

    async def figures() -> dict[str, Any]:
        asked = {"from_on": today, "until_on": today}
        path = f"/v1/statistics/bodies/{BODY}"
        found: dict[str, Any] = (await client.get(path, params=asked, headers=head)).json()
        return found

    told = await figures()
    async with sessions.begin() as session:
        row = await session.get_one(tables.Case, late["id"])
        row.due_at = row.received_at
    once_due = await figures()
    async with sessions.begin() as session:
        row = await session.get_one(tables.Case, late["id"])
        row.status, row.escalates_at = "paused", None
    while_paused = await figures()

    assert told["cases"] == 4  # the withdrawn one is none
    assert told["cases_answered_share"] == 1  # the reopened one was, too; one is not due yet
    assert once_due["cases_answered_share"] == pytest.approx(3 / 4)
    assert while_paused["cases_answered_share"] == 1
    assert told["cases_solved_share"] == pytest.approx(1 / 4)
    assert told["cases_content_share"] == pytest.approx(1 / 2)


@pytest.mark.parametrize("is_first_late", [False, True])
async def test_a_second_answer_changes_nothing_about_whether_the_first_was_in_time(
    client: httpx.AsyncClient,
    resident: Header,
    body: Header,
    head: Header,
    sessions: Sessions,
    *,
    is_first_late: bool,
) -> None:
    async def run_out() -> None:
        async with sessions.begin() as session:
            await session.execute(text("UPDATE case_order SET due_at = now() - interval '20 days'"))

    await known_bodies(sessions)
    answer = {"status": "fixed", "words": "已安排专人配送", "is_upheld": True}
    case = await raised(client, resident)
    if is_first_late:
        await run_out()
    fixed = await stepped(client, body, case, "status", **answer)
    anew = await stepped(client, resident, fixed, "verdict", status="reopened", words="又未送到")
    if not is_first_late:
        await run_out()
    again = await stepped(client, body, anew, "status", **answer)
    await stepped(client, resident, again, "verdict", status="confirmed")
    today = city_day(utc_now()).isoformat()
    asked = {"from_on": today, "until_on": today}
    told = (await client.get(f"/v1/statistics/bodies/{BODY}", params=asked, headers=head)).json()
    file = (await client.get(f"/v1/cases/{case['id']}", headers=head)).json()

    assert told["cases_answered_share"] == (0 if is_first_late else 1)
    assert (told["cases_solved_share"], told["cases_content_share"]) == (1, 0)
    assert file["is_answered_in_time"] is not is_first_late
    assert file["first_answered_at"] == fixed["fixed_at"]
