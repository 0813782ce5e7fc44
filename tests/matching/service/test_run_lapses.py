"""What a draft rests on may be gone when it is committed: then its choice lapses, with a reason."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from common.clock import utc_now
from common.db import Database
from matching.tables import AllocationRun, Need, Profile, Referral
from tests.matching.cases import raised, refer, seen
from tests.matching.runs import PATH, asked, computed, offering, publish, step, taken
from tests.matching.service.test_standing import CARE, verified

Header = dict[str, str]
CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"status": "suspended"}, "offering_closed"),
    ({"provider_id": None}, "no_provider"),
    ({"capacity_period": "session"}, "counted_by_session"),
    ({"area_code": "310104003001", "funding_source": "micro_fund"}, "agreement_needed"),
    ({"price_fen": 2_000}, "over_budget"),
    ({"eligibility": {"age_min": None, "age_max": 70}}, "not_eligible"),
]


@pytest.mark.parametrize(("change", "lapse"), CHANGES, ids=[lapse for _, lapse in CHANGES])
async def test_nobody_is_referred_to_what_would_refuse_a_direct_referral(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    change: dict[str, Any],
    lapse: str,
) -> None:
    near, other = offering(121.481, 1), offering(121.495, 1)
    await publish(opened.sessions, near, other)
    people = [await raised(calls, clerk, wishes={"price_at_most_fen": 1_000}) for _ in range(2)]
    run = await computed(calls, head, opened, await asked(calls, head))
    terms = {**near["eligibility"], **change.get("eligibility", {})}
    await publish(opened.sessions, {**near, **change, "eligibility": terms})
    done = await step(calls, head, run, "commit")
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]

    assert (done.status_code, done.json()["status"]) == (200, "committed"), done.text
    assert (done.json()["lapsed"], done.json()["lapsed_by"]) == (1, [{"lapse": lapse, "needs": 1}])
    assert {each["offering_id"]: each["lapse"] for each in choices} == {
        near["id"]: lapse,
        other["id"]: None,
    }
    async with opened.sessions() as session:
        referrals = (await session.scalars(select(Referral))).all()
        status = {str(row.id): row.status for row in await session.scalars(select(Need))}
    assert [str(row.offering_id) for row in referrals] == [other["id"]]
    assert sorted(status[each["id"]] for each in people) == ["open", "referred"]
    assert await taken(opened) == {near["id"]: 0, other["id"]: 1}


async def test_whose_person_does_not_fit_any_more_is_not_referred(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 3)
    await publish(opened.sessions, near)
    for _ in range(2):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions.begin() as session:
        one = (await session.scalars(select(Profile.need_id).limit(1))).one()
        await session.execute(
            update(Profile).where(Profile.need_id == one).values(age_band="18-34")
        )
    done = (await step(calls, head, run, "commit")).json()

    assert done["lapsed_by"] == [{"lapse": "not_eligible", "needs": 1}]
    assert await taken(opened) == {near["id"]: 1}


async def test_the_place_of_a_lapsed_choice_goes_to_whoever_waits(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near = offering(121.481, 1)
    await publish(opened.sessions, near)
    chosen = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    waits = (await refer(calls, clerk, await raised(calls, clerk), near["id"], wait=True)).json()
    async with opened.sessions.begin() as session:
        values = {"status": "withdrawn", "withdrawn_at": utc_now()}
        await session.execute(update(Need).where(Need.id == chosen["id"]).values(**values))
    done = (await step(calls, head, run, "commit")).json()

    assert done["lapsed_by"] == [{"lapse": "not_open", "needs": 1}]
    assert (waits["status"], (await seen(calls, clerk, waits))["status"]) == ("waitlisted", "held")


async def test_the_entitled_whose_choice_lapsed_are_owed(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    care = offering(121.481, 1, category=CARE["category"], category_path=CARE["category"])
    await publish(opened.sessions, care)
    entitled = await raised(calls, clerk, **CARE)
    await verified(calls, clerk, entitled)
    run = await computed(calls, head, opened, await asked(calls, head))
    await publish(opened.sessions, {**care, "status": "suspended"})
    done = (await step(calls, head, run, "commit")).json()
    owed = (await calls.get("/v1/duties", headers=clerk)).json()["items"]

    assert (run["unserved"], done["lapsed"]) == ([], 1)
    assert [(each["need_id"], each["reason"]) for each in owed] == [
        (entitled["id"], "offering_gone")
    ]


async def test_a_draft_whose_day_is_over_is_refused_and_can_be_thrown_away(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions.begin() as session:
        past = AllocationRun.session_on - timedelta(days=5)
        await session.execute(update(AllocationRun).values(session_on=past))
    refused = await step(calls, head, run, "commit")
    cancelled = await step(calls, head, run, "cancellation")

    told = refused.json()
    assert (refused.status_code, told["type"]) == (409, "run-is-past"), refused.text
    assert [each["pointer"] for each in told["errors"]] == ["/session_on"]
    assert "撤销" in told["detail"]
    assert cancelled.status_code == 200
    async with opened.sessions() as session:
        assert (await session.scalars(select(Referral))).all() == []
