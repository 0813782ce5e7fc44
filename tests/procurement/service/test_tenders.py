"""What a purchase needs before its bids: rules that are set, a lawful method, fair criteria."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from tests.clock import city
from tests.procurement.cases import Sessions, at
from tests.procurement.service.test_procedures import refused_notice
from tests.procurement.tendering import (
    CATEGORY,
    CRITERIA,
    LICENCE,
    STAFF,
    TENDER,
    A,
    B,
    C,
    D,
    Market,
    set_rules,
)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"contents": ["service", "works_or_goods_or_bundled"]}, "102.10.negative_list"),
        ({"contents": ["recruitment_or_labour_dispatch"]}, "102.10.negative_list"),
        ({"category": "yacht_cruises"}, "catalogue.guidance"),
    ],
)
async def test_what_must_not_be_bought_is_refused_by_its_rule(
    market: Market, more: dict[str, Any], rule: str
) -> None:
    refused = await market.post(market.clerk, "tenders", {**TENDER, **more}, status=409)

    assert refused["type"] == "not-purchasable"
    assert rule in refused["detail"]


async def test_a_threshold_that_is_not_set_blocks_the_notice_by_name(
    market: Market, sessions: Sessions
) -> None:
    row = await market.prepared(CRITERIA)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE rule SET value = NULL WHERE code = 'sh.dispersed'"))
    refused = await refused_notice(market, row, "2026-03-23 10:00")

    assert refused["type"] == "rule-not-set"
    assert "sh.dispersed" in refused["detail"]


async def test_nothing_is_prepared_until_somebody_with_authority_sets_the_guidance_catalogue(
    market: Market, sessions: Sessions
) -> None:
    code = "catalogue.guidance"
    async with sessions.begin() as session:
        await session.execute(text("UPDATE rule SET value = NULL WHERE code = :c"), {"c": code})
    refused = await market.post(market.clerk, "tenders", TENDER, status=409)
    unset = await market.get(market.clerk, "rules?parameter=guidance_catalogue&is_set=false")
    (rule,) = [each for each in unset["items"] if each["code"] == code]
    path, wish = f"/v1/rules/{rule['id']}/value", {"value": CATEGORY, "reason": "市级目录已印发"}
    answers = [
        await market.client.put(path, json=wish, headers={**who, **at(rule)})
        for who in (market.clerk, market.city)
    ]
    prepared = await market.post(market.clerk, "tenders", TENDER)

    assert (refused["type"], code in refused["detail"]) == ("rule-not-set", True)
    assert [answer.status_code for answer in answers] == [403, 200]
    assert prepared["step"] == "planning"


async def test_selections_of_a_year_that_reach_the_limit_together_are_one_purchase_in_pieces(
    market: Market,
) -> None:
    """The limit is a million: 500,000 and 499,999 are under it, half a million more is not."""
    small = {"method": "selection", "value_fen": 499_999_00}
    first = await market.prepared(CRITERIA, method="selection")
    await market.announced(first, "2026-03-23 10:00")
    await market.announced(await market.prepared(CRITERIA, **small), "2026-03-23 10:00")
    elsewhere = await market.prepared(CRITERIA, method="selection", category="home_care")
    await market.announced(elsewhere, "2026-03-23 10:00")
    more = await market.prepared(CRITERIA, **small)
    refused = await refused_notice(market, more, "2026-03-23 10:00")
    approved = await market.prepared(CRITERIA, **small, approval_number="沪财采〔2026〕8号")
    allowed = await market.announced(approved, "2026-03-23 10:00")

    assert refused["type"] == "purchase-split"
    assert "gpl.28.splitting" in refused["detail"]
    assert "sh.dispersed" in refused["detail"]
    assert allowed["step"] == "tendering"


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"method": "selection", "value_fen": 1_000_000_00}, "sh.dispersed"),
        ({"value_fen": 1_000_000_00}, "platform.designated"),
        (
            {
                "method": "consultation",
                "value_fen": 4_000_000_00,
                "is_conducted_elsewhere": True,
            },
            "sh.open_tender",
        ),
    ],
)
async def test_a_method_must_suit_the_amount(
    market: Market, more: dict[str, Any], rule: str
) -> None:
    """以上 includes the number itself: a million is not below a million."""
    row = await market.prepared(CRITERIA, **more)
    refused = await refused_notice(market, row, "2026-03-23 10:00")

    assert refused["type"] == "method-not-allowed"
    assert rule in refused["detail"]


@pytest.mark.parametrize(
    ("criterion", "slug", "article"),
    [
        ({**STAFF, "bands": []}, "criterion-not-quantified", "34"),
        (
            {**STAFF, "bands": [{"at_least": 1, "points": 40}]},
            "criterion-not-quantified",
            "34",
        ),
        ({**STAFF, "looks_at": "local_performance"}, "criterion-discriminates", "20（四）"),
        ({**STAFF, "name": "本市业绩"}, "criterion-discriminates", "20（四）"),
        ({**LICENCE, "name": "社会组织评估等级3A以上"}, "criterion-discriminates", "20（七）"),
        ({**STAFF, "indicator": "注册资本（万元）"}, "criterion-discriminates", "17"),
    ],
)
async def test_a_criterion_that_the_law_forbids_is_refused_with_the_article(
    market: Market, criterion: dict[str, Any], slug: str, article: str
) -> None:
    row = await market.prepared()
    answer = await market.client.put(
        f"/v1/tenders/{row['id']}/criteria",
        json={"criteria": [criterion]},
        headers={**market.clerk, **at(row)},
    )

    assert (answer.status_code, answer.json()["type"]) == (422, slug)
    assert article in answer.json()["detail"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"price_weight": 0.1}, "≠ 100"),
        ({"method": "consultation", "price_weight": 0.4}, "≠ 100"),
        ({"small_firm_deduction": 0.05}, "19.deduction_least"),
        ({"small_firm_deduction": 0.25}, "19.deduction_most"),
    ],
)
async def test_weights_and_deductions_keep_the_bounds_of_the_law(
    market: Market, more: dict[str, Any], told: str
) -> None:
    row = await market.prepared(CRITERIA, **more)
    until = city("2026-03-23 10:00").isoformat()
    body = {
        "tender_period_end_at": until,
        "enquiry_period_end_at": until,
        "reveal_period_end_at": city("2026-03-23 11:00").isoformat(),
    }
    path = f"tenders/{row['id']}/notice"
    refused = await market.post(market.head, path, body, version=row, status=422)

    assert refused["type"] == "weights-wrong"
    assert told in refused["detail"]


async def test_an_amendment_that_matters_moves_the_deadline_by_the_days_that_are_missing(
    market: Market,
) -> None:
    """Amended on 03-12: fifteen days before the deadline is from 03-27 on; it was 03-23."""
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    market.clock.to("2026-03-12 15:00")
    small = await market.post(
        market.head,
        f"tenders/{row['id']}/amendments",
        {"text": "更正联系电话", "affects_bids": False},
        version=row,
    )
    moved = await market.post(
        market.head,
        f"tenders/{row['id']}/amendments",
        {"text": "每日餐数改为两百二十份", "affects_bids": True},
        version=small,
    )

    assert small["tender_period_end_at"] == row["tender_period_end_at"]
    assert datetime.fromisoformat(moved["tender_period_end_at"]) == city("2026-03-27 10:00")
    assert datetime.fromisoformat(moved["reveal_period_end_at"]) == city("2026-03-27 11:00")


async def test_a_question_is_answered_for_all_and_nobody_learns_who_asked(
    market: Market,
) -> None:
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    path = f"tenders/{row['id']}/questions"
    asked = await market.post(market.supplier(A), path, {"text": "是否含周末配送？"})
    await market.post(market.clerk, f"{path}/{asked['id']}/answer", {"text": "含周末"})
    (told,) = (await market.tender(row["id"]))["questions"]
    market.clock.to("2026-03-23 10:00")
    late = await market.post(market.supplier(A), path, {"text": "太晚的问题"}, status=409)

    assert (told["text"], told["answer"]) == ("是否含周末配送？", "含周末")
    # Asked on Monday 2026-03-02: three working days end on Thursday (条例 52).
    assert told["answer_due_on"] == asked["answer_due_on"] == "2026-03-05"
    assert A not in str(told)
    assert late["type"] == "enquiry-closed"


async def test_changing_a_rule_never_changes_a_purchase_that_was_announced(
    market: Market, sessions: Sessions
) -> None:
    tender = await market.evaluated({A: 450_000_00, B: 460_000_00, C: 470_000_00})
    await set_rules(sessions, gpl__36__conforming_suppliers=5)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE rule SET value = '9' WHERE parameter = 'award_notice'"))
    awarded = await market.step(market.head, tender, "award", {})
    (award,) = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]
    kept = {rule["parameter"]: rule["value"] for rule in awarded["rules"]}

    assert (kept["suppliers"], kept["award_notice"]) == (3, 2)
    assert award["announce_due_on"] == "2026-03-25"


@pytest.mark.parametrize(
    ("wish", "early", "rule"),
    [
        # From Wednesday 2026-09-30 three working days: Thursday 10-08, 10-09, Saturday 10-10.
        ({"method": "inquiry", "price_weight": 0}, "2026-10-09 10:00", "74.45.inquiry_period"),
        # The ten days of a consultation end on 10-10; its documents stand until Tuesday 10-13.
        ({"method": "consultation"}, "2026-10-12 10:00", "214.10.documents"),
    ],
)
async def test_a_deadline_across_national_day_leaves_the_working_days_of_the_law(
    market: Market, wish: dict[str, Any], early: str, rule: str
) -> None:
    market.clock.to("2026-09-30 09:30")
    criteria = [LICENCE] if wish["method"] == "inquiry" else CRITERIA
    row = await market.prepared(criteria, **wish)
    refused = await refused_notice(market, row, early)
    day = datetime.fromisoformat(early).day + 1
    announced = await market.announced(row, f"2026-10-{day:02} 10:00")

    assert (refused["type"], rule in refused["detail"]) == ("period-too-short", True)
    assert announced["step"] == "tendering"


async def test_what_is_kept_for_small_firms_is_said_before_the_notice_and_others_do_not_count(
    market: Market,
) -> None:
    silent = await market.prepared(CRITERIA, small_firm_reserve=None)
    unexplained = await refused_notice(market, silent, "2026-03-23 10:00")
    kept = {"small_firm_reserve": "reserved", "small_firm_deduction": None}
    row = await market.announced(await market.prepared(CRITERIA, **kept), "2026-03-23 10:00")
    for org, is_small in ((A, True), (B, True), (C, True), (D, False)):
        await market.bid(row["id"], org, 450_000_00, is_small_firm=is_small)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C, D):
        await market.reveal(row["id"], org)
    record = await market.opened(row["id"])
    out = {bid["bidder_id"]: bid["disqualified_rule"] for bid in record["bids"]}

    assert unexplained["type"] == "reserve-unexplained"
    assert "46.reserved_value" in unexplained["detail"]
    assert out == {A: None, B: None, C: None, D: "46.reserved_value"}
