"""Who sits on a panel: the buyer's people as the buyer's, experts by order, nobody who is tied."""

from datetime import date
from typing import Any
from uuid import UUID

from common.auth.roles import Role
from procurement.tables import ExpertRelation
from tests.procurement.cases import BUYER, Sessions
from tests.procurement.tendering import CRITERIA, A, B, C, Market

SINCE = {"kind": "labour", "from_on": "2020-01-01"}
KNOWN: dict[str, Any] = {"kind": "board", "from_on": date(2025, 1, 1)}
PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}


async def opened(market: Market) -> str:
    """An open tender with three bids, opened."""
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender: str = row["id"]
    for org, price in PRICES.items():
        await market.bid(tender, org, price)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    return tender


def sent(account: str, *relations: Any) -> dict[str, Any]:
    return {"account": account, "relations": list(relations)}


async def test_who_sits_for_the_buyer_is_nobodys_else(market: Market) -> None:
    await market.enrol(5)
    (tied,) = await market.enrol(
        1, categories=["home_care"], relations=[{**SINCE, "organisation_id": B}]
    )
    tender = await opened(market)
    wrong = [
        [sent("clerk-wang"), sent("clerk-wang")],
        [sent(f"agent-{A[-2:]}")],
        [sent("clerk-wang", {**SINCE, "organisation_id": C})],
        [sent(tied)],
    ]
    told = []
    for each in wrong:
        body = {"size": 7 if len(each) > 1 else 5, "representatives": each}
        answer = await market.post(market.clerk, f"tenders/{tender}/panel", body, status=422)
        told.append((answer["type"], [fault["pointer"] for fault in answer["errors"]]))
    panel = await market.panel(tender, representatives=[sent("clerk-wang")])

    assert told == [
        ("wrong-representative", ["/representatives/1/account"]),
        ("wrong-representative", ["/representatives/0/account"]),
        ("wrong-representative", ["/representatives/0/relations"]),
        ("wrong-representative", ["/representatives/0/relations"]),
    ]
    assert [seat["is_expert"] for seat in panel["seats"]] == [True] * 4 + [False]


async def test_who_sits_for_the_buyer_signs_in_as_the_buyers(market: Market) -> None:
    await market.enrol(5)
    tender = await opened(market)
    panel = await market.panel(tender, representatives=[sent("clerk-wang")])
    bids = await market.get(market.clerk, f"tenders/{tender}/bids")
    lines = [
        {"bid_id": bid["id"], "criterion": number, "measured": 4 if number == 2 else 80}
        for bid in bids
        for number in (2, 3)
    ]
    expert = market.account(panel["seats"][0]["expert_id"])

    async def score(account: str, status: int = 0, **more: Any) -> Any:
        who = market.bearer(Role.PANEL_EXPERT, subject=account, **more)
        return await market.post(who, f"tenders/{tender}/sheets", {"lines": lines}, status=status)

    refused = [
        await score("clerk-wang", 403),
        await score("clerk-wang", 403, org=A),
        await score(expert, 403, org=A),
        await score(expert, 403, org=BUYER),
    ]
    assert [each["type"] for each in refused] == ["not-the-buyers"] * 2 + ["partial-member"] * 2
    assert (await score("clerk-wang", org=BUYER))["lines"] == 6
    assert (await score(expert))["lines"] == 6


async def test_who_handed_in_a_bid_or_sits_for_the_buyer_is_no_expert(market: Market) -> None:
    accounts = await market.enrol(6)
    body = {
        "name": "王经理",
        "area_code": "310101000000",
        "categories": ["meal_delivery"],
    }
    agent = await market.post(market.district, "experts", {**body, "account": f"agent-{A[-2:]}"})
    clerk = await market.post(market.district, "experts", {**body, "account": "clerk-wang"})
    tender = await opened(market)
    panel = await market.panel(tender, representatives=[sent("clerk-wang")])

    assert {(each["expert_id"], each["organisation_id"]) for each in panel["left_out"]} == {
        (agent["id"], A),
        (clerk["id"], BUYER),
    }
    assert len(panel["pool"]) == len(accounts)


