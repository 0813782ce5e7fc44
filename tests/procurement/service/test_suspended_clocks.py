"""While a purchase is suspended nothing is taken, opened or lost, and its time does not run."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.clock import city_day
from common.db import database
from procurement.queries import tenders as tender_queries
from procurement.usecases import holding
from procurement.worker import begin_day
from tests.clock import city
from tests.harness import Urls
from tests.procurement.cases import Sessions
from tests.procurement.service.test_procedures import submitted
from tests.procurement.service.test_talks import FIRST, offers_called, talking
from tests.procurement.tendering import CRITERIA, A, B, C, D, Market

BIDS = {A: 450_000_00, B: 460_000_00, C: 470_000_00}
ENDS = ("tender_period_end_at", "reveal_period_end_at")


async def complained(market: Market) -> tuple[str, Any]:
    """Bids until Monday 2026-03-23 10:00, keys until 11:00; a complaint about the documents."""
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender: str = row["id"]
    body = {"about": "document", "ground": "分档偏向一家", "known_on": "2026-03-02"}
    filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
    answer = {"outcome": "rejected", "answer": "分档依据已随文件公布"}
    await market.post(market.clerk, f"challenges/{filed['id']}/answer", answer, version=filed)
    path = f"challenges/{filed['id']}/complaint"
    return tender, await market.post(market.supplier(B), path, {"ground": "答复未说明理由"})


async def suspended(market: Market, complaint: Any, days: int) -> Any:
    body = {"days": days, "reason": "调查取证"}
    path = f"supplier-complaints/{complaint['id']}/suspension"
    return await market.post(market.district, path, body, version=complaint)


async def decided(market: Market, complaint: Any, remedy: str, *, status: int = 0) -> Any:
    body = {"outcome": "upheld", "remedy": remedy, "decision": "分档依据不足，限期改正"}
    path = f"supplier-complaints/{complaint['id']}/decision"
    return await market.post(market.district, path, body, version=complaint, status=status)


async def ends(market: Market, tender: str) -> list[datetime]:
    row = await market.tender(tender)
    return [datetime.fromisoformat(row[name]) for name in ENDS]


async def lifted(sessions: Sessions, market: Market) -> tuple[list[Any], list[Any]]:
    """What the day's work does to suspensions: what it tells the audit log, and the feed."""
    async with sessions.begin() as session:
        for tender_id in await tender_queries.held_before(session, city_day(market.clock.now)):
            await holding.lift_one(session, tender_id, now=market.clock.now)
        entries = [each.as_row() for each in session.info.get("audit", ())]
        return entries, [*session.info.get("marks", ())]


async def refused(market: Market, tender: str, what: str, body: Any = None) -> str:
    """How a supplier's call is refused."""
    path = f"tenders/{tender}/{what}"
    told = await market.post(market.supplier(A), path, body, status=409)
    found: str = told["type"]
    return found


async def opened(market: Market, tender: str) -> list[str]:
    """What the opening says of each bid, keys handed in meanwhile not among it."""
    record = await market.opened(tender)
    return [bid["outcome"] for bid in record["bids"]]


