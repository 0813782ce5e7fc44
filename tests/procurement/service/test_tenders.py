"""What a purchase needs before and beside its bids: rules, residents' wishes, clocks, refusals."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from common.clock import utc_now
from common.feed.client import Change
from procurement.queries import agenda as agenda_queries
from procurement.usecases import agenda
from tests.clock import city
from tests.procurement.cases import BUYER, STREET, Sessions, at, key
from tests.procurement.service.test_procedures import refused_notice
from tests.procurement.tendering import (
    CATEGORY,
    CRITERIA,
    LICENCE,
    STAFF,
    SUPPLIERS,
    TENDER,
    A,
    B,
    C,
    D,
    Market,
    seal,
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


async def test_a_low_price_explains_itself_or_is_out(market: Market) -> None:
    """The mean of 400, 390, 395 and 150 thousand is 333.75; half of it is over 150."""
    await market.enrol(6)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in ((A, 400_000_00), (B, 390_000_00), (C, 150_000_00), (D, 395_000_00)):
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C, D):
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    panel = await market.panel(tender)
    member = market.members(panel)[0]
    blocked = await market.post(member, f"tenders/{tender}/report", status=409)
    (low,) = await market.post(market.clerk, f"tenders/{tender}/price-review")
    path = f"tenders/{tender}/bids/{low['id']}"
    early = await market.post(
        member,
        f"{path}/explanation-decision",
        {"is_accepted": False, "reason": "没有说明"},
        status=409,
    )
    stranger = await market.post(
        market.supplier(A), f"{path}/explanation", {"text": "不是我的"}, status=403
    )
    market.clock.later(minutes=30)
    late = await market.post(
        market.supplier(C), f"{path}/explanation", {"text": "自有厨房"}, status=409
    )
    out = await market.post(
        member, f"{path}/explanation-decision", {"is_accepted": True, "reason": "未按时说明"}
    )
    await market.scored(tender, panel, {org: {2: 4, 3: 80} for org in (A, B, D)})
    report = await market.report(tender, panel)

    assert (blocked["type"], early["type"]) == ("low-price-open", "too-early")
    assert (low["bidder_id"], low["low_rules"]) == (
        C,
        ["2026-2.mean", "2026-2.ceiling", "2026-2.next"],
    )
    assert (stranger["type"], late["type"]) == ("not-your-organisation", "too-late")
    assert (out["status"], out["low_is_accepted"]) == ("disqualified", False)
    assert [line["bidder_id"] for line in report["ranking"]] == [B, D, A]


async def test_an_expert_with_a_relation_is_not_drawn_and_one_who_recuses_is_replaced(
    market: Market,
) -> None:
    relation = {"organisation_id": A, "kind": "labour"}
    (recent,) = await market.enrol(
        1, relations=[{**relation, "from_on": "2020-01-01", "to_on": "2023-03-24"}]
    )
    (past,) = await market.enrol(
        1, relations=[{**relation, "from_on": "2015-01-01", "to_on": "2023-03-22"}]
    )
    await market.enrol(5)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in ((A, 450_000_00), (B, 460_000_00), (C, 470_000_00)):
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C):
        await market.reveal(tender, org)
    await market.opened(tender)
    even = await market.post(market.clerk, f"tenders/{tender}/panel", {"size": 4}, status=422)
    panel = await market.panel(tender)
    again = await market.post(market.clerk, f"tenders/{tender}/panel", {"size": 5}, status=409)
    first = panel["seats"][0]["expert_id"]
    after = await market.post(
        market.expert(market.account(first)),
        f"tenders/{tender}/panel/recusal",
        {"kind": "kinship", "organisation_id": B, "statement": "配偶在该机构任职"},
    )
    outsider = await market.post(market.expert(recent), f"tenders/{tender}/report", status=403)

    accounts = {market.account(expert): expert for expert in panel["pool"]}
    assert [each["reason"] for each in panel["left_out"]] == ["labour"]
    assert (recent in accounts, past in accounts) == (False, True)
    assert (even["type"], again["type"]) == ("panel-wrong-size", "panel-drawn")
    assert after["seats"][0]["status"] == "recused"
    assert after["seats"][-1]["expert_id"] == panel["order"][5]
    assert outsider["type"] == "not-on-the-panel"


def agenda_of(item: UUID, **more: Any) -> dict[str, Any]:
    """An agenda as feedback's feed tells it."""
    return {
        "id": str(uuid4()),
        "number": "YT-2026-01",
        "area_code": STREET,
        "title": "演示数据 共治议题清单",
        "status": "published",
        "pot_fen": 900_000_00,
        "pot_document": "南东街办〔2026〕2号",
        "pot_approved_by_id": BUYER,
        "pot_approved_on": "2026-01-10",
        "vote_id": None,
        "rule": "resolution",
        "tie_break": "按票数",
        "items": [
            {
                "id": str(item),
                "position": 1,
                "proposal_id": str(uuid4()),
                "title": "老年助餐",
                "category": "meal_delivery",
                "service_item_id": None,
                "area_code": STREET,
                "target_groups": ["elderly"],
                "gap_id": None,
                "money_fen": 500_000_00,
                "wished_method": "open_tender",
                "votes": 120,
                "reason": "票数第一",
                "resolutions": ["JY-01"],
            }
        ],
        "superseded_by_id": None,
        "decided_at": "2026-01-20T02:00:00Z",
        "published_at": "2026-01-21T02:00:00Z",
        "delivered_at": None,
        "withdrawn_at": None,
        "withdrawal_reason": None,
        **more,
    }


