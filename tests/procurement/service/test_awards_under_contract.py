"""A contract has an award that stands, and an award in force is not taken from under a contract."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.procurement.cases import Header, Sessions
from tests.procurement.deals import agreed, wish
from tests.procurement.service.test_challenges import announced, challenged
from tests.procurement.service.test_performance import REPORT
from tests.procurement.tendering import A, B, Market

START = date(2026, 4, 1)
UNDOING = ["re_evaluate", "void"]


async def drafted(market: Market, tender: str, org: str = A) -> Any:
    """A contract that is drawn up on the award of a supplier, with its line."""
    (award,) = [each for each in await awards(market, tender) if each["supplier_id"] == org]
    funding = await market.get(market.head, f"tenders/{tender}/funding")
    line = funding["draws"][0]["line_id"]
    terms = agreed(line, value_fen=award["value_fen"], start=START)
    made = await market.post(
        market.head, "contracts", wish(award["id"], line, start=START, **terms)
    )
    return {**made, "line": line}


async def awards(market: Market, tender: str) -> list[Any]:
    found: list[Any] = (await market.get({}, f"awards?tender_id={tender}"))["items"]
    return found


async def signed(market: Market, made: Any, *sides: Header) -> Any:
    """The contract after these have signed."""
    for who in sides or (market.supplier(made["provider_id"]), market.head):
        told = await market.post(who, f"contracts/{made['id']}/signature", version=made)
        made = {**made, **told}
    return made


async def contract(market: Market, made: Any) -> Any:
    return await market.get(market.head, f"contracts/{made['id']}")


async def answered(market: Market, filed: Any, status: int = 0, **more: Any) -> Any:
    body = {"outcome": "upheld", "answer": "评分确有误", **more}
    path = f"challenges/{filed['id']}/answer"
    return await market.post(market.clerk, path, body, version=filed, status=status)


async def complained(market: Market, tender: str) -> Any:
    """A complaint of B, after its challenge was rejected."""
    filed = await challenged(market, tender)
    await answered(market, filed, outcome="rejected", remedy="none")
    market.clock.to("2026-04-10 09:00")
    path = f"challenges/{filed['id']}/complaint"
    return await market.post(market.supplier(B), path, {"ground": "答复未说明理由"})


async def decided(market: Market, filed: Any, remedy: str, status: int = 0) -> Any:
    body = {"outcome": "upheld", "remedy": remedy, "decision": "评分标准未公布"}
    path = f"supplier-complaints/{filed['id']}/decision"
    return await market.post(market.district, path, body, version=filed, status=status)


@pytest.mark.parametrize("remedy", UNDOING)
async def test_a_draft_goes_with_its_award(market: Market, remedy: str) -> None:
    tender = await announced(market)
    made = await drafted(market, tender)
    half = await signed(market, made, market.supplier(A))
    await answered(market, await challenged(market, tender), remedy=remedy)
    gone = await contract(market, made)
    late = await market.post(
        market.head, f"contracts/{made['id']}/signature", version=gone, status=409
    )

    assert (half["status"], gone["status"]) == ("pending", "cancelled")
    assert late["type"] == "contract-cannot-move"
    assert [each["status"] for each in await awards(market, tender)] == ["cancelled"]


async def test_nothing_is_signed_on_an_award_that_does_not_stand(
    market: Market, sessions: Sessions
) -> None:
    """As one left behind before drafts went with their awards."""
    made = await drafted(market, await announced(market))
    half = await signed(market, made, market.supplier(A))
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE award SET status = 'cancelled', cancelled_at = now() WHERE id = :id"),
            {"id": UUID(made["award_id"])},
        )
    path = f"contracts/{made['id']}/signature"
    refused = await market.post(market.head, path, version=half, status=409)

    assert refused["type"] == "no-award"
    assert (await contract(market, made))["status"] == "pending"


async def test_who_has_signed_has_not_declined(market: Market) -> None:
    tender = await announced(market)
    made = await signed(market, await drafted(market, tender))
    body = {"declined_supplier_ids": [A], "reason": "中标供应商书面放弃，不再签订合同"}
    refused = await market.post(
        *(market.head, f"tenders/{tender}/award", body),
        version=await market.tender(tender),
        status=409,
    )

    assert refused["type"] == "award-contracted"
    assert (await contract(market, made))["status"] == "active"
    assert [each["status"] for each in await awards(market, tender)] == ["active"]


async def test_who_has_not_signed_may_decline_and_the_next_is_contracted(market: Market) -> None:
    tender = await announced(market)
    made = await drafted(market, tender)
    body = {"declined_supplier_ids": [A], "reason": "中标供应商书面放弃，不再签订合同"}
    await market.step(market.head, tender, "award", body)
    await market.step(market.head, tender, "award-notice")
    after = await signed(market, await drafted(market, tender, B))

    assert (await contract(market, made))["status"] == "cancelled"
    assert (after["status"], after["provider_id"]) == ("active", B)


@pytest.mark.parametrize("remedy", UNDOING)
async def test_the_buyers_answer_takes_no_result_away_that_was_signed(
    market: Market, remedy: str
) -> None:
    tender = await announced(market)
    made = await signed(market, await drafted(market, tender))
    filed = await challenged(market, tender)
    refused = await answered(market, filed, 409, remedy=remedy)
    before = await market.tender(tender)
    await answered(market, filed, remedy="none")

    assert refused["type"] == "award-contracted"
    assert (before["step"], before["suspended_at"] is None) == ("announced", False)
    assert (await contract(market, made))["status"] == "active"
    assert [each["status"] for each in await awards(market, tender)] == ["active"]


@pytest.mark.parametrize("remedy", UNDOING)
async def test_the_authority_revokes_what_is_signed_and_not_performed(
    market: Market, remedy: str
) -> None:
    tender = await announced(market)
    made = await signed(market, await drafted(market, tender))
    filed = await complained(market, tender)
    draw = {"draws": [{"line_id": made["line"], "value_fen": 500_000_00}]}
    path = f"tenders/{tender}/funding"
    settled = await market.post(market.clerk, path, draw, status=409)
    await decided(market, filed, remedy)
    after = await contract(market, made)
    line = await market.get(market.head, f"budget-lines/{made['line']}")
    again = 200 if remedy == "re_evaluate" else 409
    funded = await market.post(market.clerk, path, draw, status=again)

    assert (after["status"], after["termination_reason"]) == ("terminated", "revoked")
    assert (line["committed_fen"], line["free_fen"]) == (0, line["planned_fen"])
    assert [each["status"] for each in await awards(market, tender)] == ["cancelled"]
    assert settled["type"] == "funding-settled"
    assert again == 200 or funded["type"] == "funding-settled"


async def test_what_is_performed_is_not_revoked_any_more(market: Market) -> None:
    tender = await announced(market)
    made = await signed(market, await drafted(market, tender))
    made = await market.post(market.head, f"contracts/{made['id']}/publication", version=made)
    path = f"contracts/{made['id']}/milestones/1/report"
    await market.post(market.supplier(A), path, REPORT, version=made)
    filed = await complained(market, tender)
    refused = await decided(market, filed, "void", 409)
    held = await decided(market, filed, "none")

    assert (refused["type"], held["step"]) == ("contract-performed", "upheld")
    assert (await contract(market, made))["status"] == "active"


async def test_the_parties_do_not_revoke(market: Market) -> None:
    made = await signed(market, await drafted(market, await announced(market)))
    said = {"reason": "revoked", "text": "双方同意撤销"}
    path = f"contracts/{made['id']}/termination"
    refused = await market.post(market.head, path, said, version=made, status=422)

    assert refused["type"] == "wrong-ending"
    assert (await contract(market, made))["status"] == "active"