async def test_what_is_held_before_the_deadline_takes_nothing_and_loses_nothing(
    market: Market, sessions: Sessions
) -> None:
    """From Friday 03-20 09:00 to the end of 03-30: eleven days, the last of them begun."""
    tender, complaint = await complained(market)
    await market.bid(tender, A, BIDS[A])
    market.clock.to("2026-03-20 09:00")
    await suspended(market, complaint, 10)
    late = await submitted(market, tender, C, BIDS[C], status=409)
    withdrawn = await refused(market, tender, "bids/withdrawal")
    asked = await refused(market, tender, "questions", {"text": "何时恢复？"})
    market.clock.to("2026-03-23 10:30")
    key = await market.reveal(tender, A, status=409)
    market.clock.to("2026-03-23 11:00")
    row = await market.tender(tender)
    early = await market.post(market.clerk, f"tenders/{tender}/opening", version=row, status=409)
    nothing = await lifted(sessions, market)

    suspension = "tender-suspended"
    assert [late["type"], withdrawn, asked, key["type"], early["type"]] == [suspension] * 5
    assert (nothing, row["suspended_until_on"]) == (([], []), "2026-03-30")
    assert await ends(market, tender) == [city("2026-03-23 10:00"), city("2026-03-23 11:00")]

    market.clock.to("2026-03-31 00:01")
    await market.bid(tender, B, BIDS[B])  # it is over, though nobody has told so yet
    told, marks = await lifted(sessions, market)
    again = await lifted(sessions, market)
    after = await market.tender(tender)
    path = f"/ocds/records/{row['ocid']}"
    release = (await market.client.get(path)).json()["records"][0]["compiledRelease"]["tender"]
    await market.bid(tender, C, BIDS[C])
    market.clock.to("2026-04-03 10:00")
    for org in BIDS:
        await market.reveal(tender, org)

    moved = [city("2026-04-03 10:00"), city("2026-04-03 11:00")]
    assert ([each["action"] for each in told], again) == (["tender.resume"], ([], []))
    assert marks == [("tender", UUID(tender))]
    assert told[0]["after"]["tender_period_end_at"] == str(moved[0])
    assert (after["suspended_at"], after["version"]) == (None, row["version"] + 1)
    assert await ends(market, tender) == moved
    assert datetime.fromisoformat(release["tenderPeriod"]["endDate"]) == moved[0]
    assert release["isSuspended"] is False
    assert await opened(market, tender) == ["opened"] * 3


async def test_what_is_held_in_the_reveal_window_takes_keys_afterwards_and_no_bids(
    market: Market,
) -> None:
    """From Monday 03-23 10:10 to the end of 03-28: six days, the last of them begun."""
    tender, complaint = await complained(market)
    for org, price in BIDS.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:05")
    await market.reveal(tender, A)
    market.clock.to("2026-03-23 10:10")
    await suspended(market, complaint, 5)
    held = await market.reveal(tender, B, status=409)
    market.clock.to("2026-03-29 10:59")
    late = await submitted(market, tender, C, BIDS[C], status=409)
    for org in (B, C):
        await market.reveal(tender, org)
    row = await market.tender(tender)
    early = await market.post(market.clerk, f"tenders/{tender}/opening", version=row, status=409)
    market.clock.to("2026-03-29 11:00")
    record = await market.post(market.clerk, f"tenders/{tender}/opening", version=row)

    assert [held["type"], late["type"], early["type"]] == [
        *("tender-suspended", "bid-too-late", "too-early")
    ]
    assert [bid["outcome"] for bid in record["bids"]] == ["opened"] * 3
    assert await ends(market, tender) == [city("2026-03-23 10:00"), city("2026-03-29 11:00")]


async def test_each_of_two_suspensions_moves_the_ends_by_its_own_time(market: Market) -> None:
    """Six days to the end of 03-15; then from 03-20 two, to the hour, when it is taken back."""
    tender, complaint = await complained(market)
    market.clock.to("2026-03-10 09:00")
    held = await suspended(market, complaint, 5)
    market.clock.to("2026-03-20 09:00")
    held = await suspended(market, held, 10)
    between = await ends(market, tender)
    market.clock.to("2026-03-22 09:00")
    path = f"supplier-complaints/{complaint['id']}/withdrawal"
    await market.post(market.supplier(B), path, version=held)

    assert between == [city("2026-03-29 10:00"), city("2026-03-29 11:00")]
    assert await ends(market, tender) == [city("2026-03-31 10:00"), city("2026-03-31 11:00")]


