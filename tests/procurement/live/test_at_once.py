"""Two at once, each on a connection of its own, and a service killed between award and notice."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.db import database
from deploy.local.environment import Secrets
from tests.harness import Urls
from tests.living import living
from tests.procurement.cases import at, key
from tests.procurement.service.test_second_tries import NEGOTIATED, failed
from tests.procurement.tendering import CRITERIA, LICENCE, TENDER, A, B, C, Market, seal

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}


async def answers(market: Market, calls: list[tuple[Any, str, Any, Any]]) -> list[httpx.Response]:
    """The answers to calls that are made at once."""
    return await asyncio.gather(
        *(
            market.client.post(
                f"/v1/{path}",
                json=body,
                headers={**who, **key(), **({} if version is None else at(version))},
            )
            for who, path, body, version in calls
        )
    )


async def test_two_clerks_who_open_one_tender_at_once_open_it_once(real_market: Market) -> None:
    market = real_market
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in PRICES.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(tender, org)
    market.clock.to("2026-03-23 11:00")

    told = await answers(market, [(market.clerk, f"tenders/{tender}/opening", None, row)] * 6)

    slugs = Counter(each.status_code for each in told)
    assert slugs == {200: 1, 409: 5}
    assert {each.json()["type"] for each in told if each.status_code == 409} == {
        "tender-cannot-move"
    }


async def test_two_who_follow_one_failed_tender_at_once_follow_it_once(real_market: Market) -> None:
    market = real_market
    first = await failed(market, [A, B])
    wish = {**TENDER, **NEGOTIATED, "failed_tender_id": first["id"]}

    told = await answers(market, [(market.clerk, "tenders", wish, None)] * 4)

    assert Counter(each.status_code for each in told) == {201: 1, 409: 3}
    refused = {each.json()["type"] for each in told if each.status_code == 409}
    assert refused == {"not-after-failed-tender"}


async def test_two_bids_of_one_bidder_at_once_leave_one_standing(real_market: Market) -> None:
    market = real_market
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    path = f"tenders/{row['id']}/bids"
    sealed = [seal(row["id"], A, b'{"price_fen": %d}' % n) for n in range(1, 7)]

    told = await answers(
        market, [(market.supplier(A), path, each.submission, None) for each in sealed]
    )
    receipts = await market.get(market.supplier(A), f"{path}/own")

    assert {each.status_code for each in told} <= {201, 409}
    refused = {each.json()["type"] for each in told if each.status_code == 409}
    assert refused <= {"bids-at-once"}
    replaced = [each.json()["replaces"] for each in told if each.status_code == 201]
    assert len(receipts) == len(replaced)
    assert len(set(replaced)) == len(replaced), "each replaced another one: one chain, one end"


async def test_two_contracts_never_take_the_same_turn(real_market: Market) -> None:
    market = real_market
    await market.enrol(6)
    more: dict[str, Any] = {"framework_form": "closed", "framework_ends_on": "2028-02-29"}
    made = await market.prepared(
        [LICENCE], method="framework", price_weight=1, small_firm_deduction=None, **more
    )
    row = await market.announced(made, "2026-03-23 10:00")
    for org, price in PRICES.items():
        await market.bid(row["id"], org, price)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(row["id"], org)
    await market.opened(row["id"])
    await market.check_all(row["id"])
    await market.report(row["id"], await market.panel(row["id"]))
    await market.step(market.head, row["id"], "award", {})
    await market.step(market.head, row["id"], "award-notice")
    wish = {
        "title": "演示数据 助餐",
        "description": "轮候",
        "second_stage": "rotation",
        "buyer_id": row["buyer_id"],
        "area_code": row["area_code"],
        "value_fen": 1_000_00,
        "supplier_id": A,
        "reason": "按轮候次序，公开办理，首轮",
    }

    told = await answers(market, [(market.head, f"tenders/{row['id']}/call-offs", wish, None)] * 4)

    assert Counter(each.status_code for each in told) == {201: 1, 409: 3}


async def test_the_database_itself_refuses_an_award_below_the_legal_minimum(
    real_market: Market, fresh_database: Urls
) -> None:
    row = await real_market.announced(await real_market.prepared(CRITERIA), "2026-03-23 10:00")
    forged = text(
        "UPDATE tender SET step = 'awarded', opened_at = now(), conforming = 2 WHERE id = :id"
    )
    peeking = text("UPDATE tender SET tenderers = 3 WHERE id = :id")
    async with database(fresh_database.app, pool_size=2) as opened:
        for statement, name in ((forged, "enough_bids"), (peeking, "sealed_until_opened")):
            with pytest.raises(IntegrityError, match=name):
                async with opened.sessions.begin() as session:
                    await session.execute(statement, {"id": row["id"]})


async def test_a_kill_between_award_and_publication_loses_and_doubles_nothing(
    real_market: Market, fresh_database: Urls, secrets: Secrets
) -> None:
    market = real_market
    tender = await market.evaluated(PRICES)
    keys = {what: str(uuid4()) for what in ("award", "award-notice")}
    versions: dict[str, Any] = {}
    dice = random.Random(7)

    async with living("procurement", fresh_database, secrets, "--kept") as service:

        async def call(client: httpx.AsyncClient, what: str) -> httpx.Response:
            headers = {**market.head, "Idempotency-Key": keys[what], **at(versions[what])}
            body = {} if what == "award" else None
            return await client.post(f"/v1/tenders/{tender}/{what}", json=body, headers=headers)

        async def insisted(what: str) -> Any:
            """One answer in the end, however often the service dies under the call."""
            for attempt in range(2):
                async with httpx.AsyncClient(base_url=service.base, timeout=20) as client:
                    running = asyncio.create_task(call(client, what))
                    if attempt < 1:
                        await asyncio.sleep(dice.uniform(0, 0.06))
                        service.kill_server()
                        await asyncio.gather(running, return_exceptions=True)
                        await asyncio.to_thread(service.wait_for_next)
                        continue
                    answer = await running
                    assert answer.status_code == 200, answer.text
                    return answer.json()
            raise AssertionError

        versions["award"] = await market.tender(tender)
        awarded = await insisted("award")
        between = await market.tender(tender)
        versions["award-notice"] = between
        announced = await insisted("award-notice")

    async with database(fresh_database.app, pool_size=2) as opened, opened.sessions() as session:
        awards = (await session.execute(text("SELECT supplier_id::text, status FROM award"))).all()
    assert (awarded["step"], between["step"], announced["step"]) == (
        "awarded",
        "awarded",
        "announced",
    )
    assert [tuple(each) for each in awards] == [(A, "active")]
    assert announced["version"] == between["version"] + 1
