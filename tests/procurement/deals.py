"""Purchases with an announced award, as the tests of contracts need them, and their contracts."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from common.calendar.official import official_calendar
from common.clock import city_day, utc_now
from common.contracts.procurement_panels import AwardStatus
from common.contracts.procurement_tenders import TenderStep
from common.ids import uuid7
from procurement import tables
from tests.procurement.cases import BUYER, PROVIDER, STREET, Header, Sessions, at, key, opened_line

VALUE = 48_000_00
MADE = {"version": 1, "created_by": "test", "updated_by": "test"}
WAGE = 3_000_00  # above the minimum wage of 2,740 yuan


async def prepared(
    sessions: Sessions, *, value_fen: int = VALUE, now: datetime | None = None, **more: Any
) -> UUID:
    """A purchase that is prepared and not yet announced."""
    instant = now or utc_now()
    tender_id = uuid7()
    values: dict[str, Any] = {
        "ocid": f"ocds-213czf-{tender_id}",
        "title": "南京东路街道老年助餐服务",
        "description": "为辖区高龄独居老人送餐",
        "method": "consultation",
        "object": "service",
        "contents": ["service"],
        "category": "meal",
        "buyer_id": UUID(BUYER),
        "area_code": STREET,
        "value_fen": value_fen,
        "is_conducted_elsewhere": False,
        "is_price_fixed": False,
        "price_weight": "0.1",
        "step": TenderStep.PLANNING,
        "stage": 1,
        "round": 1,
        "rules": [],
        **more,
    }
    async with sessions.begin() as session:
        session.add(
            tables.Tender(id=tender_id, **values, **MADE, created_at=instant, updated_at=instant)
        )
    return tender_id


async def fund(
    client: httpx.AsyncClient, header: Header, tender: UUID, *draws: tuple[str, int], **more: Any
) -> httpx.Response:
    """The answer to funding a purchase from lines."""
    wish = {"draws": [{"line_id": line, "value_fen": fen} for line, fen in draws], **more}
    return await client.post(
        f"/v1/tenders/{tender}/funding", json=wish, headers={**header, **key()}
    )


async def awarded(
    sessions: Sessions,
    tender_id: UUID,
    *,
    value_fen: int = VALUE,
    supplier: str = PROVIDER,
    now: datetime | None = None,
    **more: Any,
) -> UUID:
    """An announced award of a purchase."""
    instant = now or utc_now()
    today = city_day(instant)
    values: dict[str, Any] = {
        "supplier_id": UUID(supplier),
        "round": 1,
        "rank": 1,
        "value_fen": value_fen,
        "status": AwardStatus.ACTIVE,
        "is_shared": False,
        "decided_at": instant,
        "announce_due_on": today,
        "announced_at": instant,
        "sign_due_on": official_calendar().add_days(today, 30).on,
        "rules": [],
        **more,
    }
    async with sessions.begin() as session:
        tender = await session.get_one(tables.Tender, tender_id)
        tender.step, tender.opened_at, tender.notice_at = TenderStep.ANNOUNCED, instant, instant
        tender.suppliers_least, tender.tenderers, tender.conforming = 1, 3, 3
        tender.awarded_at = tender.announced_at = instant
        award = tables.Award(
            id=uuid7(),
            tender_id=tender_id,
            **values,
            **MADE,
            created_at=instant,
            updated_at=instant,
        )
        session.add(award)
    return award.id


def agreed(
    line: str, *, value_fen: int = VALUE, start: date | None = None, **more: Any
) -> dict[str, Any]:
    """Money, costs and milestones that add up, over a year."""
    first = start or city_day(utc_now())
    last = first.replace(year=first.year + 1) - timedelta(days=1)
    staff = value_fen // WAGE - 1
    half = value_fen // 2
    return {
        "title": "老年助餐服务合同",
        "value_fen": value_fen,
        "period_end_on": str(last),
        "service_days": 240,
        "funding": [{"line_id": line, "value_fen": value_fen}],
        "costs": [
            {"kind": "staff", "name": "送餐员", "grade": "worker", "quantity": staff}
            | {"unit_fen": WAGE},
            {"kind": "activity", "name": "餐食", "quantity": 1}
            | {"unit_fen": value_fen - staff * WAGE},
        ],
        "milestones": [
            {"title": "上半年", "due_on": str(first + timedelta(days=180))}
            | {"service_days": 120, "pay_fen": half},
            {"title": "下半年", "due_on": str(last)}
            | {"service_days": 120, "pay_fen": value_fen - half},
        ],
        **more,
    }


def wish(award: UUID, line: str, **more: Any) -> dict[str, Any]:
    """A contract of an award."""
    start = more.pop("start", None) or city_day(utc_now())
    return {
        "award_id": str(award),
        "area_codes": [STREET],
        "target_groups": ["elderly"],
        "exclusions": ["banquet"],
        "quota": {"hours_max": 40, "excess": "priced", "hour_fen": 60_00},
        "period_start_on": str(start),
        **agreed(line, start=start),
        **more,
    }


async def drawn_up(
    client: httpx.AsyncClient, header: Header, wanted: dict[str, Any]
) -> httpx.Response:
    """The answer to a contract that is drawn up."""
    return await client.post("/v1/contracts", json=wanted, headers={**header, **key()})


async def step(
    client: httpx.AsyncClient, header: Header, contract: dict[str, Any], what: str, **body: Any
) -> httpx.Response:
    """The answer to a step of a contract."""
    return await client.post(
        f"/v1/contracts/{contract['id']}/{what}",
        json=body or None,
        headers={**header, **key(), **at(contract)},
    )


async def draft(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, **more: Any
) -> dict[str, Any]:
    """A contract that is drawn up on a funded purchase."""
    line = await opened_line(client, head)
    tender = await prepared(sessions, **more.pop("tender", {}))
    assert (await fund(client, head, tender, (line["id"], VALUE))).status_code == 200
    award = await awarded(sessions, tender)
    answer = await drawn_up(client, head, wish(award, line["id"], **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return {**found, "line": line["id"]}


async def signed(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    sessions: Sessions,
    **more: Any,
) -> dict[str, Any]:
    """A contract that both sides have signed."""
    made = await draft(client, head, sessions, **more)
    first = await step(client, provider, made, "signature")
    second = await step(client, head, first.json(), "signature")
    assert second.status_code == 200, second.text
    return {**second.json(), "line": made["line"]}


async def published(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    sessions: Sessions,
    **more: Any,
) -> dict[str, Any]:
    """A contract that is published."""
    made = await signed(client, head, provider, sessions, **more)
    answer = await step(client, head, made, "publication")
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "line": made["line"]}


def stranger() -> str:
    """An organisation that nobody knows."""
    return str(uuid4())
