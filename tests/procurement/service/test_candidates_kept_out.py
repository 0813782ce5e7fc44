"""Who is kept out between the bid and the award is refused by rule and value; the next is named."""

from datetime import date
from typing import Any
from uuid import UUID

from tests.procurement.cases import Sessions
from tests.procurement.organisations import excluded, provider_row
from tests.procurement.tendering import CRITERIA, A, B, C, Market

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
