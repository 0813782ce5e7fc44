"""The shelf follows the feeds: whole at the start, then each change, anew after a restore."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from uuid import UUID

from common.rules import packaged_rules
from matching.domain.scoring import Policy
from matching.shelf.entries import Reader, house
from matching.shelf.following import Following
from matching.shelf.shelf import Shelf
from tests.matching.feeds import Feeds
from tests.matching.market import Market
from tests.matching.scan import POLICY, READER

SOON_S = 10.0
OTHER_FUNDS = dataclasses.replace(
    POLICY,
    money=dataclasses.replace(POLICY.money, bound=frozenset({"donation"})),
    applied=POLICY.applied[1:],
)


@asynccontextmanager
async def followed(feeds: Feeds) -> AsyncIterator[Following]:
    following = Following(feeds.sources(), POLICY)
    task = asyncio.create_task(following.stay())
    try:
        yield following
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def furnished(seed: int) -> tuple[Market, Feeds]:
    """A market of sixty offerings in ten venues, and the feeds that tell it."""
    market, feeds = Market(seed, venues=10), Feeds()
    feeds.tell("venue", market.venues)
    feeds.tell("offering", [market.offering() for _ in range(60)])
    return market, feeds


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that must come; the test fails when it does not."""
    async with asyncio.timeout(SOON_S):
        while not is_so():
            await asyncio.sleep(0.005)


def expected(feeds: Feeds) -> dict[UUID, object]:
    """A shelf filled by hand with what the feeds say now."""
    shelf = Shelf(POLICY)
    for item in feeds.items["venue"]:
        shelf.settle(UUID(item["id"]), house(item["data"]))
    shelf.put(READER.entry(item["data"]) for item in feeds.items["offering"] if item["data"])
    return {offer.id: offer for offer in shelf.offers()}


def same(shelf: Shelf, feeds: Feeds) -> bool:
    return {offer.id: offer for offer in shelf.offers()} == expected(feeds)


async def test_it_reads_all_pages_and_then_each_change() -> None:
    market, feeds = Market(1, venues=50), Feeds()
    feeds.tell("venue", market.venues)
    feeds.tell("offering", [market.offering() for _ in range(150)])
    async with followed(feeds) as following:
        shelf = await following.current()
        assert same(shelf, feeds)
        for _ in range(20):
            ids = [item["id"] for item in feeds.items["offering"] if item["data"]]
            feeds.tell("offering", [market.offering(), market.offering(ids[0])])
            feeds.drop("offering", ids[1:3])
            market.venues[0] = market.venue(market.venues[0]["id"])
            feeds.tell("venue", market.venues[:1])
            await until(lambda: same(shelf, feeds))
        numbers = {kind: items[-1]["modified"] for kind, items in feeds.items.items()}
        await until(lambda: following.state.positions == numbers)
        told = following.state
        assert told.offerings == len(shelf)
        assert told.age_s is not None


async def test_a_merge_that_is_cut_off_by_another_feed_is_made_the_next_time() -> None:
    market, feeds = furnished(6)
    async with followed(feeds) as following:
        shelf = await following.current()
    feeds.tell("offering", [market.offering() for _ in range(5)])
    shelf.put(READER.entry(item["data"]) for item in feeds.items["offering"][-5:])

    assert shelf.is_worn
    cut_off = asyncio.create_task(following._tidy())
    await asyncio.sleep(0)
    assert not shelf.is_worn  # somebody is at it
    cut_off.cancel()
    await asyncio.gather(cut_off, return_exceptions=True)
    await following._tidy()

    assert len(shelf.runs) == 1
    assert same(shelf, feeds)


async def test_after_a_restore_everything_is_read_anew_while_the_old_shelf_serves() -> None:
    market, feeds = furnished(2)
    async with followed(feeds) as following:
        before = await following.current()
        assert len(before) == 60
        feeds.restore()
        feeds.items["offering"] = []
        feeds.tell("offering", [market.offering() for _ in range(5)])
        async with asyncio.timeout(SOON_S):
            while len(await following.current()) != 5:
                await asyncio.sleep(0.005)
        assert same(await following.current(), feeds)


async def test_other_weights_are_taken_at_once_and_other_funds_by_reading_anew() -> None:
    _, feeds = furnished(3)
    rules = packaged_rules("matching").at(date(2026, 9, 28), "310000")
    async with followed(feeds) as following:
        shelf = await following.current()
        version = following.state.policy
        assert Policy.by_rules(rules).version == version
        following.take(OTHER_FUNDS)
        assert shelf.lists.policy is OTHER_FUNDS
        assert following.state.policy != version

        async def is_bound() -> bool:
            offers = (await following.current()).offers()
            return {offer.terms.funding_area for offer in offers} != {
                offer.terms.funding_area for offer in shelf.offers()
            } or await following.current() is not shelf

        async with asyncio.timeout(SOON_S):
            while not await is_bound():
                await asyncio.sleep(0.005)


async def test_weights_and_prices_that_come_while_it_reads_are_taken() -> None:
    _, feeds = furnished(4)
    other = dataclasses.replace(POLICY, applied=POLICY.applied[1:])
    scarce = UUID(feeds.items["offering"][7]["id"])
    async with followed(feeds) as following:
        await asyncio.sleep(0)  # it has begun to read under the weights that it was made with
        following.take(other)
        following.price(scarce, {scarce: 9.0})
        shelf = await following.current()

        assert shelf.lists.policy is other
        spot = shelf.find(scarce)
        assert spot is not None
        assert spot.columns.rows.scarcity[spot.row] == 9.0


async def test_other_funds_that_bind_while_it_reads_are_those_it_is_read_with() -> None:
    market, feeds = furnished(5)
    async with followed(feeds) as following:
        await asyncio.sleep(0)
        following.take(OTHER_FUNDS)
        shelf = await following.current()

        reader = Reader(OTHER_FUNDS)
        by_hand = Shelf(OTHER_FUNDS)
        for item in feeds.items["venue"]:
            by_hand.settle(UUID(item["id"]), house(item["data"]))
        by_hand.put(reader.entry(item["data"]) for item in feeds.items["offering"])
        assert {offer.id: offer.terms for offer in shelf.offers()} == {
            offer.id: offer.terms for offer in by_hand.offers()
        }
        feeds.tell("offering", [market.offering()])
        await until(lambda: len(shelf) == 61)


async def test_all_feeds_are_followed_on_after_other_funds_made_it_read_anew() -> None:
    market, feeds = furnished(6)
    async with followed(feeds) as following:
        shelf = await following.current()
        following.take(OTHER_FUNDS)
        async with asyncio.timeout(SOON_S):
            while (anew := await following.current()) is shelf:
                await asyncio.sleep(0.005)
        market.venues[0] = market.venue(market.venues[0]["id"])
        feeds.tell("venue", market.venues[:1])
        feeds.tell("offering", [market.offering()])
        await until(lambda: len(anew) == 61)
        numbers = {kind: items[-1]["modified"] for kind, items in feeds.items.items()}
        await until(lambda: following.state.positions == numbers)


async def test_without_feeds_there_is_nothing_to_match_and_no_age() -> None:
    following = Following({}, POLICY)
    assert len(await following.current()) == 0
    assert following.state.age_s is None
