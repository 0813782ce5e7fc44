"""Sealed bids: every way in which a bid can come wrongly has its named outcome."""

import json
from dataclasses import replace
from typing import Any

import pytest

from common.auth.roles import Role
from tests.procurement.tendering import CRITERIA, A, B, C, D, Market, client_module, seal

END = "2026-03-23 10:00"


@pytest.fixture
async def tender(market: Market) -> str:
    """An open tender that takes bids until Monday 2026-03-23 10:00; the window is an hour."""
    row = await market.announced(await market.prepared(CRITERIA), END)
    found: str = row["id"]
    return found


async def test_one_second_late_is_late_and_a_second_before_is_not(
    market: Market, tender: str
) -> None:
    sealed = seal(tender, A, b'{"price_fen": 1}')
    path = f"tenders/{tender}/bids"
    market.clock.to(END)
    late = await market.post(market.supplier(A), path, sealed.submission, status=409)
    market.clock.later(seconds=-1)
    taken = await market.post(market.supplier(A), path, sealed.submission, status=201)

    assert late["type"] == "bid-too-late"
    assert taken["ciphertext_digest"] == sealed.ciphertext_digest
    assert await market.get(market.supplier(A), f"{path}/own") == [taken]


async def test_nobody_learns_before_the_opening_whether_there_are_bids(
    market: Market, tender: str
) -> None:
    before = await market.tender(tender)
    for org in (A, B):
        await market.bid(tender, org, 450_000_00)
    after = await market.tender(tender)
    own = await market.get(market.supplier(C), f"tenders/{tender}/bids/own")
    for who in (market.clerk, market.head, market.city, market.supplier(A)):
        for path in ("bids", "opening"):
            refused = await market.get(who, f"tenders/{tender}/{path}", status=409)
            assert refused["type"] == "bids-sealed"

    assert before == after
    assert own == []
    assert after["tenderers"] is None


async def test_a_replaced_bid_is_told_and_does_not_count(market: Market, tender: str) -> None:
    first = await market.bid(tender, A, 490_000_00)
    second = await market.bid(tender, A, 410_000_00)
    for org, price in ((B, 450_000_00), (C, 440_000_00)):
        await market.bid(tender, org, price)
    market.clock.to(END)
    for org in (A, B, C):
        await market.reveal(tender, org)
    record = await market.opened(tender)
    told = {bid["id"]: (bid["outcome"], bid["price_fen"]) for bid in record["bids"]}

    assert second["replaces"] == first["bid_id"]
    assert told[first["bid_id"]] == ("replaced", None)
    assert told[second["bid_id"]] == ("opened", 410_000_00)
    assert record["tenderers"] == 3


async def test_a_wrong_key_is_refused_and_may_be_put_right(market: Market, tender: str) -> None:
    await market.bid(tender, A, 450_000_00)
    sealed = market.secrets[tender, A, 1]
    market.clock.to(END)
    path, who = f"tenders/{tender}/bids/reveal", market.supplier(A)
    wrong_key = await market.post(who, path, {**sealed.reveal, "key": "11" * 32}, status=409)
    other = seal(tender, A, b'{"price_fen": 1}')
    changed = await market.post(
        who, path, {**sealed.reveal, "ciphertext": other.ciphertext}, status=409
    )
    right = await market.post(who, path, sealed.reveal)

    assert wrong_key["type"] == changed["type"] == "reveal-does-not-match"
    assert ("密钥" in wrong_key["detail"], "密文" in changed["detail"]) == (True, True)
    assert right["revealed_at"] is not None


async def test_a_bid_copied_from_another_bidder_does_not_open(market: Market, tender: str) -> None:
    await market.bid(tender, A, 450_000_00)
    stolen = market.secrets[tender, A, 1]
    await market.post(market.supplier(B), f"tenders/{tender}/bids", stolen.submission)
    market.clock.to(END)
    refused = await market.post(
        market.supplier(B), f"tenders/{tender}/bids/reveal", stolen.reveal, status=409
    )

    assert refused["type"] == "reveal-does-not-match"


async def test_what_opens_and_is_no_bid_is_told_by_field(market: Market, tender: str) -> None:
    sealed = seal(tender, A, b'{"price_fen": -5, "colour": "red"}')
    await market.post(market.supplier(A), f"tenders/{tender}/bids", sealed.submission)
    market.clock.to(END)
    refused = await market.post(
        market.supplier(A), f"tenders/{tender}/bids/reveal", sealed.reveal, status=422
    )

    assert refused["type"] == "bid-unreadable"
    assert {fault["pointer"] for fault in refused["errors"]} == {"/price_fen", "/colour"}


async def test_a_bid_that_no_database_can_keep_is_refused_before_it_stops_the_opening(
    market: Market, tender: str
) -> None:
    sealed = seal(tender, A, b'{"price_fen": 5, "statement": "a\\u0000b"}')
    await market.post(market.supplier(A), f"tenders/{tender}/bids", sealed.submission)
    market.clock.to(END)
    refused = await market.post(
        market.supplier(A), f"tenders/{tender}/bids/reveal", sealed.reveal, status=422
    )
    record = await market.opened(tender)

    assert refused["type"] == "bid-unreadable"
    assert record["outcome"] == "unsuccessful"


