"""Complete procedures through the public API; every date and score is worked by hand here."""

from tests.procurement.tendering import CRITERIA, A, B, C, Market


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
