"""What a run tells beyond its choices: who is owed, what a place is worth, what is published."""

import httpx
import orjson
from sqlalchemy import text

from common import mirrors
from common.contracts.feeds import Kind
from common.db import Database
from common.rules import packaged_rules
from matching.queries import allocation_results as results
from matching.shelf.following import Following, policy_of
from matching.usecases import allocating
from tests.matching.cases import raised
from tests.matching.runs import asked, computed, offering, publish, step
from tests.matching.service.test_coverage import area, surveyed
from tests.matching.service.test_standing import CARE, verified

Header = dict[str, str]


async def test_a_run_leaves_nobody_who_is_entitled_without_a_duty(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    entitled, declared = await raised(calls, clerk, **CARE), await raised(calls, clerk, **CARE)
    await verified(calls, clerk, entitled)
    for _ in range(2):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    before = (await calls.get("/v1/duties", headers=clerk)).json()["items"]
    done = await step(calls, head, run, "commit")
    owed = (await calls.get("/v1/duties", headers=clerk)).json()["items"]

    assert done.status_code == 200, done.text
    assert before == []
    assert [each["need_id"] for each in owed] == [entitled["id"]]
    assert owed[0]["reason"] == "no_offering_in_category"
    assert declared["id"] not in {each["need_id"] for each in owed}


async def test_the_entitled_whose_place_nobody_knows_are_owed(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    care = offering(121.481, 1, category=CARE["category"], category_path=CARE["category"])
    await publish(opened.sessions, care)
    nowhere = await raised(calls, clerk, lon=None, lat=None, **CARE)
    await verified(calls, clerk, nowhere)
    run = await computed(calls, head, opened, await asked(calls, head))
    await step(calls, head, run, "commit")
    owed = (await calls.get("/v1/duties", headers=clerk)).json()["items"]

    assert [(each["need_id"], each["reason"]) for each in owed] == [
        (nowhere["id"], "place_unknown")
    ]


async def test_the_prices_of_a_run_say_where_one_more_place_serves_one_more_person(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    contested, idle = offering(121.481, 1), offering(121.490, 1)
    await publish(opened.sessions, contested, idle)
    for _ in range(3):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    path = f"/v1/allocation-runs/{run['id']}/prices"
    first = (await calls.get(path, params={"limit": 1}, headers=head)).json()
    second = (
        await calls.get(path, params={"limit": 1, "after": first["next"]}, headers=head)
    ).json()

    found = [*first["items"], *second["items"]]
    assert {each["offering_id"] for each in found} == {contested["id"], idle["id"]}
    assert all(each["serves_one_more"] for each in found)
    assert found[0]["minutes"] >= found[1]["minutes"]


async def test_what_is_contested_has_a_price_that_the_next_match_sees(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near, idle = offering(121.481, 1), offering(121.490, 9)
    await publish(opened.sessions, near, idle)
    for _ in range(3):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    async with opened.sessions() as session:
        before = await results.newest_prices(session)
    await step(calls, head, run, "commit")
    async with opened.sessions() as session:
        run_id, prices = await results.newest_prices(session)
    following = Following({}, policy_of(packaged_rules("matching")))
    following.price(run_id, prices)

    assert before == (None, {})
    assert str(run_id) == run["id"]
    assert {str(each) for each in prices} == {near["id"]}
    assert all(0 < minutes <= 60 for minutes in prices.values())
    assert following._shelf.lists.scarcity == prices


async def test_a_gap_names_the_run_whose_prices_tell_what_is_short(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    home = area("310101002001", 121.480, 31.235)
    async with opened.sessions.begin() as session:
        await mirrors.put(session, Kind.AREA, orjson.dumps([home]).decode())
    for _ in range(3):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    await surveyed(opened.sessions)
    before = (await calls.get("/v1/gaps", params={"category": "eldercare"})).json()["items"]
    done = await step(calls, head, run, "commit")
    await surveyed(opened.sessions)
    after = (await calls.get("/v1/gaps", params={"category": "eldercare"})).json()["items"]

    assert done.status_code == 200, done.text
    assert {each["allocation_run_id"] for each in before} == {None}
    assert {each["allocation_run_id"] for each in after} == {run["id"]}


async def test_the_committed_run_is_published_without_figures_on_few(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 3))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    await step(calls, head, run, "commit")
    async with opened.sessions() as session:
        states = await allocating.queries.states(session, [run["id"]])
        rows = (await session.scalars(text("SELECT kind FROM feed_outbox"))).all()

    (state,) = states.values()
    assert [tier.served for tier in state.served_by_tier].count(None) == 1
    assert (state.needs, state.objective) == (None, None)
    assert state.certificate_sm3 == run["certificate_sm3"]
    assert "allocation_run" in rows
