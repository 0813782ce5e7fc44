"""Complete procedures through the public API; every date and score is worked by hand here."""

from typing import Any

from tests.clock import city
from tests.procurement.cases import BUYER, STREET
from tests.procurement.tendering import CRITERIA, LICENCE, A, B, C, D, Market, seal

REASON = "按框架协议约定的轮候次序，公开办理"


async def refused_notice(market: Market, row: Any, end: str) -> Any:
    """The refusal of a notice whose deadline is too early."""
    until = city(end).isoformat()
    body = {
        "tender_period_end_at": until,
        "enquiry_period_end_at": until,
        "reveal_period_end_at": city(end.replace("10:00", "11:00")).isoformat(),
    }
    path = f"tenders/{row['id']}/notice"
    return await market.post(market.head, path, body, version=row, status=409)


async def call_off(
    market: Market, framework: str, way: str, *, status: int = 0, **more: Any
) -> Any:
    body = {
        "title": "演示数据 四月助餐",
        "description": "四月份独居老人助餐",
        "second_stage": way,
        "buyer_id": BUYER,
        "area_code": STREET,
        "value_fen": 100_000_00,
        **more,
    }
    return await market.post(market.head, f"tenders/{framework}/call-offs", body, status=status)


async def submitted(market: Market, tender: str, org: str, price: int, *, status: int) -> Any:
    sealed = seal(tender, org, b'{"price_fen": %d}' % price)
    path = f"tenders/{tender}/bids"
    return await market.post(market.supplier(org), path, sealed.submission, status=status)


async def announced_award(market: Market) -> tuple[str, Any]:
    """An open tender that A has won, announced on Monday 2026-03-23; the award."""
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender: str = row["id"]
    for org, price in ((A, 480_000_00), (B, 450_000_00), (C, 440_000_00)):
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C):
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    panel = await market.panel(tender)
    await market.scored(tender, panel, {A: {2: 6, 3: 95}, B: {2: 4, 3: 95}, C: {2: 4, 3: 80}})
    await market.report(tender, panel)
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    (award,) = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]
    return tender, award


async def test_an_open_tender_runs_from_notice_to_award(market: Market) -> None:
    """2026-03-02 is a Monday; 20 days later is Sunday 03-22: bids may end then or later."""
    await market.enrol(6)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in ((A, 480_000_00), (B, 450_000_00), (C, 400_000_00)):
        await market.bid(tender, org, price, is_small_firm=org == A)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C):
        await market.reveal(tender, org)

    record = await market.opened(tender)
    await market.check_all(tender)
    panel = await market.panel(tender)
    await market.scored(tender, panel, {A: {2: 6, 3: 95}, B: {2: 6, 3: 80}, C: {2: 4, 3: 95}})
    report = await market.report(tender, panel)

    assert (record["outcome"], record["tenderers"], record["rule"]) == (
        "opened",
        3,
        "gpl.36.conforming_suppliers",
    )
    # A: 480000 less 10 % = 432000; the lowest adjusted price is C's 400000.
    # A: 50 + 30 + 20 x 400/432 = 98.52; B: 50 + 15 + 20 x 400/450 = 82.78; C: 35 + 30 + 20 = 85.
    assert [(r["bidder_id"], r["total_points"]) for r in report["ranking"]] == [
        (A, 98.52),
        (C, 85.0),
        (B, 82.78),
    ]
    assert report["ranking"][0]["evaluated_price_fen"] == 432_000_00
    # The report is of Monday 03-23; five working days later is Monday 03-30.
    assert report["decision_due_on"] == "2026-03-30"

    market.clock.to("2026-03-25 09:00")
    awarded = await market.step(market.head, tender, "award", {})
    market.clock.to("2026-03-26 09:00")
    announced = await market.step(market.head, tender, "award-notice")
    (award,) = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]

    assert (awarded["step"], announced["status"]) == ("awarded", "complete")
    assert (award["supplier_id"], award["value_fen"], award["status"]) == (A, 480_000_00, "active")
    # Decided on Wednesday 03-25: announced within two working days, by Friday 03-27.
    # Announced on 03-26: signed within thirty days, by 04-25, a Saturday, so by Monday 04-27.
    assert (award["announce_due_on"], award["sign_due_on"]) == ("2026-03-27", "2026-04-27")


