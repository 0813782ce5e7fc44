"""Publishing at 20,000 contracts, one service process over HTTP; red flags over all of them.

Questions come at a steady rate, each timed from when it was due, whoever is behind, once the day's
work of ratings and red flags is done. They are drawn over everything that is published, so that
most are not what this process has told before.
"""

import asyncio
import os
import time
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import insert, text

from benches import Row, wire
from benches.house import house, migrated, serving
from common.clock import city_day, utc_now
from common.db import database, direct_url
from common.ids import uuid7, uuid7s
from deploy.local.environment import Urls
from procurement import tables, worker
from procurement.domain.ocds import releasing
from procurement.domain.ocds.values import Facts
from procurement.usecases import guards
from tests.living import free_port

CONTRACTS = int(os.environ.get("CONTRACTS", "20000"))
PROVIDERS, BUYERS, BIDS, COSTS = 2_000, 200, 4, 5
CONNECTIONS, PER_SECOND, SECONDS, ROUNDS = 16, 100, 3, 3
BAR = "p99 <= 30 ms"
PORTION = 1_000


def rows() -> list[Row]:
    """p99 of each sort of question, median of the rounds; then the look over all contracts."""
    with house() as (server, secrets):
        urls = migrated(server, "procurement", "procurement")
        ocids = asyncio.run(_furnish(urls))
        port = free_port()
        with serving("procurement", urls, secrets, port):
            asyncio.run(day_begun(urls))
            found = [_measured(name, paths, port) for name, paths in _questions(ocids).items()]
        return [*found, asyncio.run(_look_over(urls))]


async def day_begun(urls: Urls) -> None:
    """Wait until the service has done what it does once a day, here at its start."""
    async with database(urls.app, pool_size=1) as opened:
        while not await worker.is_begun(opened, city_day(utc_now())):  # noqa: ASYNC110 - it is afar
            await asyncio.sleep(0.5)


def _measured(name: str, paths: list[str], port: int) -> Row:
    prepared = [wire.request("GET", path, {}) for path in paths]
    loads = [
        asyncio.run(wire.paced([port], asked, per_second=PER_SECOND, clients=CONNECTIONS))
        for asked in (prepared[n::ROUNDS] for n in range(ROUNDS))
    ]
    odd = {status for load in loads for status in load.statuses if status != 200}
    p99s = [load.p99_ms for load in loads]
    return Row(
        f"{name}, {PER_SECOND} a second" + (f", odd answers {odd}" if odd else ""),
        f"p99 {median(p99s):.1f} ms ({min(p99s):.1f} to {max(p99s):.1f}), p50"
        f" {median(load.p50_ms for load in loads):.1f} ms",
        BAR,
    )


def _questions(ocids: list[str]) -> dict[str, list[str]]:
    random = Random(7)
    size = PER_SECOND * SECONDS * ROUNDS
    return {
        "list of contracts": ["/v1/contracts?limit=20"] * size,
        "list of contracts of a street": [
            f"/v1/contracts?area=310101{random.randint(1, BUYERS):03d}&limit=20"
            for _ in range(size)
        ],
        "list of contracts of a provider": [
            f"/v1/contracts?provider_id={UUID(int=10_000 + random.randrange(PROVIDERS))}"
            for _ in range(size)
        ],
        "record of a process": [f"/ocds/records/{random.choice(ocids)}" for _ in range(size)],
        "release of a process": [f"/ocds/releases/{random.choice(ocids)}-1" for _ in range(size)],
        "package of 20 records": ["/ocds/records?limit=20"] * size,
        "package of 20 releases": ["/ocds/releases?limit=20"] * size,
    }


async def _look_over(urls: Urls) -> Row:
    async with database(urls.app, pool_size=1) as opened:
        started = time.perf_counter()
        async with opened.sessions.begin() as session:
            run = await guards.look_over(session, now=utc_now())
        took = time.perf_counter() - started
    return Row(
        f"red flags over {run.contracts:,} contracts and {run.tenders:,} purchases with"
        f" {BIDS * run.tenders:,} bids: {run.flags:,} flags",
        f"{took:.1f} s",
        "<= 30 s",
    )


async def _furnish(urls: Urls) -> list[str]:
    """So many published contracts, each with its purchase, bids, award, costs and record.

    One provider in ten was raised by the buyer of some of its contracts; thresholds are set.
    """
    ocids: list[str] = []
    async with database(urls.app, pool_size=1, journal=False) as opened:
        async with opened.sessions.begin() as session:
            await session.execute(
                text("UPDATE rule SET value = '400000000' WHERE code = 'sh.open_tender'")
            )
            files, ties = zip(*(_provider(n) for n in range(PROVIDERS)), strict=True)
            await session.execute(insert(tables.Provider), files)
            await session.execute(insert(tables.Tie), [tie for tie in ties if tie])
        for start in range(0, CONTRACTS, PORTION):
            async with opened.sessions.begin() as session:
                made = [_process(start + n) for n in range(min(PORTION, CONTRACTS - start))]
                for table in made[0]:
                    records = [row for each in made for row in each[table]]
                    await session.execute(insert(table), records)
                ocids += [each[tables.Tender][0]["ocid"] for each in made]
    owner = await asyncpg.connect(direct_url(urls.owner))
    await owner.execute("VACUUM ANALYZE")  # or the database does it by itself, beside what is asked
    await owner.close()
    return ocids


def _edited() -> dict[str, Any]:
    now = utc_now()
    stamps = {"version": 1, "created_at": now, "updated_at": now}
    return {**stamps, "created_by": "bench", "updated_by": "bench"}


