"""Evaluation beside its scores: low prices explain themselves, experts who are tied stay out."""

from tests.procurement.tendering import CRITERIA, A, B, C, D, Market


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


async def test_who_was_let_through_stays_in_when_a_sheet_is_in(market: Market) -> None:
    """Before the first sheet a check is put right; after it, it stands."""
    await market.enrol(6)
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender = row["id"]
    for org, price in ((A, 450_000_00), (B, 460_000_00), (C, 470_000_00), (D, 480_000_00)):
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in (A, B, C, D):
        await market.reveal(tender, org)
    await market.opened(tender)
    ids = {bid["bidder_id"]: bid["id"] for bid in await market.check_all(tender)}
    out = {"conforms": False, "criterion": 1, "reason": "许可证已过期"}
    early = await market.post(market.clerk, f"tenders/{tender}/bids/{ids[D]}/conformity", out)
    panel = await market.panel(tender)
    first, *_ = market.members(panel)
    lines = [
        {"bid_id": ids[org], "criterion": criterion, "measured": measured}
        for org in (A, B, C)
        for criterion, measured in ((2, 4), (3, 80))
    ]
    await market.post(first, f"tenders/{tender}/sheets", {"lines": lines})
    path = f"tenders/{tender}/bids/{ids[A]}/conformity"
    late = await market.post(market.clerk, path, out, status=409)
    said = {"kind": "other", "statement": "身体不适，退出评审"}
    await market.post(first, f"tenders/{tender}/panel/recusal", said)
    later = await market.post(market.clerk, path, out, status=409)  # it was read all the same

    assert early["status"] == "disqualified"
    assert {late["type"], later["type"]} == {"check-stands"}