async def test_a_consultation_goes_on_with_two_and_ends_with_sealed_final_offers(
    market: Market,
) -> None:
    """Ten days from Friday 2026-04-24 are over on Monday 05-04, a holiday that counts here."""
    market.clock.to("2026-04-24 09:00")
    await market.enrol(4)
    made = await market.prepared(CRITERIA, method="consultation", price_weight=0.2)
    early = await refused_notice(market, made, "2026-05-03 10:00")
    row = await market.announced(made, "2026-05-06 10:00")
    tender = row["id"]
    for org, price in ((A, 490_000_00), (B, 470_000_00), (C, 510_000_00)):
        await market.bid(tender, org, price)
    market.clock.to("2026-05-06 10:00")
    for org in (A, B, C):
        await market.reveal(tender, org)
    record = await market.opened(tender)
    # C is over the budget of 500000, so two are left: document 124 lets services go on with two.
    assert (early["type"], record["rule"]) == ("period-too-short", "124.two_offers")
    await market.check_all(tender)
    panel = await market.panel(tender, 3)

    market.clock.to("2026-05-07 09:00")
    body = {
        "tender_period_end_at": "2026-05-07T10:00:00+08:00",
        "enquiry_period_end_at": "2026-05-07T10:00:00+08:00",
        "reveal_period_end_at": "2026-05-07T10:30:00+08:00",
    }
    await market.step(market.clerk, tender, "final-offers", body)
    await market.bid(tender, A, 450_000_00, stage=2)
    await market.bid(tender, B, 460_000_00, stage=2)
    market.clock.to("2026-05-07 10:05")
    await market.reveal(tender, A, stage=2)
    await market.reveal(tender, B, stage=2)
    final = await market.opened(tender)
    await market.check_all(tender)
    await market.scored(tender, panel, {A: {2: 4, 3: 95}, B: {2: 6, 3: 80}})
    report = await market.report(tender, panel)

    assert (final["stage"], len(final["bids"])) == (2, 2)
    # A: 35 + 30 + 20 = 85; B: 50 + 15 + 20 x 450/460 = 19.57, together 84.57.
    assert [(r["bidder_id"], r["total_points"]) for r in report["ranking"]] == [
        (A, 85.0),
        (B, 84.57),
    ]
    # Thursday 05-07; 05-09 is a make-up Saturday, so five working days end on Wednesday 05-13.
    assert report["decision_due_on"] == "2026-05-13"
    awarded = await market.step(market.head, tender, "award", {})
    assert awarded["conforming"] == 2
    done = await market.step(market.head, tender, "award-notice")
    (award,) = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]
    assert (award["supplier_id"], award["value_fen"]) == (A, 450_000_00)
    # Announced on 05-07: thirty days later is Saturday 06-06, so by Monday 06-08.
    assert (done["step"], award["sign_due_on"]) == ("announced", "2026-06-08")


