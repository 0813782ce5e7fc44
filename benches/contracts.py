"""Publishing at 20,000 contracts: the list and the OCDS record, sixteen callers over HTTP."""

import asyncio
import os
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from benches import Row, wire
from benches.house import house, migrated, serving
from common.clock import utc_now
from common.db import database
from common.ids import uuid7s
from procurement import tables
from procurement.domain.ocds import releasing
from procurement.domain.ocds.values import Facts
from tests.contract.live import free_port

CONTRACTS = int(os.environ.get("CONTRACTS", "20000"))
CLIENTS, SECONDS, ROUNDS = 16, 4.0, 5
BAR = "p99 <= 30 ms"
PORTION = 2_000


def rows() -> list[Row]:
    """p99 of each sort of question, median of the rounds."""
    with house() as (server, secrets):
        urls = migrated(server, "procurement", "procurement")
        ocids = asyncio.run(_furnish(urls.app))
        port = free_port()
        with serving("procurement", urls, secrets, port):
            return [_measured(name, paths, port) for name, paths in _questions(ocids).items()]


def _measured(name: str, paths: list[str], port: int) -> Row:
    prepared = [wire.request("GET", path, {}) for path in paths]
    loads = [
        asyncio.run(
            wire.run(
                port,
                lambda number: prepared[number % len(prepared)],
                clients=CLIENTS,
                seconds=SECONDS,
            )
        )
        for _ in range(ROUNDS)
    ]
    odd = {status for load in loads for status in load.statuses if status != 200}
    p99s = [load.p99_ms for load in loads]
    return Row(
        f"{name}, {CLIENTS} callers" + (f", odd answers {odd}" if odd else ""),
        f"p99 {median(p99s):.1f} ms ({min(p99s):.1f} to {max(p99s):.1f}), p50"
        f" {median(load.p50_ms for load in loads):.1f} ms,"
        f" {median(load.per_second for load in loads):.0f}/s",
        BAR,
    )


def _questions(ocids: list[str]) -> dict[str, list[str]]:
    random = Random(7)  # noqa: S311 - seeded, so that each run asks the same
    some = random.sample(ocids, min(500, len(ocids)))
    return {
        "list of contracts": ["/v1/contracts?limit=20"],
        "list of contracts of a street": [
            f"/v1/contracts?area=310101{n:03d}&limit=20" for n in range(1, 200)
        ],
        "record of a process": [f"/ocds/records/{ocid}" for ocid in some],
    }


async def _furnish(url: str) -> list[str]:
    """So many published contracts, each with its purchase, award and record of two releases."""
    ocids: list[str] = []
    async with database(url, pool_size=1, journal=False) as opened:
        for start in range(0, CONTRACTS, PORTION):
            async with opened.sessions.begin() as session:
                made = [_process(start + n) for n in range(min(PORTION, CONTRACTS - start))]
                for table in (
                    *(tables.Tender, tables.Award, tables.Contract),
                    *(tables.OcdsRecord, tables.OcdsRelease),
                ):
                    await session.execute(insert(table), [each[table] for each in made])
                ocids += [each[tables.Tender]["ocid"] for each in made]
    return ocids


def _process(number: int) -> dict[Any, dict[str, Any]]:
    now = utc_now()
    tender_id, award_id, contract_id, key = uuid7s(4)
    edited = {"version": 1, "created_at": now, "updated_at": now}
    edited |= {"created_by": "bench", "updated_by": "bench"}
    area = f"310101{number % 200 + 1:03d}000"
    buyer, provider = UUID(int=number % 200 + 1), UUID(int=10_000 + number % 2_000)
    shared = {"area_code": area, "buyer_id": buyer, "category": "meal", "title": "演示数据 助餐"}
    ocid = f"ocds-213czf-{tender_id}"
    tender = {
        **edited,
        **shared,
        "id": tender_id,
        "ocid": ocid,
        "description": "演示数据 为独居老人送餐",
        "method": "consultation",
        "object": "service",
        "contents": ["service"],
        "value_fen": 500_000_00,
        "is_conducted_elsewhere": False,
        "is_price_fixed": False,
        "price_weight": 0,
        "step": "announced",
        "stage": 1,
        "round": 1,
        "rules": [],
        "suppliers_least": 1,
        "tenderers": 3,
        "conforming": 3,
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
        "value_fen": 480_000_00,
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
        "delivered_days": 0,
        "original_fen": 480_000_00,
        "value_fen": 480_000_00,
        "supplements_fen": 0,
        "supplements_max_fen": 48_000_00,
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
        tables.Tender: tender,
        tables.Award: award,
        tables.Contract: contract,
        tables.OcdsRecord: {**head, "ocid": ocid, "state": present, "compiled": compiled},
        tables.OcdsRelease: {**head, "key": key, "tag": release["tag"], "body": release},
    }


def _facts(*rows: dict[str, Any]) -> Facts:
    """The rows with the columns that were left empty."""
    tender, award, contract = (
        {**dict.fromkeys(table.__table__.columns.keys()), **row}
        for table, row in zip((tables.Tender, tables.Award, tables.Contract), rows, strict=True)
    )
    return Facts(tender=tender, awards=[award], contracts=[contract])
