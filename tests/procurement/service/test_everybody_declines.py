"""What becomes of a purchase whose candidates have all declined."""

from typing import Any
from uuid import uuid4

from tests.procurement.cases import Sessions
from tests.procurement.service.test_awards_under_contract import drafted, signed
from tests.procurement.service.test_purchases_of_agendas import agenda_of, received
from tests.procurement.tendering import A, B, C, Market

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}
DECLINED = {"declined_supplier_ids": [A, B, C], "reason": "全部候选供应商书面放弃，重新采购"}


async def failed(market: Market, tender: str, body: Any = None, *, status: int = 0) -> Any:
    version = await market.tender(tender)
    path = f"tenders/{tender}/failure"
    return await market.post(market.head, path, body or DECLINED, version=version, status=status)


async def reserved(market: Market, tender: str) -> int:
    held = await market.get(market.clerk, f"tenders/{tender}/funding")
    return sum(draw["value_fen"] for draw in held["draws"])


async def won(market: Market) -> str:
    """A tender that A has won, announced on Monday 2026-03-23."""
    tender = await market.evaluated(PRICES)
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    return tender


async def test_when_all_decline_the_purchase_ends_and_its_money_is_free(market: Market) -> None:
    tender = await won(market)
    before = await reserved(market, tender)
    some = {**DECLINED, "declined_supplier_ids": [A, C]}
    refused = await failed(market, tender, some, status=409)
    version = await market.tender(tender)
    nobody = await market.post(
        market.head, f"tenders/{tender}/award", DECLINED, version=version, status=422
    )
    ended = await failed(market, tender)
    (award,) = (await market.get({}, f"awards?tender_id={tender}"))["items"]

    assert (refused["type"], B in refused["detail"]) == ("candidates-left", True)
    assert [each["value"] for each in nobody["errors"]] == [B, C]  # they were never awarded
    assert (ended["step"], ended["cancel_reason"]) == ("unsuccessful", "all_declined")
    assert (award["status"], award["cancel_reason"]) == ("cancelled", DECLINED["reason"])
    assert (before, await reserved(market, tender)) == (500_000_00, 0)


async def test_when_the_single_source_declines_the_item_is_free_again(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    state = agenda_of(item)
    state["items"][0]["wished_method"] = None
    await received(sessions, state)
    wish = {
        "agenda_item_id": str(item),
        "method": "single_source",
        "single_source_ground": "only_supplier",
        "price_weight": 0,
        "small_firm_deduction": None,
    }
    row = await market.announced(await market.prepared(**wish), "2026-03-05 10:00")
    chosen = {"supplier_id": A, "value_fen": 400_000_00, "reason": "唯一具备资质的供应商，已公示"}
    await market.step(market.head, row["id"], "direct-award", chosen)
    await market.step(market.head, row["id"], "award-notice")
    ended = await failed(market, row["id"], {**DECLINED, "declined_supplier_ids": [A]})
    again = await market.prepared(**wish)

    assert ended["step"] == "unsuccessful"
    assert await reserved(market, row["id"]) == 0
    assert again["agenda_item_id"] == str(item)


async def test_what_both_sides_have_signed_is_not_ended_so(market: Market) -> None:
    tender = await won(market)
    await signed(market, await drafted(market, tender))
    refused = await failed(market, tender, status=409)

    assert refused["type"] == "award-contracted"
    assert (await market.tender(tender))["step"] == "announced"


async def test_nobody_is_passed_over_before_being_awarded(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    version = await market.tender(tender)
    body = {**DECLINED, "declined_supplier_ids": [A]}
    refused = await market.post(
        market.head, f"tenders/{tender}/award", body, version=version, status=422
    )
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    await market.step(market.head, tender, "award", body)
    (first, second) = (await market.get(market.head, f"awards?tender_id={tender}"))["items"]

    (fault,) = refused["errors"]
    assert (fault["pointer"], fault["value"]) == ("/declined_supplier_ids", A)
    assert {(each["supplier_id"], each["status"]) for each in (first, second)} == {
        (A, "cancelled"),
        (B, "pending"),
    }


async def test_a_purchase_that_is_cancelled_leaves_no_award_behind(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    await market.step(market.head, tender, "award", {})
    why = {"reason": "task_cancelled", "explanation": "重大变故，采购任务取消"}
    done = await market.step(market.head, tender, "cancellation", why)
    (award,) = (await market.get(market.head, f"awards?tender_id={tender}"))["items"]

    assert (done["step"], await reserved(market, tender)) == ("cancelled", 0)
    assert (award["status"], award["cancel_reason"]) == ("cancelled", why["explanation"])