async def test_documents_are_amended_after_a_long_suspension(market: Market) -> None:
    """Held from 03-20 09:00 to 04-10 09:00, three weeks: the deadline is on Monday 04-13."""
    tender, complaint = await complained(market)
    market.clock.to("2026-03-20 09:00")
    held = await suspended(market, complaint, 30)
    market.clock.to("2026-04-10 09:00")
    await decided(market, held, "amend")
    moved = await ends(market, tender)
    body = {"text": "删去偏向一家的分档", "affects_bids": True}
    amended = await market.step(market.head, tender, "amendments", body)

    assert moved == [city("2026-04-13 10:00"), city("2026-04-13 11:00")]
    # Fifteen days from Friday 04-10 are over on 04-25.
    assert datetime.fromisoformat(amended["tender_period_end_at"]) == city("2026-04-25 10:00")


@pytest.mark.parametrize("is_held", [False, True])
async def test_nothing_is_amended_once_the_deadline_has_passed(
    market: Market, *, is_held: bool
) -> None:
    tender, complaint = await complained(market)
    market.clock.to("2026-03-23 10:00")
    if is_held:
        complaint = await suspended(market, complaint, 30)
    told = await decided(market, complaint, "amend", status=422)
    await decided(market, complaint, "void")
    after = await market.tender(tender)

    assert (told["type"], told["errors"][0]["pointer"]) == ("wrong-challenge", "/remedy")
    assert (after["step"], after["cancel_reason"]) == ("unsuccessful", "challenge_upheld")


async def test_what_is_held_is_cancelled_when_it_goes_on(market: Market) -> None:
    tender, complaint = await complained(market)
    market.clock.to("2026-03-20 09:00")
    await suspended(market, complaint, 10)
    body = {"reason": "major_change", "explanation": "需求取消"}
    row = await market.tender(tender)
    held = await market.post(
        market.head, f"tenders/{tender}/cancellation", body, version=row, status=409
    )
    market.clock.to("2026-03-31 09:00")
    gone = await market.post(market.head, f"tenders/{tender}/cancellation", body, version=row)
    late = await submitted(market, tender, A, BIDS[A], status=409)

    assert (held["type"], late["type"]) == ("tender-suspended", "bid-not-open")
    assert (gone["step"], gone["suspended_at"]) == ("cancelled", None)


async def test_final_offers_wait_for_the_answer_to_a_challenge(market: Market) -> None:
    """Called for Tuesday 03-24, held from 09:00 to 15:00: due six hours later."""
    tender = await talking(market)
    await offers_called(market, tender)
    body = {"about": "procedure", "ground": "磋商记录有误", "known_on": "2026-03-24"}
    filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
    market.clock.to("2026-03-24 15:00")
    answer = {"outcome": "rejected", "answer": "磋商程序合法，附记录"}
    await market.post(market.clerk, f"challenges/{filed['id']}/answer", answer, version=filed)
    for org, price in FIRST.items():
        await market.bid(tender, org, price - 10_000_00, stage=2)
    market.clock.to("2026-03-24 16:00")
    for org in FIRST:
        await market.reveal(tender, org, stage=2)

    assert await ends(market, tender) == [city("2026-03-24 16:00"), city("2026-03-24 16:30")]
    assert await opened(market, tender) == ["opened"] * 3


async def test_nobody_moves_the_deadline_by_challenges_that_are_taken_back_at_once(
    market: Market,
) -> None:
    """Four within four seconds: four seconds are lost, and no more is given back."""
    tender = await talking(market)
    await offers_called(market, tender)
    body = {"about": "procedure", "ground": "磋商记录有误", "known_on": "2026-03-24"}
    for _ in range(4):
        filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
        market.clock.later(seconds=1)
        path = f"challenges/{filed['id']}/withdrawal"
        await market.post(market.supplier(B), path, version=filed)

    lost = timedelta(seconds=4)
    assert await ends(market, tender) == [
        *(city("2026-03-24 10:00") + lost, city("2026-03-24 10:30") + lost)
    ]


async def asked_why(market: Market) -> tuple[str, str, Any, Any]:
    """A purchase, and the path of a low bid whose reason is due at 11:30; a member, a challenge."""
    await market.enrol(6)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender: str = row["id"]
    prices = {A: 400_000_00, B: 390_000_00, C: 150_000_00, D: 395_000_00}
    for org, price in prices.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in prices:
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    member = market.members(await market.panel(tender))[0]
    [low] = await market.post(market.clerk, f"tenders/{tender}/price-review")
    market.clock.to("2026-03-23 11:10")
    body = {"about": "procedure", "ground": "开标程序有误", "known_on": "2026-03-23"}
    filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
    return tender, f"tenders/{tender}/bids/{low['id']}", member, filed


