"""A run knows how services reach people: what comes costs no walk, and wishes and prices count."""

import httpx
from sqlalchemy import select, text

from common.db import Database
from matching.tables import Supply
from matching.usecases import supply
from tests.matching.cases import raised
from tests.matching.runs import asked, computed, offering, publish
from tests.matching.service.test_run_standing import chosen

Header = dict[str, str]
FAR = 121.60  # more than an hour on foot


async def test_what_comes_to_the_door_is_never_too_far(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    comes, online = offering(FAR, 1, channels=["at_home"]), offering(FAR, 1, channels=["online"])
    await publish(opened.sessions, comes, {**online, "venue": None})
    people = [await raised(calls, clerk) for _ in range(3)]
    run = await computed(calls, head, opened, await asked(calls, head))
    found = await chosen(calls, head, run)

    assert {each["offering_id"] for each in found.values()} == {comes["id"], online["id"], None}
    assert {each["walking_m"] for each in found.values()} == {0, None}
    assert [each["reason"] for each in found.values() if each["reason"]] == ["all_places_taken"]
    assert len(found) == len(people)


async def test_for_whom_it_is_holds_for_what_comes_too(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    elsewhere = offering(FAR, 1, channels=["at_home"])
    elsewhere["eligibility"] |= {"household_areas": ["310115"], "residence": "living"}
    await publish(opened.sessions, elsewhere)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert run["unserved"] == [{"reason": "not_eligible", "needs": 1}]


async def test_a_wished_channel_outweighs_a_short_walk_and_not_a_long_one(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    on_site, online = offering(121.4802, 3), offering(FAR, 3, channels=["online"])
    beyond = offering(121.4990, 3)
    await publish(opened.sessions, {**on_site, "channels": ["on_site"]}, online)
    wishes_site = await raised(calls, clerk, wishes={"channels": ["on_site"]})
    wishes_home = await raised(calls, clerk, wishes={"channels": ["online"]})
    run = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    found = await chosen(calls, head, run)

    assert found[wishes_site["id"]]["offering_id"] == on_site["id"]
    assert found[wishes_home["id"]]["offering_id"] == online["id"]

    await publish(opened.sessions, {**on_site, "status": "suspended"}, beyond)
    run = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    found = await chosen(calls, head, run)

    assert found[wishes_site["id"]]["offering_id"] == online["id"]
    assert run["policy"]["wish_m"] == 600


async def test_a_price_that_nobody_knows_is_open_and_comes_after_one_within_the_budget(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    unknown = offering(121.4802, 2, price_kind="market", price_fen=None)
    free = offering(121.4850, 1, price_kind="free", price_fen=None)
    await publish(opened.sessions, unknown, free)
    for _ in range(2):
        await raised(calls, clerk, wishes={"price_at_most_fen": 0})
    run = await computed(calls, head, opened, await asked(calls, head))
    found = (await chosen(calls, head, run)).values()

    assert {each["offering_id"]: each["rule"] for each in found} == {
        free["id"]: None,
        unknown["id"]: "price",
    }


async def test_who_names_no_budget_asks_no_price(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.4802, 1, price_kind="market", price_fen=None))
    need = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert (await chosen(calls, head, run))[need["id"]]["rule"] is None


async def test_what_the_release_before_took_over_counts_as_on_site(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    comes = offering(FAR, 1, channels=["at_home"])
    await publish(opened.sessions, comes)
    async with opened.sessions.begin() as session:
        kept = (await session.scalars(select(Supply))).one()
        await session.execute(text("UPDATE supply SET channels = NULL"))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert kept.channels == supply.columns(comes)["channels"] == ["at_home"]
    assert run["unserved"] == [{"reason": "too_far", "needs": 1}]