async def recused(market: Market, tender: str, place: int) -> Any:
    panel = await market.get(market.clerk, f"tenders/{tender}/panel")
    seat = next(each for each in panel["seats"] if each["place"] == place)
    return await market.post(
        market.expert(market.account(seat["expert_id"])),
        f"tenders/{tender}/panel/recusal",
        {"kind": "kinship", "organisation_id": B, "statement": "配偶在该机构任职"},
    )


async def test_when_the_order_is_used_up_those_who_joined_since_are_drawn(market: Market) -> None:
    await market.enrol(6)
    tender = await opened(market)
    first = await market.panel(tender)
    full = await market.post(market.clerk, f"tenders/{tender}/panel/supplement", status=409)
    await recused(market, tender, 1)
    short = await recused(market, tender, 2)
    none = await market.post(market.clerk, f"tenders/{tender}/panel/supplement", status=409)
    await market.enrol(2, relations=[{**SINCE, "organisation_id": A}])
    await market.enrol(2)
    panel = await market.post(market.clerk, f"tenders/{tender}/panel/supplement")
    (later,) = panel["supplements"]
    again = await recused(market, tender, panel["seats"][-1]["place"])

    standing = [seat for seat in short["seats"] if seat["status"] != "recused"]
    assert (full["type"], none["type"], len(standing)) == ("no-seat-empty", "pool-too-small", 4)
    assert panel["order"] == first["order"]
    assert (len(later["pool"]), len(later["left_out"])) == (2, 2)
    assert panel["seats"][-1]["expert_id"] == later["order"][0]
    assert again["seats"][-1]["expert_id"] == later["order"][1]


async def test_who_does_not_come_is_replaced_by_order_and_not_by_the_buyer(market: Market) -> None:
    await market.enrol(6)
    tender = await opened(market)
    panel = await market.panel(tender)
    path, body = f"tenders/{tender}/panel/absence", {"place": 2, "reason": "因病住院，无法评审"}
    buyer = await market.post(market.head, path, body, status=403)
    above = market.bearer(Role.DISTRICT_OFFICE, area="310101", line="*", org=BUYER)
    own = await market.post(above, path, body, status=403)
    after = await market.post(market.district, path, body)
    twice = await market.post(market.district, path, body, status=409)

    assert (buyer["type"], own["type"]) == ("permission-missing", "buyer-chooses-no-panel")
    assert twice["type"] == "seat-not-open"
    assert after["seats"][1]["status"] == "recused"
    assert after["seats"][-1]["expert_id"] == panel["order"][5]


async def test_who_has_become_partial_since_the_draw_is_passed_over_and_named(
    market: Market, sessions: Sessions
) -> None:
    await market.enrol(8)
    tender = await opened(market)
    sixth, seventh, _ = (await market.panel(tender))["order"][5:]
    async with sessions.begin() as session:
        tie = ExpertRelation(expert_id=UUID(sixth), organisation_id=UUID(C), **KNOWN)
        session.add(tie)
    after = await recused(market, tender, 1)

    assert after["seats"][-1]["expert_id"] == seventh
    assert after["left_out"] == [{"expert_id": sixth, "reason": "board", "organisation_id": C}]


async def test_a_supplement_fills_what_can_be_filled_and_tells_what_stays_empty(
    market: Market,
) -> None:
    await market.enrol(5)
    tender = await opened(market)
    await market.panel(tender)
    await recused(market, tender, 1)
    short = await recused(market, tender, 2)
    await market.enrol(1, relations=[{**SINCE, "organisation_id": A}])
    await market.enrol(1)
    path = f"tenders/{tender}/panel/supplement"
    half = await market.post(market.clerk, path)
    none = await market.post(market.clerk, path, status=409)
    await market.enrol(2)
    full = await market.post(market.clerk, path)

    assert [each["place"] for each in short["empty_seats"]] == [1, 2]
    (empty,) = half["empty_seats"]
    assert (empty["place"], empty["left_for"].startswith("kinship")) == (2, True)
    assert [each["reason"] for each in half["supplements"][0]["left_out"]] == [SINCE["kind"]]
    assert none["type"] == "pool-too-small"
    assert (full["empty_seats"], len(full["seats"]), len(full["supplements"])) == ([], 7, 2)


