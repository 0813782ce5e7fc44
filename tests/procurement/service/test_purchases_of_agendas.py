"""Purchases of what residents decided: as they fixed it, each deviation explained."""

from typing import Any
from uuid import UUID, uuid4

from common.clock import utc_now
from common.feed.client import Change
from procurement.queries import agenda as agenda_queries
from procurement.usecases import agenda
from tests.procurement.cases import BUYER, STREET, Sessions
from tests.procurement.tendering import TENDER, Market


def agenda_of(item: UUID, **more: Any) -> dict[str, Any]:
    """An agenda as feedback's feed tells it."""
    return {
        "id": str(uuid4()),
        "number": "YT-2026-01",
        "area_code": STREET,
        "title": "演示数据 共治议题清单",
        "status": "published",
        "pot_fen": 900_000_00,
        "pot_document": "南东街办〔2026〕2号",
        "pot_approved_by_id": BUYER,
        "pot_approved_on": "2026-01-10",
        "vote_id": None,
        "rule": "resolution",
        "tie_break": "按票数",
        "items": [
            {
                "id": str(item),
                "position": 1,
                "proposal_id": str(uuid4()),
                "title": "老年助餐",
                "category": "meal_delivery",
                "service_item_id": None,
                "area_code": STREET,
                "target_groups": ["elderly"],
                "gap_id": None,
                "money_fen": 500_000_00,
                "wished_method": "open_tender",
                "votes": 120,
                "reason": "票数第一",
                "resolutions": ["JY-01"],
            }
        ],
        "superseded_by_id": None,
        "decided_at": "2026-01-20T02:00:00Z",
        "published_at": "2026-01-21T02:00:00Z",
        "delivered_at": None,
        "withdrawn_at": None,
        "withdrawal_reason": None,
        **more,
    }


async def received(sessions: Sessions, state: dict[str, Any]) -> None:
    async with sessions.begin() as session:
        change = Change("agenda", UUID(state["id"]), 1, state)
        await agenda.receive(session, [change], now=utc_now())
        await agenda.receive(session, [change], now=utc_now())


async def test_a_purchase_carries_what_residents_fixed_and_explains_each_deviation(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    await received(sessions, agenda_of(item))
    wish = {
        **TENDER,
        "agenda_item_id": str(item),
        "method": "consultation",
        "value_fen": 480_000_00,
    }
    silent = await market.post(market.clerk, "tenders", wish, status=422)
    reasons = [
        {"field": "money", "reason": "询价后单价下降，节余退回资金池"},
        {"field": "method", "reason": "政府购买服务适用竞争性磋商", "rule": "214.3.applies"},
    ]
    made = await market.post(market.clerk, "tenders", {**wish, "deviations": reasons})
    taken = await market.post(
        *(market.clerk, "tenders", {**wish, "deviations": reasons, "title": "再买一次"}),
        status=409,
    )
    outcome = await market.get({}, f"agenda-outcomes/{item}")

    assert silent["type"] == "deviation-unexplained"
    assert {fault["value"] for fault in silent["errors"]} == {"money", "method"}
    assert made["agenda_item_id"] == str(item)
    assert taken["type"] == "agenda-item-under-way"
    assert outcome["stage"] == "planned"
    assert [(d["field"], d["decided"], d["actual"]) for d in outcome["deviations"]] == [
        ("method", "open_tender", "consultation"),
        ("money", "50000000", "48000000"),
    ]


async def test_items_of_an_agenda_that_is_withdrawn_are_dropped(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    state = agenda_of(item)
    await received(sessions, state)
    await received(sessions, {**state, "status": "withdrawn"})
    async with sessions() as session:
        told = (await agenda_queries.states(session, [item]))[item]

    assert (told.stage, told.dropped_at is not None) == ("dropped", True)
