"""Talks with final offers: what no competitor may learn before the award notice."""

from datetime import date, datetime
from typing import Any

from procurement.queries.guards import contests
from tests.clock import city
from tests.procurement.cases import Sessions
from tests.procurement.service.test_conditions import licensed
from tests.procurement.tendering import CRITERIA, A, B, C, Market

FIRST = {A: 490_000_00, B: 470_000_00, C: 480_000_00}


async def received(market: Market, first: dict[str, int] = FIRST) -> str:
    """A consultation whose first bids were opened on Monday 2026-03-23."""
    await market.enrol(8)
    made = await market.prepared(CRITERIA, method="consultation", price_weight=0.2)
    row = await market.announced(made, "2026-03-23 10:00")
    tender: str = row["id"]
    for org, price in first.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in first:
        await market.reveal(tender, org)
    await market.opened(tender)
    return tender


async def talking(market: Market, first: dict[str, int] = FIRST) -> str:
    """The same, and all bids conform."""
    tender = await received(market, first)
    await market.check_all(tender)
    return tender


CALL = {
    "tender_period_end_at": city("2026-03-24 10:00").isoformat(),
    "enquiry_period_end_at": city("2026-03-24 10:00").isoformat(),
    "reveal_period_end_at": city("2026-03-24 10:30").isoformat(),
}


async def offers_called(market: Market, tender: str) -> None:
    market.clock.to("2026-03-24 09:00")
    await market.step(market.clerk, tender, "final-offers", CALL)


async def offered(market: Market, tender: str, prices: dict[str, int]) -> Any:
    """The opening of final offers."""
    await offers_called(market, tender)
    for org, price in prices.items():
        await market.bid(tender, org, price, stage=2)
    market.clock.to("2026-03-24 10:05")
    for org in prices:
        await market.reveal(tender, org, stage=2)
    return await market.opened(tender)


async def read_by(market: Market, tender: str, org: str) -> set[str]:
    """Whose bids a supplier reads, in the list and in the opening record."""
    who = market.supplier(org)
    bids = await market.get(who, f"tenders/{tender}/bids")
    record = await market.get(who, f"tenders/{tender}/opening")
    return {bid["bidder_id"] for bid in [*bids, *record["bids"]]}


async def test_in_talks_a_supplier_reads_its_own_bid_alone_until_the_award_notice(
    market: Market,
) -> None:
    tender = await talking(market)
    desk = await market.get(market.clerk, f"tenders/{tender}/bids")
    opened = await read_by(market, tender, B)
    panel = await market.panel(tender, 3)
    await offered(market, tender, {A: 450_000_00, B: 460_000_00, C: 470_000_00})
    offers = await read_by(market, tender, B)
    await market.scored(tender, panel, {org: {2: 4, 3: 80} for org in FIRST})
    await market.report(tender, panel)
    await market.step(market.head, tender, "award", {})
    awarded = await read_by(market, tender, B)
    await market.step(market.head, tender, "award-notice")

    assert {bid["bidder_id"] for bid in desk} == {A, B, C}
    assert (opened, offers, awarded) == ({B}, {B}, {B})
    assert await read_by(market, tender, B) == {A, B, C}


async def test_who_made_no_final_offer_stays_out_when_bids_are_judged_anew(
    market: Market,
) -> None:
    tender = await talking(market)
    panel = await market.panel(tender, 3)
    await offered(market, tender, {A: 450_000_00, B: 460_000_00})
    measures: dict[str, dict[int, Any]] = {org: {2: 4, 3: 80} for org in FIRST}
    await market.scored(tender, panel, measures)
    await market.report(tender, panel)
    body = {"about": "procedure", "ground": "评分与分档不符", "known_on": "2026-03-24"}
    filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
    said = {"outcome": "upheld", "remedy": "re_evaluate", "answer": "按证书重新计算"}
    await market.post(market.clerk, f"challenges/{filed['id']}/answer", said, version=filed)
    bids = await market.get(market.clerk, f"tenders/{tender}/bids")
    standing = {bid["bidder_id"]: bid["status"] for bid in bids if bid["stage"] == 1}
    await market.check_all(tender)
    again = await market.panel(tender, 3)
    await market.scored(tender, again, measures)
    report = await market.report(tender, again)

    assert standing == {A: "pending", B: "pending", C: "disqualified"}
    assert {line["bidder_id"] for line in report["ranking"]} == {A, B}


async def test_while_final_offers_are_taken_no_first_price_is_told(market: Market) -> None:
    tender = await talking(market)
    await offers_called(market, tender)

    assert await read_by(market, tender, B) == {B}


