"""Purchases that the designated platform runs: nothing of them here but their result."""

from uuid import uuid4

from tests.clock import city
from tests.procurement.cases import Sessions
from tests.procurement.service.test_purchases_of_agendas import agenda_of, received
from tests.procurement.tendering import CRITERIA, A, Market


async def test_what_runs_on_the_platform_is_not_announced_here(market: Market) -> None:
    row = await market.prepared(CRITERIA, value_fen=5_000_000_00, is_conducted_elsewhere=True)
    await market.funded(row)
    until = city("2026-04-23 10:00").isoformat()
    body = {
        "tender_period_end_at": until,
        "enquiry_period_end_at": until,
        "reveal_period_end_at": city("2026-04-23 11:00").isoformat(),
    }
    row = await market.step(market.head, row["id"], "intention")
    path = f"tenders/{row['id']}/notice"
    refused = await market.post(market.head, path, body, version=row, status=409)

    assert refused["type"] == "conducted-elsewhere"
    assert (await market.tender(row["id"]))["step"] == "intended"


async def test_a_purchase_without_a_result_on_the_platform_frees_money_and_item(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    await received(sessions, agenda_of(item))
    wish = {"agenda_item_id": str(item), "is_conducted_elsewhere": True}
    row = await market.prepared(CRITERIA, **wish)
    line = await market.funded(row)
    market.clock.to("2026-04-10 10:00")
    record = {
        "platform": "上海市政府采购云平台",
        "number": "310101-2026-0043",
        "notice_at": city("2026-03-02 10:00").isoformat(),
        "tender_period_end_at": city("2026-03-23 10:00").isoformat(),
        "opened_at": city("2026-03-23 10:00").isoformat(),
        "tenderers": 1,
        "conforming": 1,
        "results": [],
        "documents": [{"kind": "notice", "title": "废标公告", "digest": "cd" * 32}],
    }
    await market.step(market.head, row["id"], "platform-record", record)
    after = await market.tender(row["id"])
    money = await market.get(market.head, f"budget-lines/{line}")
    again = await market.prepared(CRITERIA, **wish)

    assert (after["step"], after["cancel_reason"]) == ("unsuccessful", "too_few_suppliers")
    assert (money["reserved_fen"], money["free_fen"]) == (0, money["planned_fen"])
    assert again["agenda_item_id"] == str(item)


async def test_a_result_over_the_budget_is_no_award(market: Market) -> None:
    row = await market.prepared(CRITERIA, is_conducted_elsewhere=True)
    market.clock.to("2026-04-10 10:00")
    record = {
        "platform": "上海市政府采购云平台",
        "number": "310101-2026-0044",
        "notice_at": city("2026-03-02 10:00").isoformat(),
        "tender_period_end_at": city("2026-03-23 10:00").isoformat(),
        "opened_at": city("2026-03-23 10:00").isoformat(),
        "awarded_at": city("2026-03-24 10:00").isoformat(),
        "announced_at": city("2026-03-25 10:00").isoformat(),
        "tenderers": 3,
        "conforming": 3,
        "results": [{"supplier_id": A, "value_fen": row["value_fen"] + 1}],
        "documents": [{"kind": "notice", "title": "中标公告", "digest": "cd" * 32}],
    }
    path = f"tenders/{row['id']}/platform-record"
    refused = await market.post(market.head, path, record, version=row, status=422)

    (fault,) = refused["errors"]
    assert (refused["type"], fault["pointer"]) == ("wrong-tender", "/results/0/value_fen")
    assert (await market.tender(row["id"]))["step"] == "planning"