async def test_a_closed_framework_leaves_a_fifth_out_and_serves_by_turn_and_by_bids(
    market: Market,
) -> None:
    await market.enrol(6)
    made = await market.prepared(
        [LICENCE],
        method="framework",
        framework_form="closed",
        framework_ends_on="2028-02-29",
        price_weight=1,
        small_firm_deduction=None,
    )
    row = await market.announced(made, "2026-03-23 10:00")
    framework = row["id"]
    prices = {A: 400_000_00, B: 420_000_00, C: 440_000_00, D: 460_000_00}
    for org, price in prices.items():
        await market.bid(framework, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in prices:
        await market.reveal(framework, org)
    await market.opened(framework)
    await market.check_all(framework)
    panel = await market.panel(framework)
    report = await market.report(framework, panel)
    # Of four the least of one is 25 %, over the 20 % that must go: three stay.
    assert [(r["bidder_id"], r["is_shortlisted"]) for r in report["ranking"]] == [
        (A, True),
        (B, True),
        (C, True),
        (D, False),
    ]
    await market.step(market.head, framework, "award", {})
    await market.step(market.head, framework, "award-notice")

    turn = await call_off(market, framework, "rotation", supplier_id=A, reason=REASON)
    out_of_turn = await call_off(
        market, framework, "rotation", supplier_id=A, reason=REASON, status=409
    )
    stranger = await call_off(market, framework, "direct", supplier_id=D, reason=REASON, status=409)
    assert (turn["step"], turn["framework_ocid"]) == ("awarded", row["ocid"])
    assert (out_of_turn["type"], stranger["type"]) == ("not-your-turn", "not-of-the-framework")
    assert B in out_of_turn["detail"]

    market.clock.to("2026-03-30 09:00")
    mini = await call_off(market, framework, "mini_competition")
    # Three working days from Monday 03-30 end on Thursday 04-02.
    early = await refused_notice(market, mini, "2026-04-01 10:00")
    mini = await market.announced(mini, "2026-04-02 10:00")
    for org, price in ((A, 90_000_00), (C, 85_000_00)):
        await market.bid(mini["id"], org, price)
    uninvited = await submitted(market, mini["id"], D, 80_000_00, status=403)
    market.clock.to("2026-04-02 10:00")
    for org in (A, C):
        await market.reveal(mini["id"], org)
    await market.opened(mini["id"])
    await market.check_all(mini["id"])
    compared = await market.step(market.clerk, mini["id"], "comparison")
    await market.step(market.head, mini["id"], "award", {})
    done = await market.step(market.head, mini["id"], "award-notice")
    (award,) = (await market.get(market.clerk, f"awards?tender_id={mini['id']}"))["items"]

    assert (early["type"], uninvited["type"]) == ("period-too-short", "not-invited")
    assert [r["bidder_id"] for r in compared["ranking"]] == [C, A]
    assert (done["status"], award["supplier_id"], award["is_shared"]) == ("complete", C, False)
    # C has been served by bids, A by turn: the next turn is B's.
    await call_off(market, framework, "rotation", supplier_id=B, reason=REASON)


async def test_a_challenge_that_stands_has_the_bids_evaluated_anew(market: Market) -> None:
    await market.enrol(10)
    tender, first = await announced_award(market)
    market.clock.to("2026-03-26 09:00")
    # Announced and known on Monday 03-23: seven working days end on Wednesday 04-01.
    filed = await market.post(
        market.supplier(B),
        f"tenders/{tender}/challenges",
        {"about": "result", "ground": "评分与公布的分档不符", "known_on": "2026-03-23"},
    )
    held = await market.tender(tender)
    late = await market.post(
        market.supplier(C),
        f"tenders/{tender}/challenges",
        {"about": "result", "ground": "同上", "known_on": "2026-03-16"},
        status=409,
    )
    answered = await market.post(
        market.clerk,
        f"challenges/{filed['id']}/answer",
        {"outcome": "upheld", "remedy": "re_evaluate", "answer": "人员数按证书重新计算"},
        version=filed,
    )
    again = await market.tender(tender)
    # Filed on Thursday 03-26: seven working days later is Tuesday 04-07 (04-06 is Qingming's).
    assert (filed["answer_due_on"], late["type"]) == ("2026-04-07", "too-late")
    assert held["suspended_at"] is not None
    assert (again["step"], again["round"], again["suspended_at"]) == ("opened", 2, None)
    assert (again["awarded_at"], again["announced_at"]) == (None, None)
    assert answered["is_answered_late"] is False

    await market.check_all(tender)
    panel = await market.panel(tender)
    await market.scored(tender, panel, {A: {2: 2, 3: 80}, B: {2: 6, 3: 95}, C: {2: 4, 3: 95}})
    report = await market.report(tender, panel)
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    awards = (await market.get(market.clerk, f"awards?tender_id={tender}"))["items"]

    assert report["round"] == 2
    assert [(a["supplier_id"], a["status"]) for a in awards] == [
        (B, "active"),
        (first["supplier_id"], "cancelled"),
    ]