def _provider(number: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """A file, and of every tenth the buyer that raised it."""
    provider, edited = UUID(int=10_000 + number), _edited()
    file = {
        **edited,
        "id": provider,
        "name": f"演示数据 机构 {number}",
        "kind": "private_non_enterprise",
        "area_code": f"310101{number % BUYERS + 1:03d}000",
        "categories": ["meal"],
        "is_small_enterprise": False,
        "admitted_on": utc_now().date(),
    }
    tie = {
        **edited,
        "id": uuid7(),
        "provider_id": provider,
        "organisation_id": UUID(int=number % BUYERS + 1),
        "kind": "incubator",
        "source": "registry",
        "from_on": utc_now().date() - timedelta(days=700),
    }
    return file, tie if number % 10 == 0 else None


def _process(number: int) -> dict[Any, list[dict[str, Any]]]:
    now, edited = utc_now(), _edited()
    tender_id, award_id, contract_id, key = uuid7s(4)
    price = 400_000_00 + Random(number).randrange(160_000_00)
    area = f"310101{number % BUYERS + 1:03d}000"
    buyer, provider = UUID(int=number % BUYERS + 1), UUID(int=10_000 + number % PROVIDERS)
    shared = {"area_code": area, "buyer_id": buyer, "category": "meal", "title": "演示数据 助餐"}
    ocid = f"local-000000-{tender_id}"
    tender = {
        **edited,
        **shared,
        "id": tender_id,
        "ocid": ocid,
        "description": "演示数据 为独居老人送餐",
        "method": "consultation",
        "object": "service",
        "contents": ["service"],
        "value_fen": 600_000_00,
        "is_conducted_elsewhere": False,
        "is_price_fixed": False,
        "price_weight": 0,
        "step": "announced",
        "stage": 1,
        "round": 1,
        "rules": [],
        "suppliers_least": 1,
        "tenderers": BIDS,
        "conforming": BIDS - (number % 9 == 0),
        "notice_at": now,
        "opened_at": now,
        "awarded_at": now,
        "announced_at": now,
    }
    award = {
        **edited,
        "id": award_id,
        "tender_id": tender_id,
        "round": 1,
        "rank": 1,
        "rules": [],
        "supplier_id": provider,
        "value_fen": price,
        "status": "active",
        "is_shared": False,
        "decided_at": now,
        "announced_at": now,
        "announce_due_on": now.date(),
    }
    contract = {
        **edited,
        **shared,
        "id": contract_id,
        "tender_id": tender_id,
        "award_id": award_id,
        "ocid": ocid,
        "kind": "service",
        "status": "active",
        "provider_id": provider,
        "service_item_ids": [],
        "area_codes": [area],
        "target_groups": ["elderly"],
        "exclusions": ["banquet"],
        "administrative_hours_max": 40,
        "excess": "refused",
        "administrative_hours_used": 0,
        "service_days": 240,
        "places": 40,
        "delivered_days": 0,
        "original_fen": price,
        "value_fen": price,
        "supplements_fen": 0,
        "supplements_max_fen": price // 10,
        "paid_fen": 0,
        "is_stable": False,
        "period_start_on": now.date(),
        "period_end_on": now.date() + timedelta(days=364),
        "evaluations_per_year": 2,
        "is_due_provisional": False,
        "rules": [],
        "buyer_signed_at": now,
        "provider_signed_at": now,
        "signed_at": now,
        "published_at": now,
    }
    present = releasing.state(_facts(tender, award, contract))
    release = releasing.release(ocid, 1, now, present, releasing.tags(present, {}))
    compiled = releasing.compiled_with({}, release)
    head = {"tender_id": tender_id, "released_at": now, "number": 1}
    return {
        tables.Tender: [tender],
        tables.Bid: _bids(tender_id, number, price),
        tables.Award: [award],
        tables.Contract: [contract],
        tables.ContractCost: _costs(contract_id, price),
        tables.OcdsRecord: [{**head, "ocid": ocid, "state": present, "compiled": compiled}],
        tables.OcdsRelease: [{**head, "key": key, "tag": release["tag"], "body": release}],
    }


def _bids(tender_id: UUID, number: int, price: int) -> list[dict[str, Any]]:
    """The winner's and three others; the last of every ninth purchase is disqualified."""
    now = utc_now()
    return [
        {
            "tender_id": tender_id,
            "id": uuid7(),
            "stage": 1,
            "bidder_index": place.to_bytes(8),
            "bidder_sealed": "",
            "ciphertext_digest": bytes(32),
            "key_commitment": bytes(32),
            "algorithm": "sm4-gcm",
            "submitted_at": now,
            "opened_at": now,
            "outcome": "opened",
            "status": "disqualified" if place == BIDS - 1 and number % 9 == 0 else "valid",
            "bidder_id": UUID(int=10_000 + (number + place * 37) % PROVIDERS),
            "price_fen": price + place * 1_000_00,
            "low_rules": [],
        }
        for place in range(BIDS)
    ]


def _costs(contract_id: UUID, price: int) -> list[dict[str, Any]]:
    line = {"contract_id": contract_id, "kind": "activity", "quantity": 1}
    names = ("餐食", "配送", "活动", "设备购置", "税费")
    return [
        {
            **line,
            "position": at,
            "name": name,
            "unit_fen": price // COSTS,
            "amount_fen": price // COSTS,
        }
        for at, name in enumerate(names)
    ]


def _facts(*rows: dict[str, Any]) -> Facts:
    """The rows with the columns that were left empty."""
    tender, award, contract = (
        {**dict.fromkeys(table.__table__.columns.keys()), **row}
        for table, row in zip((tables.Tender, tables.Award, tables.Contract), rows, strict=True)
    )
    return Facts(tender=tender, awards=[award], contracts=[contract])
