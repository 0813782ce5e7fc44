"""Referrals through the API: held, answered, awaited, handed over; places always add up."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from tests.matching.cases import (
    PROVIDER,
    Sessions,
    moved,
    places,
    published,
    raised,
    refer,
    referred,
    seen,
    step,
    tomorrow,
    venue,
)

Header = dict[str, str]
MORNING: dict[str, Any] = {
    "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "09:00", "closes": "10:00"}],
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "09:00", "closes": "10:00"}],
}


async def test_a_referral_holds_a_place_and_moves_the_need(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions)
    made = await referred(client, resident, offering)
    need = (await client.get(f"/v1/needs/{made['need_id']}", headers=resident)).json()

    assert (made["status"], made["places"], made["price_fen"]) == ("held", 1, 1200)
    assert made["number"].startswith("ZJ")
    assert made["provider_id"] == PROVIDER
    assert made["hold_expires_at"]
    assert (need["status"], need["referred_at"]) == ("referred", made["made_at"])
    assert (await places(client, clerk, offering))[0]["taken"] == 1


async def test_when_no_place_is_left_the_answer_is_full(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=2)
    await referred(client, resident, offering, places=2)
    need = await raised(client, resident)

    full = await refer(client, resident, need, offering)
    another_day = await refer(client, resident, need, offering, session_on=tomorrow(2))

    assert (full.status_code, full.json()["type"]) == (409, "offering-full")
    assert another_day.status_code == 201
    assert [row["taken"] for row in await places(client, clerk, offering)] == [2, 1]


async def test_places_of_a_week_are_one_count_for_its_days(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity_period="year", capacity=2)
    for days in (1, 1):
        await referred(client, resident, offering, session_on=tomorrow(days))
    full = await refer(client, resident, await raised(client, resident), offering)
    rows = await places(client, clerk, offering)

    assert full.json()["type"] == "offering-full"
    assert [(row["period"], row["taken"]) for row in rows] == [("year", 2)]


async def test_a_session_of_the_day_has_its_own_places(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity_period="session", capacity=1)
    for session in ("09:00", "14:00"):
        await referred(client, resident, offering, session=session)

    rows = await places(client, clerk, offering)

    assert [(row["session"], row["taken"]) for row in rows] == [("09:00", 1), ("14:00", 1)]


@pytest.mark.parametrize("period", ["day", "at_once", "session"])
@pytest.mark.parametrize("whose", ["offering", "venue", "both"])
async def test_nobody_is_referred_to_a_day_on_which_the_offering_is_closed(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, period: str, whose: str
) -> None:
    """By its own hours, its venue's where it has none, both where it happens only there."""
    hours = {**MORNING, "exceptions": [{"on": tomorrow(), "note": "盘点", "hours": []}]}
    counted: dict[str, Any] = {"capacity_period": period, "channels": ["on_site"]}
    if whose != "venue":
        counted["schedule"] = hours if whose == "offering" else MORNING
    if whose != "offering":
        counted["venue"] = await venue(sessions, hours)
    offering = await published(sessions, **counted)
    at = {"session": "09:00"} if period == "session" else {}

    refused = await refer(client, resident, await raised(client, resident), offering, **at)
    await referred(client, resident, offering, session_on=tomorrow(2), **at)

    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [
        "/session" if at else "/session_on"
    ]