async def received(sessions: Sessions, state: dict[str, Any]) -> None:
    async with sessions.begin() as session:
        change = Change("agenda", UUID(state["id"]), 1, state)
        await agenda.receive(session, [change], now=utc_now())
        await agenda.receive(session, [change], now=utc_now())


async def test_a_purchase_carries_what_residents_fixed_and_explains_each_deviation(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    await received(sessions, agenda_of(item))
    wish = {
        **TENDER,
        "agenda_item_id": str(item),
        "method": "consultation",
        "value_fen": 480_000_00,
    }
    silent = await market.post(market.clerk, "tenders", wish, status=422)
    reasons = [
        {"field": "money", "reason": "询价后单价下降，节余退回资金池"},
        {"field": "method", "reason": "政府购买服务适用竞争性磋商", "rule": "214.3.applies"},
    ]
    made = await market.post(market.clerk, "tenders", {**wish, "deviations": reasons})
    taken = await market.post(
        *(market.clerk, "tenders", {**wish, "deviations": reasons, "title": "再买一次"}),
        status=409,
    )
    outcome = await market.get({}, f"agenda-outcomes/{item}")

    assert silent["type"] == "deviation-unexplained"
    assert {fault["value"] for fault in silent["errors"]} == {"money", "method"}
    assert made["agenda_item_id"] == str(item)
    assert taken["type"] == "agenda-item-under-way"
    assert outcome["stage"] == "planned"
    assert [(d["field"], d["decided"], d["actual"]) for d in outcome["deviations"]] == [
        ("method", "open_tender", "consultation"),
        ("money", "50000000", "48000000"),
    ]


async def test_items_of_an_agenda_that_is_withdrawn_are_dropped(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    state = agenda_of(item)
    await received(sessions, state)
    await received(sessions, {**state, "status": "withdrawn"})
    async with sessions() as session:
        told = (await agenda_queries.states(session, [item]))[item]

    assert (told.stage, told.dropped_at is not None) == ("dropped", True)


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
        "tender_period": False,
        "opening": True,
        "suppliers": True,
        "award_notice": True,
    }
    assert (after["step"], after["is_conducted_elsewhere"]) == ("announced", True)
    assert (award["supplier_id"], award["status"]) == (A, "active")
    assert len(after["documents"]) == 2


async def test_a_single_source_needs_its_ground_and_an_addition_stays_within_a_tenth(
    market: Market,
) -> None:
    row = await market.prepared(
        method="single_source",
        single_source_ground="addition",
        original_contract_fen=400_000_00,
        price_weight=0,
        small_firm_deduction=None,
        value_fen=60_000_00,
    )
    row = await market.announced(row, "2026-03-05 10:00")
    wish = {"supplier_id": A, "value_fen": 40_000_01, "reason": "原合同添购，保证服务衔接"}
    path = f"tenders/{row['id']}/direct-award"
    large = await market.post(market.head, path, wish, version=row, status=409)
    done = await market.post(market.head, path, {**wish, "value_fen": 40_000_00}, version=row)

    assert large["type"] == "addition-too-large"
    assert (done["step"], done["conforming"], done["procurement_method"]) == (
        "awarded",
        1,
        "direct",
    )


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
