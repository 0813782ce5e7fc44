"""Contracts on real connections: paid once, signed once; killed between signing and publication."""

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
from deploy.local.environment import Secrets, Urls
from tests.living import Living, living
from tests.procurement.cases import Header, at, key
from tests.procurement.deals import VALUE, draft, published, signed, step
from tests.procurement.live.test_at_once import answers
from tests.procurement.service.test_changes import TENTH, more
from tests.procurement.service.test_performance import accepted, act
from tests.procurement.service.test_special_procedures import ADDITION
from tests.procurement.tendering import A, Market

HALF = VALUE // 2
PATIENCE = 60


async def test_one_milestone_is_not_paid_twice_by_two_heads_at_once(
    live_client: httpx.AsyncClient,
    fresh_database: Urls,
    head: Header,
    clerk: Header,
    provider: Header,
) -> None:
    async with database(fresh_database.app, pool_size=4) as opened:
        made = await published(live_client, head, provider, opened.sessions)
        await accepted(live_client, head, provider, made)
        path = f"/v1/contracts/{made['id']}"
        wish = {"milestone": 1, "draws": [{"line_id": made["line"], "value_fen": HALF}]}
        asked = await asyncio.gather(
            *(
                live_client.post(f"{path}/payments", json=wish, headers={**clerk, **key()})
                for _ in range(4)
            )
        )
        (payment,) = [answer.json()["id"] for answer in asked if answer.status_code == 201]
        contract = (await live_client.get(path)).json()
        decided = await asyncio.gather(
            *(
                live_client.post(
                    f"{path}/payments/{payment}/decision",
                    json={"is_approved": True},
                    headers={**head, **key(), **at(contract)},
                )
                for _ in range(4)
            )
        )
        line = (await live_client.get(f"/v1/budget-lines/{made['line']}", headers=head)).json()

    assert Counter(answer.status_code for answer in decided) == {200: 1, 412: 3}
    assert (line["paid_fen"], line["committed_fen"]) == (HALF, VALUE - HALF)


async def test_two_supplements_at_once_stay_within_a_tenth(
    live_client: httpx.AsyncClient, fresh_database: Urls, head: Header, provider: Header
) -> None:
    async with database(fresh_database.app, pool_size=4) as opened:
        made = await published(live_client, head, provider, opened.sessions)
    milestone = {"title": "加送", "due_on": made["period_end_on"], "service_days": 1}
    wish = {
        "draws": [{"line_id": made["line"], "value_fen": VALUE // 10}],
        "text": "增加冬季热餐",
        "milestones": [{**milestone, "pay_fen": VALUE // 10}],
    }
    answers = await asyncio.gather(
        *(act(live_client, head, made, "supplements", wish) for _ in range(4))
    )
    contract = (await live_client.get(f"/v1/contracts/{made['id']}")).json()

    assert [answer.status_code for answer in answers].count(201) == 1
    assert contract["supplements_fen"] == VALUE // 10


async def test_a_supplement_and_an_addition_at_once_stay_within_a_tenth(
    real_market: Market, fresh_database: Urls
) -> None:
    market = real_market
    async with database(fresh_database.app, pool_size=2) as opened:
        made = await signed(market.client, market.head, market.supplier(A), opened.sessions)
    row = await market.prepared(**ADDITION, value_fen=TENTH, original_contract_id=made["id"])
    row = await market.announced(row, "2026-03-05 10:00")
    wish = {"supplier_id": A, "value_fen": TENTH, "reason": "原合同添购，保证服务衔接"}
    supplement = more(made["line"], TENTH, made)

    told = await answers(
        market,
        [
            (market.head, f"tenders/{row['id']}/direct-award", wish, row),
            (market.head, f"contracts/{made['id']}/supplements", supplement, made),
        ],
    )

    (refused,) = [each.json()["type"] for each in told if each.status_code == 409]
    assert refused in {"addition-too-large", "supplement-too-large"}


async def until_answered(
    service: Living, path: str, headers: Header, *, kill_after: float | None
) -> httpx.Response:
    """The answer in the end: the same call, again and again, over a service that is killed."""
    async with httpx.AsyncClient(base_url=service.base, timeout=10) as client:
        for attempt in range(PATIENCE):
            call = asyncio.create_task(client.post(path, headers=headers))
            if attempt == 0 and kill_after is not None:
                await asyncio.sleep(kill_after)
                service.kill_server()
                await asyncio.gather(call, return_exceptions=True)
                await asyncio.to_thread(service.wait_for_next)
                continue
            try:
                answer = await call
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if answer.status_code != 503:
                return answer
    raise TimeoutError(path)


async def test_a_kill_between_signing_and_publication_loses_and_doubles_nothing(
    fresh_database: Urls, secrets: Secrets, head: Header, provider: Header
) -> None:
    dice = random.Random(7)
    async with (
        living("procurement", fresh_database, secrets, "--kept") as service,
        database(fresh_database.app, pool_size=2) as opened,
    ):
        for _ in range(3):
            async with httpx.AsyncClient(base_url=service.base) as client:
                made: dict[str, Any] = await draft(client, head, opened.sessions)
                signed = (await step(client, provider, made, "signature")).json()
            told = {}
            for what in ("signature", "publication"):
                path = f"/v1/contracts/{made['id']}/{what}"
                headers = {**head, "Idempotency-Key": str(uuid4()), **at(signed)}
                answer = await until_answered(
                    service, path, headers, kill_after=dice.uniform(0.0, 0.06)
                )
                assert answer.status_code == 200, answer.text
                signed = told[what] = answer.json()
            assert told["publication"]["published_at"] >= told["signature"]["signed_at"]
        async with opened.sessions() as session:
            entries = await session.scalars(text("SELECT kind FROM ledger_entry"))
            counted = Counter(entries)
            lines = (await session.execute(text("SELECT * FROM budget_line"))).all()
            tags = await session.scalars(text("SELECT unnest(tag) FROM ocds_release"))
            released = Counter(tags)

    assert counted == {"planned": 3, "reserved": 3, "committed": 3}
    assert [(row.reserved_fen, row.committed_fen) for row in lines] == [(0, VALUE)] * 3
    assert released["contract"] == 3


@pytest.mark.parametrize("signs_first", [True, False])
async def test_signing_and_taking_back_an_award_never_both_happen(
    live_client: httpx.AsyncClient, fresh_database: Urls, head: Header, signs_first: bool
) -> None:
    """The database itself, below every lock that the code takes."""
    async with database(fresh_database.app, pool_size=4) as opened:
        made = await draft(live_client, head, opened.sessions)
        ids = {"contract": made["id"], "award": made["award_id"]}
        sign = (
            "UPDATE contract SET status = 'active', signed_at = now(), buyer_signed_at = now(),"
            " provider_signed_at = now(), supplements_max_fen = 0 WHERE id = :contract"
        )
        take_back = "UPDATE award SET status = 'cancelled', cancelled_at = now() WHERE id = :award"
        first, second = (sign, take_back) if signs_first else (take_back, sign)
        async with opened.sessions() as one, opened.sessions() as two:
            await one.execute(text(first), ids)
            waiting = asyncio.create_task(two.execute(text(second), ids))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            await one.commit()
            with pytest.raises(IntegrityError) as refused:
                await waiting

    told = "under a contract in force" if signs_first else "on an award that stands"
    assert told in str(refused.value)
