"""What nobody tells of: the provider is asked, the referral ends, and may be told late."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.auth.actor import Actor
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.matching import ReferralStatus
from common.contracts.matching_referrals import AnswerIn
from common.db import Database, database
from common.errors import Problem
from matching import worker
from matching.queries import referrals as queries
from matching.usecases import referrals, untold
from tests.harness import Urls
from tests.matching.cases import (
    PROVIDER,
    Sessions,
    at,
    key,
    moved,
    places,
    published,
    refer,
    referred,
    seen,
    step,
    tomorrow,
)

Header = dict[str, str]
WEEK, MONTH = timedelta(days=8), timedelta(days=30)


async def accepted(
    client: httpx.AsyncClient, provider: Header, resident: Header, offering: UUID, **more: Any
) -> dict[str, Any]:
    """A referral for today that its provider has accepted."""
    made = await referred(client, resident, offering, session_on=tomorrow(0), **more)
    taken = await step(client, provider, made, "answer", status="accepted")
    found: dict[str, Any] = taken.json()
    return found


async def asked(sessions: Sessions, now: datetime) -> int:
    async with sessions.begin() as session:
        return await untold.remind(session, now=now, limit=10)


async def ended(sessions: Sessions, now: datetime) -> int:
    async with sessions() as session:
        found = await untold.to_end(session, now=now, limit=10)
    for each in found:
        async with sessions.begin() as session:
            await untold.end(session, each, now=now)
    return len(found)


@pytest.fixture
async def silent(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> dict[str, Any]:
    """A referral that ended untold."""
    referral = await accepted(client, provider, resident, await published(sessions, capacity=1))
    await asked(sessions, utc_now() + WEEK)
    await ended(sessions, utc_now() + WEEK + MONTH)
    found: dict[str, Any] = await seen(client, resident, referral)
    return found


async def need_of(client: httpx.AsyncClient, header: Header, referral: dict[str, Any]) -> Any:
    return (await client.get(f"/v1/needs/{referral['need_id']}", headers=header)).json()


async def say(
    client: httpx.AsyncClient, header: Header, referral: dict[str, Any], *, is_served: bool
) -> httpx.Response:
    return await client.post(
        f"/v1/referrals/{referral['id']}/word",
        json={"is_served": is_served},
        headers={**header, **key(), **at(referral["version"])},
    )


async def test_the_provider_is_asked_once_and_only_after_the_period(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    daily = await accepted(client, provider, resident, await published(sessions))
    yearly = await published(sessions, capacity_period="year")
    await accepted(client, provider, resident, yearly)

    early = await asked(sessions, utc_now() + timedelta(days=7))
    first = await asked(sessions, utc_now() + WEEK)
    again = await asked(sessions, utc_now() + WEEK)
    listed = await client.get("/v1/referrals", params={"reminded": "true"}, headers=provider)

    assert (early, first, again) == (0, 1, 0)
    assert [each["id"] for each in listed.json()["items"]] == [daily["id"]]
    async with sessions() as session:
        [state] = (await queries.states(session, [UUID(daily["id"])])).values()
    assert state.reminded_at is not None


async def test_it_ends_three_weeks_after_the_reminder_with_its_place_taken_and_its_need_open(
    client: httpx.AsyncClient, resident: Header, provider: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    referral = await accepted(client, provider, resident, offering)
    unasked = await ended(sessions, utc_now() + MONTH)
    await asked(sessions, utc_now() + WEEK)
    early = await ended(sessions, utc_now() + WEEK + timedelta(days=20))
    late = await ended(sessions, utc_now() + WEEK + timedelta(days=22))
    shown = await seen(client, provider, referral)
    listed = await client.get("/v1/referrals", params={"status": "untold"}, headers=provider)

    assert (unasked, early, late) == (0, 0, 1)
    assert (shown["status"], shown["served_at"]) == ("untold", None)
    assert shown["untold_at"] is not None
    assert (await places(client, clerk, offering))[0]["taken"] == 1
    assert (await need_of(client, resident, referral))["status"] == "open"
    assert [each["id"] for each in listed.json()["items"]] == [referral["id"]]


async def test_what_is_told_meanwhile_does_not_end(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    referral = await accepted(client, provider, resident, await published(sessions))
    await asked(sessions, utc_now() + WEEK)
    now_as = await seen(client, provider, referral)
    async with sessions() as session:
        found = await untold.to_end(session, now=utc_now() + WEEK + MONTH, limit=10)
    await step(client, provider, now_as, "answer", status="served")
    async with sessions.begin() as session:
        await untold.end(session, found[0], now=utc_now() + WEEK + MONTH)

    shown = await seen(client, provider, referral)
    assert (len(found), shown["status"], shown["untold_at"]) == (1, "served", None)


async def test_the_provider_tells_late_and_the_need_was_served_after_all(
    client: httpx.AsyncClient, silent: dict[str, Any], resident: Header, provider: Header
) -> None:
    told = await step(client, provider, silent, "answer", status="served")

    assert (told.status_code, told.json()["status"]) == (200, "served")
    assert told.json()["untold_at"] is not None
    assert (await need_of(client, resident, silent))["status"] == "served"


async def test_nobody_came_told_late_gives_the_place_back_and_leaves_the_need_open(
    client: httpx.AsyncClient,
    silent: dict[str, Any],
    resident: Header,
    provider: Header,
    clerk: Header,
) -> None:
    told = await step(client, provider, silent, "answer", status="no_show")
    slot = await places(client, clerk, UUID(silent["offering_id"]))

    assert (told.json()["status"], slot[0]["taken"]) == ("no_show", 0)
    assert (await need_of(client, resident, silent))["status"] == "open"


async def test_a_need_that_goes_on_elsewhere_is_not_served_by_what_is_told_late(
    client: httpx.AsyncClient,
    silent: dict[str, Any],
    resident: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    need = await need_of(client, resident, silent)
    await refer(client, resident, need, await published(sessions))
    told = await step(client, provider, silent, "answer", status="served")

    assert told.json()["status"] == "served"
    assert (await need_of(client, resident, silent))["status"] == "referred"


async def test_the_resident_says_that_it_was_served_and_may_rate_it(
    client: httpx.AsyncClient, silent: dict[str, Any], resident: Header, neighbour: Header
) -> None:
    stranger = await say(client, neighbour, silent, is_served=True)
    said = await say(client, resident, silent, is_served=True)
    again = await say(client, resident, said.json(), is_served=False)

    assert stranger.status_code == 404
    assert (said.json()["status"], said.json()["is_served_says_resident"]) == ("served", True)
    assert said.json()["served_at"] is not None
    assert (again.status_code, again.json()["type"]) == (409, "word-given")


async def test_the_resident_says_that_nothing_was_served_and_the_provider_cannot_say_otherwise(
    client: httpx.AsyncClient, silent: dict[str, Any], resident: Header, provider: Header
) -> None:
    said = await say(client, resident, silent, is_served=False)
    claimed = await step(client, provider, said.json(), "answer", status="served")
    away = await step(client, provider, said.json(), "answer", status="no_show")

    assert (said.json()["status"], said.json()["is_served_says_resident"]) == ("untold", False)
    assert (claimed.status_code, claimed.json()["type"]) == (409, "resident-says-otherwise")
    assert away.json()["status"] == "no_show"


async def test_nobody_says_anything_of_what_is_still_under_way(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    referral = await accepted(client, provider, resident, await published(sessions))
    said = await say(client, resident, referral, is_served=True)

    assert (said.status_code, said.json()["type"]) == (409, "word-given")


@pytest.fixture
async def unanswered(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> dict[str, Any]:
    """A hold for today that nobody answered in time; another has its place."""
    offering = await published(sessions, capacity=1)
    referral = await referred(client, resident, offering, session_on=tomorrow(0))
    async with sessions.begin() as session:
        await referrals.release(session, UUID(referral["id"]), now=utc_now())
    await referred(client, resident, offering, session_on=tomorrow(0))
    found: dict[str, Any] = await seen(client, resident, referral)
    return found


async def told(sessions: Sessions, referral: dict[str, Any], by: Actor, now: datetime) -> str:
    """What becomes of it when its provider tells that it was served."""
    said = AnswerIn(status=ReferralStatus.SERVED)
    version = referral["version"]
    try:
        async with sessions.begin() as session:
            row = await referrals.answer(
                session, UUID(referral["id"]), said, version=version, by=by, now=now
            )
    except Problem as refusal:
        return refusal.slug
    return row.status


async def test_what_was_given_although_its_hold_ran_out_is_told_late_and_counted(
    client: httpx.AsyncClient,
    unanswered: dict[str, Any],
    resident: Header,
    provider: Header,
    clerk: Header,
) -> None:
    served = await step(client, provider, unanswered, "answer", status="served")
    slot = (await places(client, clerk, UUID(unanswered["offering_id"])))[0]

    assert (unanswered["status"], served.json()["status"]) == ("expired", "served")
    assert served.json()["expired_at"] == unanswered["expired_at"]
    assert (await need_of(client, resident, unanswered))["status"] == "served"
    assert (slot["taken"], slot["over_committed"]) == (2, 1)


async def test_a_need_that_was_found_unmet_meanwhile_was_served_after_all(
    client: httpx.AsyncClient,
    unanswered: dict[str, Any],
    resident: Header,
    provider: Header,
    clerk: Header,
) -> None:
    need = await need_of(client, clerk, unanswered)
    unmet = await moved(client, clerk, need, "unmet", reason="not_eligible", rule="age_min")
    served = await step(client, provider, unanswered, "answer", status="served")
    after = await need_of(client, clerk, unanswered)

    assert (unmet.json()["status"], served.json()["status"]) == ("unmet", "served")
    assert (after["status"], after["served_at"]) == ("served", served.json()["served_at"])
    assert [after[each] for each in ("unmet_at", "unmet_reason", "unmet_rule")] == [None] * 3


async def test_places_that_are_counted_by_another_period_by_now_are_found(
    client: httpx.AsyncClient,
    unanswered: dict[str, Any],
    provider: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    offering = UUID(unanswered["offering_id"])
    await published(sessions, offering, capacity=9, capacity_period="year")
    served = await step(client, provider, unanswered, "answer", status="served")

    assert served.json()["status"] == "served"
    assert [row["taken"] for row in await places(client, clerk, offering)] == [2]


@pytest.mark.parametrize(("days", "becomes"), [(28, "served"), (29, "too-late")])
async def test_a_hold_that_ran_out_is_told_as_long_as_what_was_accepted_is_waited_for(
    unanswered: dict[str, Any], actor: Any, sessions: Sessions, days: int, becomes: str
) -> None:
    by = actor(Role.PROVIDER, org=UUID(PROVIDER))
    now = utc_now() + timedelta(days=days)

    assert await told(sessions, unanswered, by, now) == becomes


async def test_who_only_waited_was_not_served(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    await referred(client, resident, offering, session_on=tomorrow(0))
    waits = await referred(client, resident, offering, session_on=tomorrow(0), wait=True)
    async with sessions.begin() as session:
        await referrals.release(session, UUID(waits["id"]), now=utc_now())
    over = await seen(client, resident, waits)
    refused = await step(client, provider, over, "answer", status="served")

    assert (over["status"], refused.json()["type"]) == ("expired", "referral-cannot-move")


async def test_of_a_hold_that_ran_out_the_resident_says_only_that_nothing_was_served(
    client: httpx.AsyncClient, unanswered: dict[str, Any], resident: Header, provider: Header
) -> None:
    praised = await say(client, resident, unanswered, is_served=True)
    denied = await say(client, resident, unanswered, is_served=False)
    claimed = await step(client, provider, denied.json(), "answer", status="served")

    assert (praised.status_code, praised.json()["type"]) == (409, "word-given")
    assert (denied.json()["status"], denied.json()["is_served_says_resident"]) == ("expired", False)
    assert (claimed.status_code, claimed.json()["type"]) == (409, "resident-says-otherwise")


@pytest.mark.parametrize(("days", "becomes"), [(3, "served"), (4, "too-late")])
async def test_a_no_show_told_by_mistake_is_corrected_within_days(
    client: httpx.AsyncClient,
    resident: Header,
    provider: Header,
    clerk: Header,
    actor: Any,
    sessions: Sessions,
    days: int,
    becomes: str,
) -> None:
    offering = await published(sessions, capacity=1)
    referral = await accepted(client, provider, resident, offering)
    wrong = await step(client, provider, referral, "answer", status="no_show")
    by = actor(Role.PROVIDER, org=UUID(PROVIDER))
    found = await told(sessions, wrong.json(), by, utc_now() + timedelta(days=days))

    is_served = becomes == "served"
    assert found == becomes
    assert (await places(client, clerk, offering))[0]["taken"] == int(is_served)
    need = await need_of(client, resident, referral)
    assert need["status"] == ("served" if is_served else "open")


@pytest.fixture
async def many(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=4) as opened:
        yield opened


async def test_the_clockwork_asks_and_ends_by_itself_and_its_plans_use_the_indexes(
    many: Database,
) -> None:
    assert await worker.ask(many, now=utc_now()) == 0
    async with many.sessions() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plans = [
            "\n".join(await session.scalars(text(f"EXPLAIN {statement}")))
            for statement in (
                "SELECT id FROM referral WHERE referral.status = 'accepted'"
                " AND referral.reminded_at IS NULL AND session_on < '2026-01-01'"
                " ORDER BY reminded_at, session_on, id LIMIT 200",
                "SELECT id FROM referral WHERE status = 'accepted' AND reminded_at IS NOT NULL"
                " AND reminded_at < now() ORDER BY reminded_at, session_on, id LIMIT 200",
            )
        ]
    for plan in plans:
        assert "ix_referral_accepted" in plan
        assert "Sort" not in plan
