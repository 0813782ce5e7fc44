"""Who is kept out between the bid and the award is refused by rule and value; the next is named."""

from datetime import date
from typing import Any
from uuid import UUID

from tests.procurement.cases import Sessions
from tests.procurement.organisations import excluded, provider_row
from tests.procurement.service.test_procedures import REASON, call_off
from tests.procurement.service.test_top_ups import ranked, run
from tests.procurement.tendering import CRITERIA, A, B, C, D, Market

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}
WHY = "第一名在评审后被禁入，依排序由下一名成交"
SINCE = date(2026, 3, 20)


async def awarded(market: Market, tender: str, *passed: str, status: int = 0) -> Any:
    """An award that passes over somebody."""
    body = {"declined_supplier_ids": list(passed), "reason": WHY} if passed else {}
    version = await market.tender(tender)
    return await market.post(
        market.head, f"tenders/{tender}/award", body, version=version, status=status
    )


async def dissolved(market: Market, sessions: Sessions, supplier: str, on: date) -> None:
    async with sessions.begin() as session:
        file = provider_row(market.clock.now, UUID(supplier))
        file.dissolved_on = on
        session.add(file)


async def test_who_was_excluded_since_the_bid_is_refused_and_the_next_is_awarded(
    market: Market, sessions: Sessions
) -> None:
    tender = await market.evaluated(PRICES)
    await excluded(sessions, A, from_on=SINCE)
    refused = await awarded(market, tender, status=409)
    await awarded(market, tender, A)
    (award,) = (await market.get(market.head, f"awards?tender_id={tender}"))["items"]

    assert refused["type"] == "candidate-unfit"
    (fault,) = refused["errors"]
    assert (fault["pointer"], fault["value"]) == ("/declined_supplier_ids", A)
    assert "2026-03-20" in fault["message"]
    assert "gpl.22.major_violation" in fault["message"]
    assert (award["supplier_id"], award["rank"], award["reason"]) == (B, 2, WHY)
    assert "gpl.22.major_violation" in award["rules"]


async def test_who_is_dissolved_is_refused_by_the_day_and_may_be_passed_over(
    market: Market, sessions: Sessions
) -> None:
    tender = await market.evaluated(PRICES)
    await dissolved(market, sessions, A, market.clock.now.date())
    refused = await awarded(market, tender, status=409)
    moved = await awarded(market, tender, A)

    (fault,) = refused["errors"]
    assert (refused["type"], "2026-03-23" in fault["message"]) == ("candidate-unfit", True)
    assert "102.6.providers" in fault["message"]
    assert moved["step"] == "awarded"


async def test_who_will_be_dissolved_later_is_awarded_and_not_passed_over(
    market: Market, sessions: Sessions
) -> None:
    tender = await market.evaluated(PRICES)
    await dissolved(market, sessions, A, date(2026, 3, 24))
    refused = await awarded(market, tender, A, status=422)
    await awarded(market, tender)
    (award,) = (await market.get(market.head, f"awards?tender_id={tender}"))["items"]

    assert (refused["type"], award["supplier_id"]) == ("wrong-tender", A)


async def test_where_nobody_may_supply_the_purchase_ends(
    market: Market, sessions: Sessions
) -> None:
    tender = await market.evaluated(PRICES)
    for each in PRICES:
        await excluded(sessions, each, from_on=SINCE)
    second = await awarded(market, tender, A, status=409)
    nobody = await awarded(market, tender, *PRICES, status=409)
    body = {"declined_supplier_ids": list(PRICES), "reason": "候选供应商均在禁入期内，重新采购"}
    ended = await market.step(market.head, tender, "failure", body)

    assert [each["value"] for each in second["errors"]] == [B]
    assert (nobody["type"], ended["step"]) == ("nobody-left", "unsuccessful")


async def test_nothing_is_signed_with_who_is_dissolved_meanwhile(
    market: Market, sessions: Sessions
) -> None:
    """The same question is asked of who is chosen without a competition, and who signs."""
    row = await market.announced(
        await market.prepared(
            method="single_source",
            single_source_ground="only_supplier",
            price_weight=0,
            small_firm_deduction=None,
        ),
        "2026-03-05 10:00",
    )
    await dissolved(market, sessions, A, market.clock.now.date())
    body = {"supplier_id": A, "value_fen": 400_000_00, "reason": "唯一具备资质的供应商，已公示"}
    refused = await market.post(
        market.head,
        f"tenders/{row['id']}/direct-award",
        body,
        version=await market.tender(row["id"]),
        status=409,
    )

    assert (refused["type"], "102.6.providers" in refused["detail"]) == ("provider-excluded", True)


async def test_a_bid_of_who_was_dissolved_at_the_deadline_does_not_count(
    market: Market, sessions: Sessions
) -> None:
    await market.enrol(6)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    for org, price in PRICES.items():
        await market.bid(row["id"], org, price)
    await dissolved(market, sessions, C, SINCE)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(row["id"], org)
    record = await market.opened(row["id"])

    out = {bid["bidder_id"]: bid["disqualified_rule"] for bid in record["bids"]}
    assert out == {A: None, B: None, C: "102.6.providers"}


async def test_a_framework_that_passes_over_too_many_is_not_awarded_but_ended(
    market: Market, sessions: Sessions
) -> None:
    """Of four one stays out; of A, B and C two are excluded since: one is no framework."""
    await market.enrol(6)
    framework = await ranked(market, [A, B, C, D], "2026-03-23 10:00")
    body = {"declined_supplier_ids": [B], "reason": "入围供应商放弃，重新征集供应商"}
    early = await market.post(
        market.head,
        f"tenders/{framework}/failure",
        body,
        version=await market.tender(framework),
        status=409,
    )
    for each in (B, C):
        await excluded(sessions, each, from_on=SINCE)
    refused = await awarded(market, framework, B, C, status=409)
    body = {"declined_supplier_ids": [B, C], "reason": "两家入围供应商被禁入，不足法定家数"}
    ended = await market.step(market.head, framework, "failure", body)

    assert [early["type"], refused["type"]] == ["candidates-left", "too-few-suppliers"]
    assert (ended["step"], ended["status"]) == ("unsuccessful", "unsuccessful")


async def test_who_may_not_supply_has_no_turn_in_a_framework(
    market: Market, sessions: Sessions
) -> None:
    await market.enrol(6)
    framework = (await run(market, [A, B, C, D], "2026-03-23 10:00"))["id"]
    await excluded(sessions, A, from_on=SINCE)
    turn = await call_off(market, framework, "rotation", supplier_id=B, reason=REASON)
    out = await call_off(market, framework, "direct", supplier_id=A, reason=REASON, status=409)
    await excluded(sessions, B, from_on=SINCE)
    few = await call_off(market, framework, "direct", supplier_id=C, reason=REASON, status=409)

    assert turn["step"] == "awarded"
    assert [out["type"], few["type"]] == ["provider-excluded", "too-few-suppliers"]
