"""Standing: claimed, verified with source and end, and what then is owed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.records import touch
from matching import tables
from matching.usecases import duties, places, profiles, standing
from tests.matching.cases import (
    Sessions,
    at,
    key,
    moved,
    published,
    raised,
    refer,
    step,
    tomorrow,
)

Header = dict[str, str]
CLAIM = {"standing": [{"kind": "care_grade", "grade": 4}], "profile": {"age_band": "60-69"}}
CARE = {"category": "home_care", **CLAIM}


async def verified(
    client: httpx.AsyncClient,
    header: Header,
    need: dict[str, Any],
    *,
    kind: str = "care_grade",
    **more: Any,
) -> httpx.Response:
    """The answer to a verification, of the care grade unless told otherwise."""
    found = {
        "confirmed": True,
        "grade": 4,
        "source": "长护险评估结论",
        "determined_on": str(city_day(utc_now())),
        "expires_on": tomorrow(365),
        **more,
    }
    return await client.post(
        f"/v1/needs/{need['id']}/standing/{kind}/verification",
        json=found,
        headers={**header, **key(), **at(need["version"])},
    )


async def now_of(client: httpx.AsyncClient, header: Header, need: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/needs/{need['id']}", headers=header)).json()
    return found


async def looked(sessions: Sessions, days: int) -> int:
    """How many needs were judged again so many days from now."""
    async with sessions.begin() as session:
        at_that_time = utc_now() + timedelta(days=days)
        return await standing.look_again(session, now=at_that_time, limit=10)


async def test_what_is_declared_is_shown_as_such_and_ranks_below(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    declared = (await client.get(f"/v1/needs/{need['id']}/standing", headers=resident)).json()

    answer = await verified(client, clerk, need)
    judged = await now_of(client, clerk, need)

    assert (declared[0]["status"], declared[0]["verified_by"]) == ("declared", None)
    assert (need["urgency"], need["is_statutory"]) == (2, False)
    assert answer.status_code == 200, answer.text
    assert answer.json()[0]["status"] == "verified"
    assert answer.json()[0]["source"] == "长护险评估结论"
    assert (judged["urgency"], judged["is_statutory"], judged["version"]) == (1, True, 2)


async def test_what_is_not_so_counts_for_nothing(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)

    refused = await verified(client, clerk, need, confirmed=False)

    assert refused.json()[0]["status"] == "refused"
    assert (await now_of(client, clerk, need))["urgency"] == 3


async def claimed(
    client: httpx.AsyncClient, header: Header, need: dict[str, Any], kind: str, **said: Any
) -> dict[str, Any]:
    """The standing after its person has claimed it anew."""
    current = await now_of(client, header, need)
    answer = await client.put(
        f"/v1/needs/{need['id']}/standing/{kind}",
        json=said,
        headers={**header, **at(current["version"])},
    )
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()
    return {name: found[name] for name in ("status", "grade", "waiting_grade", "waiting_since")}


async def test_another_grade_waits_beside_the_verified_one_until_staff_look_again(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)

    said = await claimed(client, resident, need, "care_grade", grade=6)
    meanwhile = await now_of(client, clerk, need)
    vague = await verified(client, clerk, meanwhile, grade=None)
    denied = await verified(client, clerk, meanwhile, grade=6, confirmed=False)
    looked_at = await verified(client, clerk, meanwhile, grade=6)

    assert said.pop("waiting_since")
    assert said == {"status": "verified", "grade": 4, "waiting_grade": 6}
    assert (meanwhile["urgency"], meanwhile["is_statutory"]) == (1, True)
    for answer in (vague, denied):
        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-verification")
        assert answer.json()["errors"][0]["pointer"] == "/grade"
    (found,) = looked_at.json()
    assert (found["status"], found["grade"], found["waiting_since"]) == ("verified", 6, None)


async def test_a_claim_that_waits_is_taken_back_by_saying_what_was_found(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    first = await claimed(client, resident, need, "care_grade", grade=6)

    again = await claimed(client, resident, need, "care_grade", grade=6)
    silent = await claimed(client, resident, need, "care_grade")
    back = await claimed(client, resident, need, "care_grade", grade=4)

    assert first == again == silent
    assert back == {"status": "verified", "grade": 4, "waiting_grade": None, "waiting_since": None}


async def test_a_claim_without_a_grade_leaves_what_was_verified_and_what_is_owed(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")

    said = await claimed(client, resident, need, "care_grade")
    judged = await now_of(client, clerk, need)
    owed = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert said == {"status": "verified", "grade": 4, "waiting_grade": None, "waiting_since": None}
    assert (judged["urgency"], judged["is_statutory"]) == (1, True)
    assert [(row["need_id"], row["lifted_at"]) for row in owed] == [(need["id"], None)]


async def test_what_was_found_not_to_be_so_stays_so_whatever_is_claimed_since(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    offering = await published(sessions, eligibility={"hardship": ["minimum_living"]})
    kinds = {"standing": [{"kind": "minimum_living"}], "profile": {"age_band": "60-69"}}
    need = await raised(client, resident, **kinds)
    await verified(client, clerk, need, kind="minimum_living", grade=None, confirmed=False)

    said = await claimed(client, resident, need, "minimum_living")
    refused = await refer(client, clerk, need, offering)
    shown = (await client.get(f"/v1/needs/{need['id']}/standing", headers=clerk)).json()[0]

    assert said.pop("waiting_since")
    assert said == {"status": "refused", "grade": None, "waiting_grade": None}
    assert (refused.status_code, refused.json()["type"]) == (409, "not-eligible")
    assert (shown["source"], shown["verified_by"] is None) == ("长护险评估结论", False)
    assert (await now_of(client, clerk, need))["urgency"] == 3


async def test_what_is_merely_declared_follows_the_last_grade_that_is_named(
    client: httpx.AsyncClient, resident: Header
) -> None:
    need = await raised(client, resident, **CARE)

    other = await claimed(client, resident, need, "care_grade", grade=6)
    silent = await claimed(client, resident, need, "care_grade")

    assert (other["status"], other["grade"], other["waiting_since"]) == ("declared", 6, None)
    assert silent == other


async def test_only_the_desk_of_the_line_verifies(
    client: httpx.AsyncClient, resident: Header, other_line: Header, other_street: Header
) -> None:
    need = await raised(client, resident, **CARE)

    assert (await verified(client, resident, need)).status_code == 403
    assert (await verified(client, other_line, need)).status_code == 404
    assert (await verified(client, other_street, need)).status_code == 404


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"determined_on": tomorrow()}, "wrong-verification"),
        ({"expires_on": tomorrow(-1)}, "wrong-verification"),
        ({"grade": 1}, "wrong-need"),
    ],
)
async def test_a_verification_that_cannot_be_is_refused(
    client: httpx.AsyncClient, resident: Header, clerk: Header, more: dict[str, Any], slug: str
) -> None:
    need = await raised(client, resident, **CARE)
    answer = await verified(client, clerk, need, **more)

    assert (answer.status_code, answer.json()["type"]) == (422, slug)


async def test_who_is_entitled_is_never_unmet_but_owed(
    client: httpx.AsyncClient, resident: Header, clerk: Header, other_street: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)

    answer = await moved(client, clerk, {**need, "version": 2}, "unmet", reason="all_places_taken")
    owed = (await client.get("/v1/duties", headers=clerk)).json()["items"]
    elsewhere = (await client.get("/v1/duties", headers=other_street)).json()["items"]

    assert answer.json()["status"] == "open"
    assert [(row["need_id"], row["rule"]) for row in owed] == [
        (need["id"], "entitlement.care_grade")
    ]
    assert (owed[0]["reason"], owed[0]["line"]) == ("all_places_taken", "civil_affairs")
    assert owed[0]["due_on"] > str(city_day(utc_now()) + timedelta(days=9))
    assert elsewhere == []


async def test_nothing_is_owed_where_a_need_is_not_open_any_more(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, resident, {**need, "version": 2}, "withdrawn")

    answer = await moved(client, clerk, {**need, "version": 3}, "unmet", reason="all_places_taken")
    owed = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert (answer.status_code, answer.json()["type"]) == (409, "need-cannot-move")
    assert owed == []


async def test_a_duty_is_met_when_the_need_is_served(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")
    offering = await published(sessions, category_path="eldercare/home_care")
    made = await refer(client, clerk, need, offering, session_on=tomorrow(0))
    taken = await step(client, provider, made.json(), "answer", status="accepted")
    await step(client, provider, taken.json(), "answer", status="served")

    owed = (await client.get("/v1/duties", headers=clerk)).json()["items"]
    ended = (await client.get("/v1/duties", params={"ended": "true"}, headers=clerk)).json()

    assert owed == []
    assert ended["items"][0]["met_at"]


async def test_an_unmet_need_that_turns_out_to_be_owed_is_open_again_and_owed_for_its_reason(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    unmet = await moved(client, clerk, need, "unmet", reason="too_far")

    await verified(client, clerk, unmet.json())
    judged = await now_of(client, clerk, need)
    (owed,) = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert (judged["status"], judged["unmet_reason"], judged["is_statutory"]) == (
        *("open", None),
        True,
    )
    assert (owed["need_id"], owed["reason"]) == (need["id"], "too_far")
    assert owed["rule"] == "entitlement.care_grade"


async def test_what_nobody_serves_nor_calls_unmet_is_owed_after_two_weeks(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await raised(client, resident, **CARE)  # merely declared: nobody owes it

    async def owed(days: int) -> int:
        async with sessions.begin() as session:
            at_that_time = utc_now() + timedelta(days=days)
            return await duties.owe_left_open(session, now=at_that_time, limit=10)

    counts = [await owed(days) for days in (13, 15, 16)]
    (duty,) = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert counts == [0, 1, 0]
    assert (duty["need_id"], duty["reason"]) == (need["id"], "left_open")
    assert duty["due_on"] > str(city_day(utc_now()) + timedelta(days=24))
    assert (await now_of(client, clerk, need))["version"] == 3


async def test_what_is_owed_no_more_is_owed_again_when_it_is_verified_anew(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")
    await verified(client, clerk, await now_of(client, clerk, need), confirmed=False)
    await verified(client, clerk, await now_of(client, clerk, need))

    async with sessions.begin() as session:
        at_that_time = utc_now() + timedelta(days=15)
        count = await duties.owe_left_open(session, now=at_that_time, limit=10)
    (duty,) = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert (count, duty["reason"], duty["lifted_at"]) == (1, "left_open", None)


async def test_a_standing_that_does_not_hold_lifts_the_duty(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need)
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")
    current = await now_of(client, clerk, need)

    await verified(client, clerk, current, confirmed=False)
    ended = (await client.get("/v1/duties", params={"ended": "true"}, headers=clerk)).json()

    assert ended["items"][0]["lifted_at"]


async def test_when_a_standing_ends_the_need_is_judged_again_and_nothing_is_owed(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need, expires_on=tomorrow(1))
    await moved(client, clerk, {**need, "version": 2}, "unmet", reason="too_far")

    before = (await now_of(client, clerk, need))["is_statutory"]
    counts = [await looked(sessions, days) for days in (1, 2, 3)]
    judged = await now_of(client, clerk, need)
    ended = (await client.get("/v1/duties", params={"ended": "true"}, headers=clerk)).json()

    assert (before, counts) == (True, [0, 1, 0])
    assert (judged["is_statutory"], judged["urgency"]) == (False, 2)
    assert ended["items"][0]["lifted_at"]


async def test_a_need_that_moved_after_its_standing_ended_is_judged_again_all_the_same(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, **CARE)
    await verified(client, clerk, need, expires_on=tomorrow(1))
    async with sessions.begin() as session:
        row = await session.get_one(tables.Need, UUID(need["id"]))
        touch(row, places.CLOCKWORK, utc_now() + timedelta(days=2))

    count = await looked(sessions, 2)

    assert (count, (await now_of(client, clerk, need))["is_statutory"]) == (1, False)


async def test_for_whom_a_need_was_is_forgotten_a_month_after_its_end(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, **CARE)
    kept = await raised(client, resident)
    await moved(client, resident, need, "withdrawn")

    async def erased(days: int) -> int:
        async with sessions.begin() as session:
            at_that_time = utc_now() + timedelta(days=days)
            return await profiles.erase(session, by=places.CLOCKWORK, now=at_that_time, limit=10)

    assert [await erased(29), await erased(31)] == [0, 1]
    gone = await client.get(f"/v1/needs/{need['id']}/profile", headers=clerk)
    still = await client.get(f"/v1/needs/{kept['id']}/profile", headers=clerk)
    assert (gone.status_code, gone.json()["type"]) == (410, "profile-erased")
    assert still.status_code == 200
    assert (await now_of(client, clerk, need))["words"] is None
    async with sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM standing")) == 0
