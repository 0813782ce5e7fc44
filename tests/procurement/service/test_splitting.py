"""What belongs together is bought together, whichever methods and places the pieces are given."""

import itertools
from typing import Any

import pytest

from tests.clock import city
from tests.procurement.cases import Sessions
from tests.procurement.tendering import CRITERIA, A, Market, set_rules

SELECTION: dict[str, Any] = {"method": "selection", "value_fen": 600_000_00}
CONSULTATION: dict[str, Any] = {"method": "consultation", "value_fen": 600_000_00}


async def notice(
    market: Market, more: dict[str, Any], *, day: str = "2026-03-23", status: int = 0
) -> Any:
    """A purchase is announced, or its notice is refused."""
    row = await market.prepared(CRITERIA, **more)
    await market.funded(row)
    end = city(f"{day} 10:00").isoformat()
    body = dict.fromkeys(("tender_period_end_at", "enquiry_period_end_at"), end)
    body["reveal_period_end_at"] = city(f"{day} 11:00").isoformat()
    return await market.post(
        market.head, f"tenders/{row['id']}/notice", body, version=row, status=status
    )


@pytest.mark.parametrize("order", [*itertools.permutations((SELECTION, CONSULTATION))])
async def test_pieces_of_different_methods_reach_the_limit_together_in_any_order(
    market: Market, order: tuple[dict[str, Any], ...]
) -> None:
    """600,000 and 600,000 are each under a million."""
    first, second = order
    await notice(market, first)
    refused = await notice(market, second, status=409)

    assert refused["type"] == "purchase-split"
    assert "sh.dispersed" in refused["detail"]


async def test_a_selection_counts_against_the_threshold_of_open_tenders_too(
    market: Market, sessions: Sessions
) -> None:
    """3,500,000 by consultation and 600,000 by selection are over four million."""
    await set_rules(sessions, platform__designated="false")
    large = {**CONSULTATION, "value_fen": 3_500_000_00}
    row = await market.prepared(CRITERIA, **large)
    row = await market.step(market.head, row["id"], "intention")
    market.clock.to("2026-04-02 10:00")
    await market.announced(row, "2026-04-27 10:00")
    market.clock.to("2026-04-03 10:00")
    refused = await notice(market, SELECTION, day="2026-04-28", status=409)

    assert refused["type"] == "purchase-split"
    assert "sh.open_tender" in refused["detail"]


async def test_an_open_tender_is_no_piece(market: Market) -> None:
    await notice(market, {"method": "open_tender", "value_fen": 600_000_00})
    allowed = await notice(market, SELECTION)

    assert allowed["step"] == "tendering"


def record(number: int, month: str) -> dict[str, Any]:
    """What the platform tells of a purchase that ran in a month."""
    return {
        "platform": "上海市政府采购云平台",
        "number": f"310101-2026-{number}",
        "notice_at": city(f"{month}-02 10:00").isoformat(),
        "tender_period_end_at": city(f"{month}-23 10:00").isoformat(),
        "opened_at": city(f"{month}-23 10:00").isoformat(),
        "awarded_at": city(f"{month}-24 10:00").isoformat(),
        "announced_at": city(f"{month}-25 10:00").isoformat(),
        "tenderers": 3,
        "conforming": 3,
        "results": [{"supplier_id": A, "value_fen": 2_400_000_00}],
        "documents": [{"kind": "notice", "title": "成交公告", "digest": "cd" * 32}],
    }


async def told(
    market: Market, *months: str, day: str = "2026-04-10", approval: str | None = None
) -> list[Any]:
    """What is found of pieces of 2,500,000 on the platform, as one after the other is entered."""
    piece = {**CONSULTATION, "value_fen": 2_500_000_00, "is_conducted_elsewhere": True}
    found = []
    for number, month in enumerate(months, 1):
        row = await market.prepared(CRITERIA, **piece, approval_number=approval)
        await market.funded(row)
        market.clock.to(f"{day} 10:00")
        body = record(number, month)
        answer = await market.step(market.head, row["id"], "platform-record", body)
        found.append([each for each in answer["findings"] if each["what"] == "splitting"])
    return found


@pytest.mark.parametrize(("approval", "is_kept"), [(None, False), ("沪财采〔2026〕8号", True)])
async def test_pieces_on_the_platform_are_found(
    market: Market, approval: str | None, is_kept: bool
) -> None:
    """Two consultations of 2,500,000 each are over the four million of the threshold."""
    first, (pieces,) = await told(market, "2026-03", "2026-03", approval=approval)

    assert first == []
    assert (pieces["is_kept"], pieces["wanted"]) == (is_kept, "< ￥4,000,000.00")
    assert pieces["found"] == "￥5,000,000.00"


async def test_a_purchase_of_the_year_after_is_no_piece_of_one_that_is_told_late(
    market: Market,
) -> None:
    assert await told(market, "2027-01", "2026-12", day="2027-02-10") == [[], []]