async def test_what_also_comes_to_people_outlives_its_venue_s_day(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    shut = {**MORNING, "exceptions": [{"on": tomorrow(), "note": "盘点", "hours": []}]}
    there = {"venue": await venue(sessions, shut), "schedule": MORNING}
    offering = await published(sessions, **there, channels=["on_site", "online"])

    assert (await referred(client, resident, offering))["status"] == "held"


async def test_a_session_before_its_venue_opens_is_none(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    late = {**MORNING, "weekly": [{**MORNING["weekly"][0], "opens": "09:30", "closes": "17:00"}]}
    late["holiday_hours"] = [{"opens": "09:30", "closes": "17:00"}]
    there = {"venue": await venue(sessions, late), "schedule": MORNING, "channels": ["on_site"]}
    offering = await published(sessions, **there, capacity_period="session")
    need = await raised(client, resident)
    refused = await refer(client, resident, need, offering, session="09:00")
    cut = await refer(client, resident, need, offering, session="09:30")

    assert (refused.status_code, cut.status_code) == (422, 422)
    assert "当日无场次" in refused.json()["errors"][0]["message"]


async def test_a_session_that_has_begun_takes_nobody(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity_period="session")
    at = {"session_on": tomorrow(0), "session": "00:00"}
    refused = await refer(client, resident, await raised(client, resident), offering, **at)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/session")


async def test_what_came_of_an_accepted_referral_is_asked_for_when_its_day_is_past(
    client: httpx.AsyncClient, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=3)
    held, past, ahead = [await referred(client, clerk, offering) for _ in range(3)]
    for each in (past, ahead):
        await step(client, provider, each, "answer", status="accepted")
    async with sessions.begin() as session:
        since = text("UPDATE referral SET session_on = session_on - 2 WHERE id = ANY(:ids)")
        await session.execute(since, {"ids": [UUID(held["id"]), UUID(past["id"])]})

    listed = await client.get("/v1/referrals", params={"untold": "true"}, headers=provider)

    assert [each["id"] for each in listed.json()["items"]] == [past["id"]]


async def test_a_session_is_one_that_there_is(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    courses = {"capacity_period": "session", "capacity": 1, "schedule": MORNING}
    offering = await published(sessions, **courses)
    refused = [
        await refer(client, resident, await raised(client, resident), offering, session=clock)
        for clock in ("09:01", None)
    ]
    await referred(client, resident, offering, session="09:00")
    full = await refer(client, resident, await raised(client, resident), offering, session="09:00")

    for answer in refused:
        (fault,) = answer.json()["errors"]
        assert (answer.status_code, fault["pointer"]) == (422, "/session")
        assert "09:00" in fault["message"]
    assert full.json()["type"] == "offering-full"


async def test_what_has_no_limit_is_counted_all_the_same(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=None, capacity_period=None)
    for _ in range(3):
        await referred(client, resident, offering, places=20)

    row = (await places(client, clerk, offering))[0]

    assert (row["places"], row["taken"], row["over_committed"]) == (None, 60, 0)


async def test_the_provider_accepts_and_serves_from_the_day_on(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    offering = await published(sessions)
    made = await referred(client, resident, offering, session_on=tomorrow(0))
    later = await referred(client, resident, offering)

    accepted = await step(client, provider, made, "answer", status="accepted")
    served = await step(client, provider, accepted.json(), "answer", status="served")
    early = await step(
        *(client, provider),
        (await step(client, provider, later, "answer", status="accepted")).json(),
        "answer",
        status="served",
    )
    need = (await client.get(f"/v1/needs/{made['need_id']}", headers=resident)).json()

    assert accepted.json()["accepted_at"]
    assert served.json()["status"] == "served"
    assert (early.status_code, early.json()["type"]) == (409, "too-early")
    assert (need["status"], need["served_at"]) == ("served", served.json()["served_at"])


async def test_a_need_is_under_way_at_one_offering_at_a_time(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident)
    made = await refer(client, resident, need, await published(sessions))
    again = await refer(client, resident, need, await published(sessions))
    await step(client, resident, made.json(), "withdrawal")
    later = await refer(client, resident, need, await published(sessions))

    assert (again.status_code, again.json()["type"]) == (409, "need-already-referred")
    assert later.status_code == 201


async def test_a_need_that_is_withdrawn_takes_its_referral_along(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, capacity=1)
    made = await referred(client, resident, offering)
    waiting = await referred(client, resident, offering, wait=True)
    need = (await client.get(f"/v1/needs/{made['need_id']}", headers=resident)).json()

    gone = await moved(client, resident, need, "withdrawn")

    assert gone.json()["status"] == "withdrawn"
    assert (await seen(client, resident, made))["status"] == "withdrawn"
    assert (await seen(client, resident, waiting))["status"] == "held"


async def test_a_hand_over_holds_the_new_place_and_frees_the_old(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    old, new = await published(sessions, capacity=1), await published(sessions, capacity=1)
    made = await referred(client, resident, old)
    waiting = await referred(client, resident, old, wait=True)

    answer = await step(client, clerk, made, "transfer", offering_id=str(new))
    left = await seen(client, clerk, made)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["status"], answer.json()["need_id"]) == ("held", made["need_id"])
    assert (left["status"], left["handed_over_to_id"]) == ("handed_over", answer.json()["id"])
    assert (await seen(client, clerk, waiting))["status"] == "held"
    need = (await client.get(f"/v1/needs/{made['need_id']}", headers=resident)).json()
    assert need["status"] == "referred"


async def test_a_hand_over_to_a_full_offering_changes_nothing(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    old, full = await published(sessions), await published(sessions, capacity=1)
    made = await referred(client, resident, old)
    await referred(client, resident, full)

    answer = await step(client, clerk, made, "transfer", offering_id=str(full))

    assert answer.json()["type"] == "offering-full"
    assert (await seen(client, clerk, made))["status"] == "held"


async def test_another_district_serves_only_under_an_agreement_that_a_desk_writes(
    client: httpx.AsyncClient, resident: Header, clerk: Header, bearer: Any, sessions: Sessions
) -> None:
    offering = await published(sessions, area_code="310104003000")
    need = await raised(client, resident)

    bare = await refer(client, resident, need, offering)
    agreement = {"number": "沪民协 2026-1", "settlement_fen": 1200}
    walker = bearer(Role.GRID_WORKER, area="310101002", line="civil_affairs")
    not_theirs = [
        await refer(client, header, need, offering, agreement=agreement)
        for header in (resident, walker)
    ]
    made = await refer(client, clerk, need, offering, agreement=agreement)

    listed = [
        await client.get("/v1/referrals", params={"agreement_number": number}, headers=clerk)
        for number in (agreement["number"], "沪民协 2026-2")
    ]

    assert [[each["id"] for each in page.json()["items"]] for page in listed] == [
        *([made.json()["id"]], [])
    ]
    for answer in not_theirs:
        assert (answer.status_code, answer.json()["type"]) == (403, "agreement-not-yours")
    assert (bare.status_code, bare.json()["type"]) == (409, "agreement-needed")
    assert (made.json()["agreement_number"], made.json()["settlement_fen"]) == (
        *("沪民协 2026-1",),
        1200,
    )


async def test_only_what_is_open_is_referred_to(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident)
    retired = await refer(client, resident, need, await published(sessions, status="suspended"))
    nobody = await refer(client, resident, need, await published(sessions, provider_id=None))
    unknown = await refer(client, resident, need, uuid4())
    past = await refer(client, resident, need, await published(sessions), session_on=tomorrow(-1))

    assert retired.json()["type"] == nobody.json()["type"] == "offering-not-open"
    assert unknown.status_code == 404
    assert past.json()["errors"][0]["pointer"] == "/session_on"


async def test_strangers_neither_see_nor_answer_a_referral(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    other_provider: Header,
    other_street: Header,
    provider: Header,
    bearer: Any,
    sessions: Sessions,
) -> None:
    made = await referred(client, resident, await published(sessions))
    path = f"/v1/referrals/{made['id']}"

    for stranger in (neighbour, other_provider, other_street):
        assert (await client.get(path, headers=stranger)).status_code == 404
        assert (await client.get("/v1/referrals", headers=stranger)).json()["items"] == []
    for stranger in (other_provider, bearer(Role.VENUE_HEAD, area="310104003", line="*")):
        refused = await step(client, stranger, made, "answer", status="accepted")
        assert refused.status_code in {403, 404}
    assert (await step(client, neighbour, made, "withdrawal")).status_code == 404
    assert (await client.get("/v1/referrals", headers=provider)).json()["items"][0] == made


async def test_the_raters_pseudonym_is_told_to_services_alone(
    client: httpx.AsyncClient, resident: Header, provider: Header, bearer: Any, sessions: Sessions
) -> None:
    made = await referred(client, resident, await published(sessions))
    path = f"/v1/referrals/{made['id']}"
    service = await client.get(path, headers=bearer(Role.SERVICE, area="31"))

    assert made["rater"] is None
    assert (await client.get(path, headers=provider)).json()["rater"] is None
    assert len(service.json()["rater"]) == 32


async def test_a_step_from_an_old_version_is_refused(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> None:
    made = await referred(client, resident, await published(sessions))
    await step(client, provider, made, "answer", status="accepted")
    stale = await step(client, resident, made, "withdrawal")

    assert (stale.status_code, stale.json()["type"]) == (412, "stale-version")


async def test_a_provider_reads_a_need_while_it_holds_a_place_for_it(
    client: httpx.AsyncClient,
    resident: Header,
    provider: Header,
    other_provider: Header,
    sessions: Sessions,
) -> None:
    offering = await published(sessions, capacity=1)
    need = await raised(client, resident)
    path = f"/v1/needs/{need['id']}"
    before = await client.get(path, headers=provider)
    made = (await refer(client, resident, need, offering)).json()
    waiting = await referred(client, resident, offering, wait=True)

    held = await client.get(path, headers=provider)
    unasked = await client.get(f"/v1/needs/{waiting['need_id']}", headers=provider)
    stranger = await client.get(path, headers=other_provider)
    await step(client, provider, made, "answer", status="declined", reason="no_staff")
    after = await client.get(path, headers=provider)

    assert (held.status_code, held.json()["words"]) == (200, need["words"])
    answers = (before, unasked, stranger, after)
    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await client.get(f"{path}/profile", headers=provider)).status_code == 403