async def test_bidders_are_judged_by_the_first_deadline_whenever_final_offers_are_due(
    market: Market, sessions: Sessions
) -> None:
    """Noticed on 03-02, due on 03-23, twenty-one days; final offers on 03-24."""
    over = await licensed(sessions, A, to=date(2026, 3, 23))
    new = await licensed(sessions, B, since=date(2026, 3, 24))
    tender = await talking(market)
    panel = await market.panel(tender, 3)
    await offered(market, tender, {A: 450_000_00, B: 460_000_00, C: 470_000_00})
    bids = await market.get(market.clerk, f"tenders/{tender}/bids")
    first = {bid["bidder_id"]: bid["id"] for bid in bids if bid["stage"] == 1}

    async def checked(org: str, licence: str, status: int) -> Any:
        body = {"conforms": True, "proofs": [{"criterion": 1, "qualification_id": licence}]}
        path = f"tenders/{tender}/bids/{first[org]}/conformity"
        return await market.post(market.clerk, path, body, status=status)

    valid, refused = await checked(A, over, 200), await checked(B, new, 422)
    await market.scored(tender, panel, {org: {2: 4, 3: 80} for org in FIRST})
    await market.report(tender, panel)
    awarded = await market.step(market.head, tender, "award", {})
    async with sessions() as session:
        (contest,) = await contests(session)
    path = f"/ocds/records/{awarded['ocid']}"
    release = (await market.client.get(path)).json()["records"][0]["compiledRelease"]["tender"]

    assert (valid["status"], refused["type"]) == ("valid", "condition-unproven")
    assert "2026-03-23" in refused["errors"][0]["message"]
    assert contest.days == 21
    assert datetime.fromisoformat(release["tenderPeriod"]["endDate"]) == city("2026-03-23 10:00")
    assert datetime.fromisoformat(awarded["tender_period_end_at"]) == city("2026-03-24 10:00")


async def test_last_prices_are_asked_for_when_every_bid_is_checked_and_not_before(
    market: Market,
) -> None:
    tender = await received(market)
    version = await market.tender(tender)
    path = f"tenders/{tender}/final-offers"
    refused = await market.post(market.clerk, path, CALL, version=version, status=409)
    await market.check_all(tender)
    await offers_called(market, tender)

    assert (refused["type"], "3 份" in refused["detail"]) == ("checks-open", True)


async def test_who_was_let_through_stays_in_when_last_prices_are_known(market: Market) -> None:
    tender = await talking(market)
    await offered(market, tender, {A: 450_000_00, B: 460_000_00, C: 470_000_00})
    bids = await market.get(market.clerk, f"tenders/{tender}/bids")
    first = next(bid for bid in bids if (bid["bidder_id"], bid["stage"]) == (A, 1))
    path = f"tenders/{tender}/bids/{first['id']}/conformity"
    out = {"conforms": False, "criterion": 1, "reason": "许可证看不清楚"}
    refused = await market.post(market.clerk, path, out, status=409)
    same = {"conforms": True, "proofs": first["proofs"]}
    again = await market.post(market.clerk, path, same)

    assert (refused["type"], refused["errors"][0]["pointer"]) == ("check-stands", "/conforms")
    assert "re_evaluate" in refused["detail"]
    assert again["status"] == "valid"


LOW = {A: 150_000_00, B: 470_000_00, C: 480_000_00}


async def asked(market: Market, tender: str) -> Any:
    """The one bid of which the review of prices asks the reason, and its path."""
    (low,) = await market.post(market.clerk, f"tenders/{tender}/price-review")
    return low, f"tenders/{tender}/bids/{low['id']}"


async def test_a_word_on_the_first_price_does_not_cover_the_last(market: Market) -> None:
    tender = await talking(market, LOW)
    panel = await market.panel(tender, 3)
    member, *_ = market.members(panel)
    _, path = await asked(market, tender)
    await market.post(market.supplier(A), f"{path}/explanation", {"text": "自有厨房和车队"})
    said = {"is_accepted": True, "reason": "附有成本明细，予以采信"}
    await market.post(member, f"{path}/explanation-decision", said)
    await offered(market, tender, {**LOW, A: 90_000_00})
    await market.scored(tender, panel, {org: {2: 4, 3: 80} for org in LOW})
    blocked = await market.post(member, f"tenders/{tender}/report", status=409)
    low, _ = await asked(market, tender)

    assert blocked["type"] == "low-price-open"
    assert (low["bidder_id"], low["price_fen"], low["low_is_accepted"]) == (A, 90_000_00, None)


async def test_who_was_late_with_a_word_on_the_first_price_is_asked_anew_on_the_last(
    market: Market,
) -> None:
    """Asked on 03-23 and silent: the request is of a price that is no more."""
    tender = await talking(market, LOW)
    panel = await market.panel(tender, 3)
    member, *_ = market.members(panel)
    former, path = await asked(market, tender)
    await offered(market, tender, {**LOW, A: 160_000_00})
    said = {"is_accepted": False, "reason": "逾期未说明"}
    over = await market.post(member, f"{path}/explanation-decision", said, status=404)
    low, _ = await asked(market, tender)
    await market.post(market.supplier(A), f"{path}/explanation", {"text": "自有厨房和车队"})
    said = {"is_accepted": True, "reason": "附有成本明细，予以采信"}
    await market.post(member, f"{path}/explanation-decision", said)
    await market.scored(tender, panel, {org: {2: 4, 3: 80} for org in LOW})
    report = await market.report(tender, panel)

    assert over["type"] == "not-found"
    assert low["low_due_at"] > former["low_due_at"]
    assert A in {line["bidder_id"] for line in report["ranking"]}
