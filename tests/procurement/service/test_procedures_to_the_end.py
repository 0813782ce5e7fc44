"""The hand-worked procedures, carried on into contracts; every package judged by the standard."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.procurement.deals import agreed
from tests.procurement.service import test_procedures
from tests.procurement.service.test_ocds import package, told
from tests.procurement.standard import needs_the_standard
from tests.procurement.tendering import Market

pytestmark = needs_the_standard
Procedure = Callable[[Market], Awaitable[None]]
CONSULTATION = (
    test_procedures.test_a_consultation_goes_on_with_two_and_ends_with_sealed_final_offers
)
FRAMEWORK = (
    test_procedures.test_a_closed_framework_leaves_a_fifth_out_and_serves_by_turn_and_by_bids
)
PROCEDURES = [
    each
    for name, each in vars(test_procedures).items()
    if name.startswith("test_") and list(inspect.signature(each).parameters) == ["market"]
]


async def contracted(market: Market, award: dict[str, Any], start: date) -> dict[str, Any]:
    """The published contract of an award, signed on the clock's day."""
    tender = await market.tender(award["tender_id"])
    held = await market.get(market.clerk, f"tenders/{award['tender_id']}/funding")
    line = held["draws"][0]["line_id"] if held["draws"] else await market.funded(tender)
    body = {
        **agreed(line, value_fen=award["value_fen"], start=start),
        "award_id": award["id"],
        "area_codes": [tender["area_code"]],
        "target_groups": ["elderly"],
        "exclusions": ["banquet"],
        "quota": {"hours_max": 40, "excess": "refused"},
        "period_start_on": str(start),
    }
    made = await market.post(market.clerk, "contracts", body)
    supplier = market.supplier(award["supplier_id"])
    first = await market.post(supplier, f"contracts/{made['id']}/signature", version=made)
    second = await market.post(market.head, f"contracts/{made['id']}/signature", version=first)
    path = f"contracts/{made['id']}/publication"
    found: dict[str, Any] = await market.post(market.clerk, path, version=second)
    return found


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.__name__[5:])
async def test_each_step_is_a_valid_release_and_the_record_compiles(
    market: Market, procedure: Procedure
) -> None:
    await procedure(market)
    awards = (await market.get(market.clerk, "awards?limit=200"))["items"]
    for award in awards:
        if award["status"] == "active" and not award["is_shared"]:
            await contracted(market, award, market.clock.now.date() + timedelta(days=10))

    records = (await package(market.client, "records", limit=200))["records"]
    assert records
    for record in records:
        await told(market.client, record["ocid"])


async def test_a_consultation_is_contracted_within_its_days(market: Market) -> None:
    """Announced on 05-07; 30 days later is Saturday 06-06: sign by Monday 06-08."""
    await CONSULTATION(market)
    (award,) = (await market.get(market.clerk, "awards?limit=9"))["items"]
    market.clock.to("2026-06-18 09:00")
    contract = await contracted(market, award, date(2026, 7, 1))
    line = contract["funding"][0]["line_id"]
    money = await market.get(market.head, f"budget-lines/{line}")

    # Signed on Thursday 06-18; 06-19 to 06-21 are the Dragon Boat holiday.
    # Two working days: Monday 06-22, Tuesday 06-23. Seven: until Tuesday 06-30.
    assert contract["sign_due_on"] == "2026-06-08"
    assert (contract["publish_due_on"], contract["filing_due_on"]) == ("2026-06-23", "2026-06-30")
    assert contract["supplements_max_fen"] == 45_000_00
    # The award saved 50,000 of the reserved 500,000: free again.
    assert (money["committed_fen"], money["reserved_fen"]) == (450_000_00, 0)
    assert money["free_fen"] == 50_000_00


async def test_a_call_off_is_linked_to_its_framework(market: Market) -> None:
    await FRAMEWORK(market)
    records = (await package(market.client, "records", limit=200))["records"]
    compiled = [record["compiledRelease"] for record in records]
    (framework,) = [each for each in compiled if "techniques" in each["tender"]]
    call_offs = [each for each in compiled if "relatedProcesses" in each]

    assert framework["tender"]["techniques"]["hasFrameworkAgreement"] is True
    assert len(call_offs) >= 3
    for each in call_offs:
        assert each["relatedProcesses"][0]["relationship"] == ["framework"]
        assert each["relatedProcesses"][0]["identifier"] == framework["ocid"]
    assert {each["tender"]["competitive"] for each in call_offs} == {True, False}


async def test_no_budget_no_notice(market: Market) -> None:
    row = await market.prepared(test_procedures.CRITERIA)
    body = {
        "tender_period_end_at": "2026-03-23T10:00:00+08:00",
        "enquiry_period_end_at": "2026-03-23T10:00:00+08:00",
        "reveal_period_end_at": "2026-03-23T11:00:00+08:00",
    }
    path = f"tenders/{row['id']}/notice"
    refused = await market.post(market.head, path, body, version=row, status=409)
    line = await market.funded(row)
    row = await market.post(market.head, path, body, version=row)
    cancelled = {"reason": "task_cancelled", "explanation": "任务取消"}
    await market.post(market.head, f"tenders/{row['id']}/cancellation", cancelled, version=row)
    money = await market.get(market.head, f"budget-lines/{line}")

    assert refused["type"] == "not-funded"
    assert (money["reserved_fen"], money["free_fen"]) == (0, money["planned_fen"])
