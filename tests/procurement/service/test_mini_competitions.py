"""A mini-competition looks at its framework again: at the notice, at each bid, and at the award."""

from typing import Any

import pytest

from tests.procurement.service.test_procedures import call_off, refused_notice, submitted
from tests.procurement.tendering import LICENCE, A, B, C, Market

LAST = "2026-04-10"
WHY = "连续两次未送达，按约清退"


@pytest.fixture
async def framework(market: Market) -> str:
    """An open framework until Friday 2026-04-10 that A, B and C have joined."""
    made = await market.prepared(
        [LICENCE],
        method="framework",
        framework_form="open",
        framework_ends_on=LAST,
        price_weight=1,
        small_firm_deduction=None,
    )
    row = await market.announced(made, f"{LAST} 10:00")
    for supplier in (A, B, C):
        wish = {"supplier_id": supplier, "value_fen": 20_00}
        await market.post(market.head, f"tenders/{row['id']}/admissions", wish)
    found: str = row["id"]
    return found


async def removed(market: Market, framework: str, *suppliers: str) -> None:
    for supplier in suppliers:
        wish = {"supplier_id": supplier, "reason": WHY}
        await market.post(market.head, f"tenders/{framework}/removals", wish)


async def competing(market: Market, framework: str) -> str:
    """A mini-competition that ends on Monday 2026-03-09."""
    row = await call_off(market, framework, "mini_competition")
    tender: str = (await market.announced(row, "2026-03-09 10:00"))["id"]
    return tender


async def test_what_was_placed_in_time_is_not_announced_after_the_end_of_the_framework(
    market: Market, framework: str
) -> None:
    market.clock.to(f"{LAST} 09:00")
    row = await call_off(market, framework, "mini_competition")
    market.clock.to("2026-04-11 09:00")
    late = await refused_notice(market, row, "2026-04-20 10:00")
    market.clock.to(f"{LAST} 23:00")
    done = await market.announced(row, "2026-04-20 10:00")

    assert late["type"] == "not-of-the-framework"
    assert done["step"] == "tendering"


@pytest.mark.parametrize("gone", [(A, B), (A, B, C)])
async def test_a_competition_of_too_few_is_not_announced_nor_is_it_open_to_everybody(
    market: Market, framework: str, gone: tuple[str, ...]
) -> None:
    row = await call_off(market, framework, "mini_competition")
    await removed(market, framework, *gone)
    refused = await refused_notice(market, row, "2026-03-09 10:00")

    assert refused["type"] == "too-few-suppliers"


async def test_who_was_removed_since_the_notice_does_not_bid(
    market: Market, framework: str
) -> None:
    tender = await competing(market, framework)
    await removed(market, framework, C)
    refused = await submitted(market, tender, C, 70_000_00, status=409)
    await market.bid(tender, A, 90_000_00)

    assert refused["type"] == "not-of-the-framework"
    assert C in refused["detail"]


async def ranked(market: Market, tender: str, prices: dict[str, int]) -> Any:
    for org, price in prices.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-09 10:00")
    for org in prices:
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    return await market.step(market.clerk, tender, "comparison")


async def test_who_was_removed_since_its_bid_is_named_and_the_next_is_awarded(
    market: Market, framework: str
) -> None:
    tender = await competing(market, framework)
    compared = await ranked(market, tender, {A: 90_000_00, B: 95_000_00, C: 70_000_00})
    await removed(market, framework, C)
    path, version = f"tenders/{tender}/award", await market.tender(tender)
    refused = await market.post(market.head, path, {}, version=version, status=409)
    body = {"declined_supplier_ids": [C], "reason": "已被清退出框架协议，由下一名成交"}
    await market.post(market.head, path, body, version=version)
    (award,) = (await market.get(market.head, f"awards?tender_id={tender}"))["items"]

    assert [line["bidder_id"] for line in compared["ranking"]] == [C, A, B]
    assert refused["type"] == "candidate-unfit"
    (fault,) = refused["errors"]
    assert (fault["pointer"], fault["value"]) == ("/declined_supplier_ids", C)
    assert (award["supplier_id"], award["value_fen"]) == (A, 90_000_00)
    assert "110.rejoin" in award["rules"]


async def test_where_all_who_bid_were_removed_the_competition_ends(
    market: Market, framework: str
) -> None:
    tender = await competing(market, framework)
    await ranked(market, tender, {A: 90_000_00, C: 70_000_00})
    await removed(market, framework, A, C)
    body = {"declined_supplier_ids": [A, C], "reason": "两家均被清退出框架协议，重新采购"}
    version = await market.tender(tender)
    nobody = await market.post(
        market.head, f"tenders/{tender}/award", body, version=version, status=409
    )
    ended = await market.step(market.head, tender, "failure", body)

    assert (nobody["type"], ended["step"]) == ("nobody-left", "unsuccessful")
