"""Other ways to buy: on the platform, from one, by invitation, under an open framework."""

from datetime import date
from typing import Any

from tests.clock import city
from tests.procurement.cases import BUYER, STREET, Sessions, key
from tests.procurement.deals import draft, signed
from tests.procurement.organisations import excluded
from tests.procurement.service.test_changes import TENTH, more
from tests.procurement.tendering import (
    CRITERIA,
    LICENCE,
    SUPPLIERS,
    TENDER,
    A,
    B,
    Market,
    seal,
    set_rules,
)


async def test_a_purchase_of_the_platform_is_taken_over_and_its_clocks_are_checked(
    market: Market,
) -> None:
    """Noticed on 03-02, bids due on 03-20: eighteen days where the law wants twenty."""
    row = await market.prepared(
        CRITERIA, value_fen=5_000_000_00, is_conducted_elsewhere=True, price_weight=0.2
    )
    market.clock.to("2026-04-10 10:00")
    record = {
        "platform": "上海市政府采购云平台",
        "number": "310101-2026-0042",
        "notice_at": city("2026-03-02 10:00").isoformat(),
        "tender_period_end_at": city("2026-03-20 10:00").isoformat(),
        "opened_at": city("2026-03-20 10:00").isoformat(),
        "tenderers": 4,
        "conforming": 2,
        "awarded_at": city("2026-03-25 10:00").isoformat(),
        "announced_at": city("2026-03-27 10:00").isoformat(),
        "results": [{"supplier_id": A, "value_fen": 4_800_000_00}],
        "documents": [{"kind": "award_notice", "title": "中标公告", "digest": "cd" * 32}],
    }
    path = f"tenders/{row['id']}/platform-record"
    few = await market.post(market.head, path, record, version=row, status=409)
    told = await market.post(market.head, path, {**record, "conforming": 4}, version=row)
    after = await market.tender(row["id"])
    (award,) = (await market.get({}, f"awards?tender_id={row['id']}"))["items"]

    assert few["type"] == "too-few-suppliers"
    assert {f["what"]: f["is_kept"] for f in told["findings"]} == {
        "intention_period": False,  # from the limit on it is owed, and there was none
        "tender_period": False,
        "opening": True,
        "suppliers": True,
        "award_notice": True,
    }
    assert (after["step"], after["is_conducted_elsewhere"]) == ("announced", True)
    assert (award["supplier_id"], award["status"]) == (A, "active")
    assert len(after["documents"]) == 2


ADDITION: dict[str, Any] = {
    "method": "single_source",
    "single_source_ground": "addition",
    "price_weight": 0,
    "small_firm_deduction": None,
}


async def added(market: Market, original: Any, fen: int, *, status: int = 0, by: str = A) -> Any:
    """What comes of adding so much to a contract, from its supplier."""
    row = await market.prepared(**ADDITION, value_fen=fen, original_contract_id=original["id"])
    row = await market.announced(row, "2026-03-05 10:00")
    wish = {"supplier_id": by, "value_fen": fen, "reason": "原合同添购，保证服务衔接"}
    path = f"tenders/{row['id']}/direct-award"
    return await market.post(market.head, path, wish, version=row, status=status)


async def test_additions_in_all_stay_within_a_tenth_of_the_contract_they_name(
    market: Market, sessions: Sessions
) -> None:
    original = await signed(market.client, market.head, market.supplier(A), sessions)
    large = await added(market, original, TENTH + 1, status=409)
    other = await added(market, original, TENTH, status=422, by=B)
    done = await added(market, original, TENTH - 1_000_00)
    again = await added(market, original, TENTH - 1_000_00, status=409)
    rest = await added(market, original, 1_000_00)

    assert large["type"] == again["type"] == "addition-too-large"
    assert (other["type"], other["errors"][0]["pointer"]) == ("wrong-tender", "/supplier_id")
    assert again["detail"].endswith("尚可添购 ￥1,000.00。")
    assert (done["step"], done["conforming"], done["procurement_method"]) == (
        "awarded",
        1,
        "direct",
    )
    assert rest["step"] == "awarded"


async def test_an_addition_counts_supplements_and_names_a_contract_that_was_signed(
    market: Market, sessions: Sessions
) -> None:
    original = await signed(market.client, market.head, market.supplier(A), sessions)
    body = more(original["line"], TENTH, original)
    await market.post(
        market.head, f"contracts/{original['id']}/supplements", body, version=original
    )
    full = await added(market, original, 1, status=409)
    pending = await draft(market.client, market.head, sessions)
    refused = [
        await market.post(market.clerk, "tenders", {**TENDER, **ADDITION, **named}, status=422)
        for named in ({}, {"original_contract_id": pending["id"]})
    ]

    assert full["type"] == "addition-too-large"
    assert [each["errors"][0]["pointer"] for each in refused] == ["/original_contract_id"] * 2