UNPROVEN = {"is_accepted": False, "reason": "未按时说明"}


async def test_nobody_is_put_out_for_a_low_price_while_the_purchase_is_suspended(
    market: Market,
) -> None:
    """Twenty minutes were left at 11:10; at 13:10 they run on."""
    _, path, member, filed = await asked_why(market)
    market.clock.to("2026-03-23 13:10")
    held = await market.post(member, f"{path}/explanation-decision", UNPROVEN, status=409)
    await market.post(market.supplier(B), f"challenges/{filed['id']}/withdrawal", version=filed)
    market.clock.to("2026-03-23 13:29")
    early = await market.post(member, f"{path}/explanation-decision", UNPROVEN, status=409)
    said = {"text": "自有厨房和车队"}
    explained = await market.post(market.supplier(C), f"{path}/explanation", said)

    assert (held["type"], early["type"]) == ("tender-suspended", "too-early")
    assert datetime.fromisoformat(explained["low_due_at"]) == city("2026-03-23 13:30")


async def test_a_reason_is_taken_after_a_hold_that_nobody_has_told_is_over(market: Market) -> None:
    """Held to the end of 04-23 by a challenge without an answer: due on 04-24 at its hour."""
    tender, path, member, _ = await asked_why(market)
    market.clock.to("2026-04-24 11:29")
    explained = await market.post(market.supplier(C), f"{path}/explanation", {"text": "自有厨房"})
    body = {"is_accepted": True, "reason": "说明属实"}
    decided = await market.post(member, f"{path}/explanation-decision", body)
    row = await market.tender(tender)

    assert explained["low_explanation"] == "自有厨房"
    assert datetime.fromisoformat(decided["low_due_at"]) == city("2026-04-24 11:30")
    assert (decided["low_is_accepted"], row["suspended_at"]) == (True, None)


async def test_a_reason_that_was_late_before_the_hold_stays_late(market: Market) -> None:
    _, path, member, filed = await asked_why(market)
    market.clock.to("2026-03-23 11:10")
    await market.post(market.supplier(B), f"challenges/{filed['id']}/withdrawal", version=filed)
    market.clock.to("2026-03-23 11:30")
    body = {"about": "procedure", "ground": "开标程序有误", "known_on": "2026-03-23"}
    again = await market.post(market.supplier(B), f"{path.split('/bids')[0]}/challenges", body)
    market.clock.to("2026-03-23 12:00")
    await market.post(market.supplier(B), f"challenges/{again['id']}/withdrawal", version=again)
    said = {"text": "自有厨房"}
    late = await market.post(market.supplier(C), f"{path}/explanation", said, status=409)
    out = await market.post(member, f"{path}/explanation-decision", UNPROVEN)

    assert (late["type"], out["status"]) == ("too-late", "disqualified")


async def test_a_new_day_ends_what_was_held_to_the_day_before(
    real_market: Market, fresh_database: Urls
) -> None:
    market = real_market
    tender, complaint = await complained(market)
    market.clock.to("2026-03-20 09:00")
    await suspended(market, complaint, 10)
    async with database(fresh_database.app, pool_size=2) as service:
        market.clock.to("2026-03-30 23:59")
        await begin_day(service, now=market.clock.now)
        held = await market.tender(tender)
        market.clock.to("2026-03-31 00:01")
        await begin_day(service, now=market.clock.now)
        after = await market.tender(tender)

    assert (held["suspended_at"] is None, after["suspended_at"]) == (False, None)
    assert held["reveal_period_end_at"] != after["reveal_period_end_at"]
    assert await ends(market, tender) == [city("2026-04-03 10:00"), city("2026-04-03 11:00")]