WHY = {"reason": "退休，本人书面申请退出专家库"}


async def departed(market: Market, expert: str, *, status: int = 0) -> Any:
    pool = (await market.get(market.district, "experts?limit=200"))["items"]
    row = next(each for each in pool if each["id"] == expert)
    path = f"experts/{expert}/departure"
    return await market.post(market.district, path, WHY, version=row, status=status)


async def test_an_expert_leaves_the_pool_and_hears_which_seats_stand(market: Market) -> None:
    await market.enrol(7)
    tender = await opened(market)
    panel = await market.panel(tender)
    first, sixth, seventh = panel["order"][0], *panel["order"][5:]
    seated = await departed(market, first)
    waiting = await departed(market, sixth)
    twice = await departed(market, sixth, status=409)
    after = await recused(market, tender, 2)
    seat = after["seats"][0]

    assert seated["duties"] == [{"tender_id": tender, "round": 1, "place": 1}]
    assert (seat["expert_id"], seat["status"]) == (first, "drawn")
    assert (waiting["duties"], waiting["expert"]["is_active"]) == ([], False)
    assert (waiting["expert"]["left_reason"], twice["type"]) == (WHY["reason"], "expert-departed")
    assert after["seats"][-1]["expert_id"] == seventh
    assert after["left_out"] == [
        {"expert_id": sixth, "reason": "departed", "organisation_id": None}
    ]


async def test_who_has_left_is_not_drawn_and_leaves_by_an_office_of_its_area(
    market: Market,
) -> None:
    await market.enrol(7)
    tender = await opened(market)
    (one, *_) = (await market.get(market.district, "experts?limit=200"))["items"]
    elsewhere = market.bearer(Role.DISTRICT_OFFICE, area="310104", line="*")
    path = f"experts/{one['id']}/departure"
    refused = [
        await market.post(who, path, WHY, version=one, status=403)
        for who in (market.clerk, elsewhere)
    ]
    await departed(market, one["id"])
    panel = await market.panel(tender)

    assert [each["type"] for each in refused] == ["permission-missing", "out-of-area"]
    assert one["id"] not in panel["pool"]


async def test_an_expert_who_left_comes_back_but_into_no_draw_of_before(market: Market) -> None:
    """Seeds are known after a draw: who is brought back then would be chosen, not drawn."""
    await market.enrol(6)
    away = (await market.get(market.district, "experts?limit=200"))["items"][0]
    left = (await departed(market, away["id"]))["expert"]
    tender = await opened(market)
    await market.panel(tender)
    path = f"experts/{away['id']}/return"
    tie = {"organisation_id": BUYER, "kind": "labour", "from_on": "2026-01-01"}
    said = {"reason": "病愈，本人申请恢复", "relations": [tie]}
    back = await market.post(market.district, path, said, version=left)
    twice = await market.post(market.district, path, said, version=back, status=409)
    await recused(market, tender, 1)
    late = await market.post(market.clerk, f"tenders/{tender}/panel/supplement", status=409)
    await market.enrol(1)
    panel = await market.post(market.clerk, f"tenders/{tender}/panel/supplement")
    (drawn,) = panel["supplements"]

    assert (back["is_active"], back["left_at"], back["left_reason"]) == (True, None, None)
    assert (back["returned_at"] is None, len(back["relations"])) == (False, 1)
    assert [twice["type"], late["type"]] == ["expert-in-pool", "pool-too-small"]
    assert (len(drawn["pool"]), away["id"] in drawn["pool"]) == (1, False)