async def test_keys_are_taken_in_the_window_alone(market: Market, tender: str) -> None:
    await market.bid(tender, A, 450_000_00)
    early = await market.reveal(tender, A, status=409)
    market.clock.to("2026-03-23 11:00")
    late = await market.reveal(tender, A, status=409)

    assert early["type"] == late["type"] == "reveal-window-closed"


async def test_who_does_not_reveal_is_out_and_too_few_fail_the_tender(
    market: Market, tender: str
) -> None:
    for org in (A, B, C):
        await market.bid(tender, org, 450_000_00)
    await market.bid(tender, D, 450_000_00)
    await market.post(market.supplier(D), f"tenders/{tender}/bids/withdrawal")
    early = await market.post(
        market.clerk, f"tenders/{tender}/opening", version=await market.tender(tender), status=409
    )
    market.clock.to(END)
    await market.reveal(tender, A)
    await market.reveal(tender, B)
    record = await market.opened(tender)
    told = {bid["bidder_id"]: (bid["outcome"], bid["status"]) for bid in record["bids"]}
    row = await market.tender(tender)

    assert early["type"] == "too-early"
    assert told[C] == ("not_revealed", "disqualified")
    assert told[D] == ("withdrawn", "withdrawn")
    assert (record["outcome"], record["tenderers"], row["conforming"]) == ("unsuccessful", 3, 2)
    assert (row["status"], row["cancel_reason"]) == ("unsuccessful", "too_few_suppliers")


async def test_anybody_can_check_a_bid_and_the_draw_after_the_opening(
    market: Market, tender: str
) -> None:
    await market.enrol(6)
    for org, price in ((A, 450_000_00), (B, 440_000_00), (C, 430_000_00)):
        await market.bid(tender, org, price)
    market.clock.to(END)
    for org in (A, B, C):
        await market.reveal(tender, org)
    await market.opened(tender)
    panel = await market.panel(tender)
    bids = await market.get(market.clerk, f"tenders/{tender}/bids")
    mine = next(bid for bid in bids if bid["bidder_id"] == A)
    published = replace(market.secrets[tender, A, 1], key=mine["key"])

    assert json.loads(client_module.unseal(tender, A, published))["price_fen"] == 450_000_00
    assert panel["order"] == drawn_again(tender, panel, [bid["key"] for bid in bids])


def drawn_again(tender: str, panel: Any, keys: list[str]) -> list[str]:
    """The order of a draw, from what is published alone."""
    sm3, domain = client_module._sm3, b"linli/panel/v1"
    service = bytes.fromhex(panel["service_seed"])
    assert sm3(domain + b"|commit|" + service).hex() == panel["commitment"]
    parts = [b"|" + key for key in sorted(bytes.fromhex(each) for each in keys)]
    seed = sm3(b"|".join((domain, tender.encode(), b"1", service)) + b"".join(parts))
    assert seed.hex() == panel["seed"]
    return sorted(panel["pool"], key=lambda e: sm3(seed + bytes.fromhex(e.replace("-", ""))))


async def test_competitors_read_prices_and_never_each_others_proposals(
    market: Market, tender: str
) -> None:
    for org in (A, B, C):
        await market.bid(tender, org, 450_000_00, statement="本机构方案")
    market.clock.to(END)
    for org in (A, B, C):
        await market.reveal(tender, org)
    await market.opened(tender)
    mine = await market.get(market.supplier(A), f"tenders/{tender}/bids")
    record = await market.get(market.supplier(A), f"tenders/{tender}/opening")
    next_door = market.bearer(Role.CLERK, area="310104003", line="civil_affairs")

    for bids in (mine, record["bids"]):
        assert {bid["price_fen"] for bid in bids} == {450_000_00}
        assert [b["bidder_id"] for b in bids if b["content"] is not None] == [A]
    for path in ("bids", "opening"):
        stranger = await market.get(market.supplier(D), f"tenders/{tender}/{path}", status=403)
        outside = await market.get(next_door, f"tenders/{tender}/{path}", status=403)
        expert = await market.get(market.expert("nobody"), f"tenders/{tender}/{path}", status=403)
        slugs = (stranger["type"], outside["type"], expert["type"])
        assert slugs == ("not-your-tender", "out-of-area", "not-on-the-panel")


async def test_a_provider_sees_no_receipt_of_another(market: Market, tender: str) -> None:
    await market.bid(tender, A, 450_000_00)
    nobody = market.bearer(Role.PROVIDER, subject="no-organisation")
    refused = await market.get(nobody, f"tenders/{tender}/bids/own", status=403)

    assert refused["type"] == "not-your-organisation"
    assert await market.get(market.supplier(B), f"tenders/{tender}/bids/own") == []