async def test_a_supplement_counts_additions_that_stand(market: Market, sessions: Sessions) -> None:
    """The other way round: what was added leaves so much less, until its award is taken back."""
    original = await signed(market.client, market.head, market.supplier(A), sessions)
    path = f"contracts/{original['id']}/supplements"
    done = await added(market, original, TENTH - 1_000_00)
    body = more(original["line"], 1_000_01, original)
    full = await market.post(market.head, path, body, version=original, status=409)
    gone = {"reason": "task_cancelled", "explanation": "重大变故，采购任务取消"}
    await market.step(market.head, done["id"], "cancellation", gone)
    body = more(original["line"], TENTH, original)
    whole = await market.post(market.head, path, body, version=original)

    assert (full["type"], full["errors"][0]["pointer"]) == ("supplement-too-large", "/draws")
    assert "1,000.00" in full["errors"][0]["message"]
    assert whole["value_fen"] == TENTH


async def test_who_is_excluded_is_no_single_source(market: Market, sessions: Sessions) -> None:
    original = await signed(market.client, market.head, market.supplier(A), sessions)
    await excluded(sessions, A, from_on=date(2026, 1, 1))
    refused = await added(market, original, TENTH, status=409)

    assert refused["type"] == "provider-excluded"


async def test_a_single_source_is_public_for_five_whole_working_days(
    market: Market, sessions: Sessions
) -> None:
    """Told on Monday 2026-03-02: the days are Tuesday 03-03 to Monday 03-09, to its end."""
    await set_rules(sessions, sh__open_tender=400_000_00)
    row = await market.prepared(
        method="single_source",
        single_source_ground="only_supplier",
        approval_number="沪财采〔2026〕21号",
        price_weight=0,
        small_firm_deduction=None,
    )
    row = await market.announced(row, "2026-03-05 10:00")
    wish = {"supplier_id": A, "value_fen": 400_000_00, "reason": "唯一具备资质的供应商，已公示"}
    path = f"tenders/{row['id']}/direct-award"
    market.clock.to("2026-03-09 23:59")
    early = await market.post(market.head, path, wish, version=row, status=409)
    market.clock.to("2026-03-10 00:00")
    done = await market.post(market.head, path, wish, version=row)

    assert (early["type"], "2026-03-10" in early["detail"]) == ("period-too-short", True)
    assert done["step"] == "awarded"


async def test_an_invited_tender_asks_three_or_more_drawn_from_the_candidates(
    market: Market,
) -> None:
    row = await market.prepared(CRITERIA, method="invited_tender")
    until = city("2026-03-23 10:00").isoformat()
    body = {
        "tender_period_end_at": until,
        "enquiry_period_end_at": until,
        "reveal_period_end_at": city("2026-03-23 11:00").isoformat(),
        "invited_ids": SUPPLIERS[:6],
    }
    path = f"tenders/{row['id']}/notice"
    await market.funded(row)
    few = await market.post(market.head, path, {**body, "invite": 2}, version=row, status=409)
    await market.post(market.head, path, {**body, "invite": 4}, version=row)
    told = []
    for org in SUPPLIERS:
        sealed = seal(row["id"], org, b'{"price_fen": 1}')
        headers = {**market.supplier(org), **key()}
        bids = f"/v1/tenders/{row['id']}/bids"
        answer = await market.client.post(bids, json=sealed.submission, headers=headers)
        told.append(answer.status_code)

    assert few["type"] == "too-few-suppliers"
    assert (told[:6].count(201), told[6:]) == (4, [403, 403])


async def test_an_open_framework_is_joined_at_any_time_and_left_for_good(
    market: Market,
) -> None:
    made = await market.prepared(
        [LICENCE],
        method="framework",
        framework_form="open",
        framework_ends_on="2027-12-31",
        is_price_fixed=True,
        price_weight=0,
        small_firm_deduction=None,
    )
    too_long = await market.post(
        market.clerk,
        "tenders",
        {
            **TENDER,
            "method": "framework",
            "framework_form": "open",
            "framework_ends_on": "2028-03-02",
        },
        status=409,
    )
    row = await market.announced(made, "2026-12-31 10:00")
    path = f"tenders/{row['id']}"
    await market.post(market.head, f"{path}/admissions", {"supplier_id": A, "value_fen": 20_00})
    chosen = {
        "title": "演示数据 服务对象选择",
        "description": "服务对象自主选择的送餐服务",
        "second_stage": "recipient",
        "buyer_id": BUYER,
        "area_code": STREET,
        "value_fen": 90_000_00,
        "supplier_id": A,
        "reason": "服务对象一百二十人中八十人选择",
    }
    alone = await market.post(market.head, f"{path}/call-offs", chosen, status=409)
    await market.post(market.head, f"{path}/admissions", {"supplier_id": B, "value_fen": 20_00})
    placed = await market.post(market.head, f"{path}/call-offs", chosen)
    await market.post(
        market.head, f"{path}/removals", {"supplier_id": A, "reason": "连续两次未送达，按约清退"}
    )
    back = await market.post(
        market.head, f"{path}/admissions", {"supplier_id": A, "value_fen": 20_00}, status=409
    )

    assert too_long["type"] == "framework-too-long"
    assert alone["type"] == "too-few-suppliers"
    assert (placed["step"], placed["framework_id"]) == ("awarded", row["id"])
    assert back["type"] == "not-of-the-framework"
