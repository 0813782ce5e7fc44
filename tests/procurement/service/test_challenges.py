"""Challenges and complaints through the API: who may, what they hold up, what they undo."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from common.clock import utc_now
from common.contracts.feeds import Kind
from common.feed.client import Change
from common.following import applying
from common.recounts import KNOWN_TO_ALL
from procurement import tables
from procurement.consumers import FOLLOWED
from procurement.usecases import recounting
from tests.procurement.conftest import Sessions
from tests.procurement.service.test_second_tries import failed
from tests.procurement.tendering import CRITERIA, A, B, C, D, Market

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}


async def announced(market: Market) -> str:
    """A tender whose result was announced on Monday 2026-03-23."""
    tender = await market.evaluated(PRICES)
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    return tender


async def challenged(market: Market, tender: str, org: str = B, **more: Any) -> Any:
    body = {"about": "result", "ground": "评分有误", "known_on": "2026-03-23", **more}
    return await market.post(market.supplier(org), f"tenders/{tender}/challenges", body)


async def test_only_who_took_part_challenges_a_result_and_only_when_there_is_one(
    market: Market,
) -> None:
    tender = await market.evaluated(PRICES)
    path = f"tenders/{tender}/challenges"
    body = {"about": "result", "ground": "评分有误", "known_on": "2026-03-23"}
    early = await market.post(market.supplier(B), path, body, status=409)
    stranger = await market.post(market.supplier(D), path, body, status=409)
    future = await market.post(
        market.supplier(B),
        path,
        {**body, "about": "procedure", "known_on": "2026-04-01"},
        status=422,
    )

    assert (early["type"], stranger["type"]) == ("challenge-not-now", "not-concerned")
    assert future["type"] == "wrong-challenge"


async def test_while_a_challenge_is_open_nothing_goes_on_and_after_the_answer_it_does(
    market: Market,
) -> None:
    tender = await market.evaluated(PRICES)
    filed = await challenged(market, tender, about="procedure")
    held = await market.post(
        market.head,
        f"tenders/{tender}/award",
        {},
        version=await market.tender(tender),
        status=409,
    )
    twice = await market.post(
        market.supplier(B),
        f"tenders/{tender}/challenges",
        {"about": "procedure", "ground": "再来一次", "known_on": "2026-03-23"},
        status=409,
    )
    await market.post(
        market.clerk,
        f"challenges/{filed['id']}/answer",
        {"outcome": "rejected", "answer": "程序合法，附记录"},
        version=filed,
    )
    awarded = await market.step(market.head, tender, "award", {})

    assert (held["type"], twice["type"]) == ("tender-suspended", "challenge-standing")
    assert (awarded["step"], awarded["suspended_at"]) == ("awarded", None)
    assert awarded["challenged_at"] is not None


async def award(market: Market, tender: str, *, status: int = 0) -> Any:
    row = await market.tender(tender)
    return await market.post(market.head, f"tenders/{tender}/award", {}, version=row, status=status)


async def test_silence_frees_the_buyer_only_when_nobody_may_complain_any_more(
    market: Market,
) -> None:
    """The answer is due on Wednesday 2026-04-01; complaints come until Thursday 04-23."""
    tender = await market.evaluated(PRICES)
    filed = await challenged(market, tender, about="procedure")
    market.clock.to("2026-04-23 23:00")
    held = await award(market, tender, status=409)
    market.clock.to("2026-04-24 00:30")
    awarded = await award(market, tender)
    late = await market.post(
        market.clerk,
        f"challenges/{filed['id']}/answer",
        {"outcome": "rejected", "answer": "程序合法，附记录"},
        version=filed,
    )

    assert (held["type"], "2026-04-23" in held["detail"]) == ("tender-suspended", True)
    assert (awarded["step"], awarded["suspended_at"]) == ("awarded", None)
    assert late["is_answered_late"] is True


async def complained(market: Market, tender: str) -> tuple[Any, Any]:
    """A challenge that nobody answered, and the complaint for want of an answer."""
    filed = await challenged(market, tender, about="procedure")
    market.clock.to("2026-04-10 09:00")
    body = {"ground": "逾期未作答复"}
    path = f"challenges/{filed['id']}/complaint"
    return filed, await market.post(market.supplier(B), path, body)


async def test_a_decision_settles_what_the_buyer_did_not_answer(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    filed, complaint = await complained(market, tender)
    during = await market.tender(tender)
    await market.post(
        market.district,
        f"supplier-complaints/{complaint['id']}/decision",
        {"outcome": "rejected", "decision": "程序合法；责令被投诉人限期改正答复质疑的程序"},
        version=complaint,
    )
    (after,) = await market.get(market.clerk, f"tenders/{tender}/challenges")
    answer = {"outcome": "upheld", "remedy": "void", "answer": "另作答复"}
    refused = await market.post(
        market.clerk, f"challenges/{filed['id']}/answer", answer, version=after, status=409
    )
    awarded = await award(market, tender)

    assert during["suspended_until_on"] == complaint["decision_due_on"]
    assert (after["step"], after["is_answered_late"]) == ("rejected", True)
    assert (refused["type"], awarded["step"]) == ("challenge-settled", "awarded")


async def test_a_complaint_holds_until_the_day_of_its_decision(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    _, complaint = await complained(market, tender)
    market.clock.to(f"{complaint['decision_due_on']} 23:00")
    held = await award(market, tender, status=409)
    market.clock.later(hours=2)
    awarded = await award(market, tender)

    assert (held["type"], awarded["step"]) == ("tender-suspended", "awarded")


async def test_who_challenged_may_let_the_purchase_go_on(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    filed, complaint = await complained(market, tender)
    path = f"challenges/{filed['id']}/withdrawal"
    hasty = await market.post(market.supplier(B), path, version=filed, status=409)
    other = f"supplier-complaints/{complaint['id']}/withdrawal"
    stranger = await market.post(market.supplier(C), other, version=complaint, status=403)
    gone = await market.post(market.supplier(B), other, version=complaint)
    done = await market.post(market.supplier(B), path, version=filed)
    awarded = await award(market, tender)

    assert (hasty["type"], stranger["type"]) == ("complaint-open", "not-your-organisation")
    assert (gone["step"], done["step"], awarded["step"]) == ("withdrawn", "withdrawn", "awarded")


async def test_what_was_taken_back_goes_to_no_authority(market: Market) -> None:
    tender = await market.evaluated(PRICES)
    filed = await challenged(market, tender, about="procedure")
    path = f"challenges/{filed['id']}"
    await market.post(market.supplier(B), f"{path}/withdrawal", version=filed)
    market.clock.to("2026-04-10 09:00")
    body = {"ground": "逾期未作答复"}
    refused = await market.post(market.supplier(B), f"{path}/complaint", body, status=409)

    assert (refused["type"], "withdrawn" in refused["detail"]) == ("challenge-settled", True)


async def test_a_hold_without_a_last_day_is_given_its_own(
    market: Market, sessions: Sessions
) -> None:
    """So it was written before holds had last days."""
    tender = await market.evaluated(PRICES)
    await challenged(market, tender, about="procedure")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE tender SET suspended_until_on = NULL"))
    market.clock.to("2026-04-23 09:00")
    held = await award(market, tender, status=409)
    market.clock.to("2026-04-24 09:00")
    awarded = await award(market, tender)

    assert (held["type"], awarded["step"]) == ("tender-suspended", "awarded")


async def test_who_challenges_is_told_to_both_sides_alone_and_why_after_the_answer(
    market: Market,
) -> None:
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    filed = await challenged(market, tender, about="document", known_on="2026-03-02")
    path = f"tenders/{tender}/challenges"
    readers = ({}, market.supplier(C), market.supplier(B), market.clerk, market.district)
    before = [(await market.get(who, path))[0] for who in readers]
    answer = {"outcome": "rejected", "answer": "分档依据已随文件公布"}
    await market.post(market.clerk, f"challenges/{filed['id']}/answer", answer, version=filed)
    (after,) = await market.get({}, path)
    market.clock.to("2026-03-12 09:00")
    wish = {"ground": "答复未说明理由"}
    await market.post(market.supplier(B), f"challenges/{filed['id']}/complaint", wish)
    (complaint,) = await market.get({}, f"tenders/{tender}/complaints")
    (own,) = await market.get(market.supplier(B), f"tenders/{tender}/complaints")

    seen = [(each["by_id"], each["ground"]) for each in before]
    assert seen == [(None, None)] * 2 + [(B, "评分有误")] * 3
    assert (after["by_id"], after["ground"]) == (None, "评分有误")
    assert (complaint["by_id"], complaint["ground"], own["by_id"]) == (None, None, B)


async def test_what_was_announced_counts_as_known_whatever_is_said(market: Market) -> None:
    """Announced on Monday 2026-03-23, for one working day; seven more end on Thursday 04-02."""
    tender = await announced(market)
    body = {"about": "result", "ground": "评分有误", "known_on": "2026-04-01"}
    path = f"tenders/{tender}/challenges"
    market.clock.to("2026-04-02 09:00")
    await market.post(market.supplier(B), path, body)
    market.clock.to("2026-04-03 09:00")
    late = await market.post(
        market.supplier(C), path, {**body, "known_on": "2026-04-02"}, status=409
    )

    assert (late["type"], "2026-04-02" in late["detail"]) == ("too-late", True)


async def test_what_failed_is_challenged_for_seven_days_whatever_happens_to_it_since(
    market: Market,
) -> None:
    """Failed and told on Monday 2026-03-23; seven working days end on Wednesday 04-01."""
    path = f"tenders/{(await failed(market, [A, B]))['id']}/challenges"
    body = {"about": "result", "ground": "应有三家符合要求", "known_on": "2026-03-23"}
    market.clock.to("2026-03-31 09:00")
    await market.post(market.supplier(A), path, body)
    market.clock.to("2026-04-02 09:00")
    late = await market.post(
        market.supplier(B), path, {**body, "known_on": "2026-04-02"}, status=409
    )

    assert (late["type"], "2026-04-01" in late["detail"]) == ("too-late", True)


async def test_a_complaint_that_stands_voids_the_tender(market: Market) -> None:
    """The answer is due on Wednesday 2026-04-01; complaints come until Thursday 04-23."""
    tender = await announced(market)
    filed = await challenged(market, tender)
    early = await market.post(
        market.supplier(B), f"challenges/{filed['id']}/complaint", {"ground": "不服"}, status=409
    )
    await market.post(
        market.clerk,
        f"challenges/{filed['id']}/answer",
        {"outcome": "rejected", "answer": "评分无误"},
        version=filed,
    )
    market.clock.to("2026-04-10 09:00")
    complaint = await market.post(
        market.supplier(B), f"challenges/{filed['id']}/complaint", {"ground": "答复未说明理由"}
    )
    path = f"supplier-complaints/{complaint['id']}"
    too_long = await market.post(
        market.district,
        f"{path}/suspension",
        {"days": 31, "reason": "调查"},
        version=complaint,
        status=422,
    )
    held = await market.post(
        market.district, f"{path}/suspension", {"days": 30, "reason": "调查"}, version=complaint
    )
    during = await market.tender(tender)
    decided = await market.post(
        market.district,
        f"{path}/decision",
        {"outcome": "upheld", "remedy": "void", "excluded_days": 5, "decision": "评分标准未公布"},
        version=held,
    )
    after = await market.tender(tender)
    (award,) = (await market.get({}, f"awards?tender_id={tender}"))["items"]

    assert (early["type"], too_long["type"]) == ("complaint-not-yet", "wrong-challenge")
    # Filed on Friday 04-10: five working days to 04-17, eight to 04-22.
    assert (complaint["review_due_on"], complaint["notice_due_on"]) == ("2026-04-17", "2026-04-22")
    assert (held["suspended_until_on"], during["suspended_until_on"]) == ("2026-05-10",) * 2
    assert decided["step"] == "upheld"
    assert (after["status"], after["suspended_at"]) == ("unsuccessful", None)
    assert after["cancel_reason"] == "challenge_upheld"
    assert (award["status"], award["cancel_reason"]) == ("cancelled", "94.26.decision")


async def test_a_suspension_ends_with_its_last_day_and_its_days_add_up(market: Market) -> None:
    """Suspended on Friday 2026-04-10 for ten days, then for twenty more: until 05-10."""
    tender = await market.evaluated(PRICES)
    filed = await challenged(market, tender, about="procedure")
    answer = {"outcome": "rejected", "answer": "程序合法，附记录"}
    await market.post(market.clerk, f"challenges/{filed['id']}/answer", answer, version=filed)
    market.clock.to("2026-04-10 09:00")
    path = f"challenges/{filed['id']}/complaint"
    complaint = await market.post(market.supplier(B), path, {"ground": "答复未说明理由"})
    path = f"supplier-complaints/{complaint['id']}/suspension"
    ten, twenty, one = ({"days": days, "reason": "调查取证"} for days in (10, 20, 1))
    held = await market.post(market.district, path, ten, version=complaint)
    held = await market.post(market.district, path, twenty, version=held)
    more = await market.post(market.district, path, one, version=held, status=422)
    market.clock.to("2026-05-10 23:00")
    version = await market.tender(tender)
    last = await market.post(
        market.head, f"tenders/{tender}/award", {}, version=version, status=409
    )
    market.clock.to("2026-05-11 00:01")
    awarded = await market.step(market.head, tender, "award", {})

    assert (held["suspended_until_on"], held["suspended_days"]) == ("2026-05-10", 30)
    assert (more["type"], last["type"]) == ("wrong-challenge", "tender-suspended")
    assert (awarded["step"], awarded["suspended_at"]) == ("awarded", None)


async def test_who_declines_is_passed_over_in_public(market: Market) -> None:
    tender = await announced(market)
    silent = await market.post(
        market.head,
        f"tenders/{tender}/award",
        {"declined_supplier_ids": [A]},
        version=await market.tender(tender),
        status=422,
    )
    nobody = await market.post(
        market.head,
        f"tenders/{tender}/award",
        {},
        version=await market.tender(tender),
        status=409,
    )
    reason = "中标供应商书面放弃，不再签订合同"
    body = {"declined_supplier_ids": [A], "reason": reason}
    await market.step(market.head, tender, "award", body)
    await market.step(market.head, tender, "award-notice")
    awards = (await market.get({}, f"awards?tender_id={tender}"))["items"]

    assert (silent["type"], nobody["type"]) == ("wrong-tender", "tender-cannot-move")
    assert [(a["supplier_id"], a["status"], a["rank"]) for a in awards] == [
        (B, "active", 2),
        (A, "cancelled", 1),
    ]


async def test_an_open_challenge_follows_a_holiday_notice_and_keeps_what_was_before(
    market: Market, sessions: Sessions
) -> None:
    """Filed on Monday 2026-03-23, due on Wednesday 04-01; two days more are given off."""
    filed = await challenged(market, await announced(market))
    notice = {
        "id": "01930000-0000-7000-8000-000000000001",
        "version": 1,
        "title": "国务院办公厅关于调整放假安排的通知（测试用假设）",
        "year": None,
        "document": None,
        "issued_on": None,
        "source": "https://www.gov.cn/test",
        "holidays": [{"name": "测试假期", "first": "2026-03-30", "last": "2026-03-31"}],
        "working": [],
    }
    async with sessions.begin() as session:
        change = Change("calendar_notice", UUID(str(notice["id"])), 1, notice)
        await applying(FOLLOWED[Kind.CALENDAR_NOTICE])(session, [change])
    later = utc_now() + KNOWN_TO_ALL
    async with sessions.begin() as session:
        once = await recounting.recount(session, now=later)
        entries = [each.as_row() for each in session.info["audit"]]
    async with sessions.begin() as session:
        twice = await recounting.recount(session, now=later)

    async with sessions() as session:
        row = await session.get_one(tables.Challenge, UUID(filed["id"]))
    assert (once, twice) == (True, False)
    [before] = [row["before"] for row in entries if row["action"] == "challenge.recount"]
    assert before["answer_due_on"] == filed["answer_due_on"]
    assert str(row.answer_due_on) == "2026-04-03"
    assert "tender.recount" in {row["action"] for row in entries}


async def test_awards_and_contracts_follow_a_notice_too(market: Market, sessions: Sessions) -> None:
    tender = await announced(market)
    async with sessions.begin() as session:
        statement = select(tables.Award).where(tables.Award.tender_id == UUID(tender))
        award = (await session.scalars(statement)).first()
        assert award is not None
        before = award.sign_due_on
        await session.execute(
            text(
                "INSERT INTO calendar_recount (id, title, first_on, told_at)"
                " VALUES (gen_random_uuid(), '测试', '2026-03-24', now())"
            )
        )
        award.sign_due_on = date(2026, 12, 31)
    async with sessions.begin() as session:
        await recounting.recount(session, now=utc_now() + KNOWN_TO_ALL)

    async with sessions() as session:
        award = await session.get_one(tables.Award, award.id)
    assert award.sign_due_on == before
