"""An open tender that left two suppliers: negotiated with those two, approved, and once."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.clock import city
from tests.procurement.cases import Sessions, key
from tests.procurement.tendering import CRITERIA, LICENCE, SUPPLIERS, TENDER, A, B, C, Market, seal

NEGOTIATED: dict[str, Any] = {
    "method": "negotiation",
    "price_weight": 0,
    "small_firm_deduction": None,
    "approval_number": "沪财采〔2026〕18号",
}


async def failed(market: Market, orgs: list[str], **more: Any) -> Any:
    """An open tender in which so few bid that it fails, on Monday 2026-03-23."""
    row = await market.announced(await market.prepared(CRITERIA, **more), "2026-03-23 10:00")
    for org in orgs:
        await market.bid(row["id"], org, 450_000_00)
    market.clock.to("2026-03-23 10:00")
    for org in orgs:
        await market.reveal(row["id"], org)
    record = await market.opened(row["id"])
    assert record["outcome"] == "unsuccessful"
    return await market.tender(row["id"])


async def test_the_two_who_were_left_are_negotiated_with_and_nobody_else(market: Market) -> None:
    await market.enrol(4)
    first = await failed(market, [A, B])
    row = await market.prepared([LICENCE], **NEGOTIATED, failed_tender_id=first["id"])
    # From Monday 03-23 three working days: Thursday 03-26.
    row = await market.announced(row, "2026-03-26 12:00")
    tender = row["id"]
    sealed = seal(tender, C, b'{"price_fen": 1}')
    stranger = await market.client.post(
        f"/v1/tenders/{tender}/bids",
        json=sealed.submission,
        headers={**market.supplier(C), **key()},
    )
    for stage, (end, prices) in enumerate(
        (("2026-03-26 12:00", (450, 440)), ("2026-03-27 12:00", (430, 435))), start=1
    ):
        for org, price in zip((A, B), prices, strict=True):
            await market.bid(tender, org, price * 1_000_00, stage=stage)
        market.clock.to(end)
        for org in (A, B):
            await market.reveal(tender, org, stage=stage)
        record = await market.opened(tender)
        assert (record["outcome"], record["rule"]) == ("opened", "74.27.two_suppliers")
        if stage == 1:
            await market.check_all(tender)
            panel = await market.panel(tender, size=3)
            until = {
                "tender_period_end_at": city("2026-03-27 12:00").isoformat(),
                "enquiry_period_end_at": city("2026-03-27 12:00").isoformat(),
                "reveal_period_end_at": city("2026-03-27 13:00").isoformat(),
            }
            await market.step(market.clerk, tender, "final-offers", until)
    await market.report(tender, panel)
    awarded = await market.step(market.head, tender, "award", {})
    (award,) = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]
    record = (await market.client.get(f"/ocds/records/{row['ocid']}")).json()["records"][0]

    assert (stranger.status_code, stranger.json()["type"]) == (403, "not-invited")
    assert (awarded["step"], award["supplier_id"], award["value_fen"]) == ("awarded", A, 430_000_00)
    assert record["compiledRelease"]["relatedProcesses"] == [
        {
            "id": "failed",
            "relationship": ["unsuccessfulProcess"],
            "scheme": "ocid",
            "identifier": first["ocid"],
        }
    ]


async def test_without_an_approval_or_with_other_than_two_or_twice_it_is_refused(
    market: Market,
) -> None:
    first = await failed(market, [A, B])
    wish = {**TENDER, **NEGOTIATED, "failed_tender_id": first["id"]}
    unapproved = await market.post(
        market.clerk, "tenders", {**wish, "approval_number": None}, status=422
    )
    refused = [
        await market.post(market.clerk, "tenders", {**wish, **other}, status=409)
        for other in (
            {"method": "inquiry"},
            {"value_fen": TENDER["value_fen"] + 1},
            {"category": "home_care"},
        )
    ]
    made = await market.post(market.clerk, "tenders", wish)
    again = await market.post(market.clerk, "tenders", wish, status=409)
    gone = {"reason": "task_cancelled", "explanation": "预算取消"}
    await market.step(market.head, made["id"], "cancellation", gone)
    freed = await market.post(market.clerk, "tenders", wish)

    assert unapproved["errors"][0]["pointer"] == "/approval_number"
    assert {each["type"] for each in [*refused, again]} == {"not-after-failed-tender"}
    assert all("74.27.two_suppliers" in each["detail"] for each in refused)
    assert freed["failed_tender_id"] == first["id"]


async def test_a_tender_that_left_one_is_not_negotiated_with_two(market: Market) -> None:
    first = await failed(market, [SUPPLIERS[0]])
    wish = {**TENDER, **NEGOTIATED, "failed_tender_id": first["id"]}
    told = await market.post(market.clerk, "tenders", wish, status=409)

    assert told["type"] == "not-after-failed-tender"


async def test_the_database_lets_one_purchase_follow_a_failed_one(
    market: Market, sessions: Sessions
) -> None:
    first = await failed(market, [A, B])
    wish = {**TENDER, **NEGOTIATED, "failed_tender_id": first["id"]}
    await market.post(market.clerk, "tenders", wish)
    other = await market.post(market.clerk, "tenders", {**TENDER, **NEGOTIATED})
    with pytest.raises(IntegrityError, match="uq_tender_failed_tender_id"):
        async with sessions.begin() as session:
            await session.execute(
                text("UPDATE tender SET failed_tender_id = :f, failed_ocid = 'x' WHERE id = :id"),
                {"f": first["id"], "id": other["id"]},
            )


async def test_a_tender_that_failed_on_the_platform_is_followed_there_with_two(
    market: Market,
) -> None:
    large = {"value_fen": 5_000_000_00, "is_conducted_elsewhere": True}
    row = await market.prepared(CRITERIA, **large)
    market.clock.to("2026-04-20 10:00")
    record = {
        "platform": "上海市政府采购云平台",
        "number": "310101-2026-0042",
        "notice_at": city("2026-03-02 10:00").isoformat(),
        "tender_period_end_at": city("2026-03-23 10:00").isoformat(),
        "opened_at": city("2026-03-23 10:00").isoformat(),
        "tenderers": 2,
        "conforming": 2,
        "results": [],
        "documents": [{"kind": "notice", "title": "废标公告", "digest": "cd" * 32}],
    }
    path = f"tenders/{row['id']}/platform-record"
    await market.post(market.head, path, record, version=row)
    second = await market.prepared([LICENCE], **large, **NEGOTIATED, failed_tender_id=row["id"])
    won = {
        **record,
        "notice_at": city("2026-04-01 10:00").isoformat(),
        "tender_period_end_at": city("2026-04-08 10:00").isoformat(),
        "opened_at": city("2026-04-08 10:00").isoformat(),
        "awarded_at": city("2026-04-09 10:00").isoformat(),
        "announced_at": city("2026-04-10 10:00").isoformat(),
        "results": [{"supplier_id": A, "value_fen": 4_700_000_00}],
    }
    path = f"tenders/{second['id']}/platform-record"
    told = await market.post(market.head, path, won, version=second)
    kept = {each["what"]: (each["rule"], each["is_kept"]) for each in told["findings"]}

    assert kept["suppliers"] == ("74.27.two_suppliers", True)
    assert "intention_period" not in kept  # that of the tender holds
    assert (await market.tender(second["id"]))["step"] == "announced"
