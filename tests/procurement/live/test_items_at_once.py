"""Items of agendas at once: given up or bought, never both; left by their last two suppliers."""

import asyncio
from collections import Counter
from uuid import uuid4

import asyncpg
import httpx
import orjson
import pytest

from common.db import database, direct_url
from tests.harness import Urls
from tests.procurement.cases import OTHER_PROVIDER, PROVIDER, Header
from tests.procurement.live.test_at_once import answers
from tests.procurement.service.test_items_given_up import WHY, planned, taken_in
from tests.procurement.service.test_items_of_frameworks import (
    GONE,
    framework_of,
    outcome,
    serving,
)
from tests.procurement.service.test_items_renewed import Renewed
from tests.procurement.service.test_performance import act
from tests.procurement.tendering import TENDER, Market


@pytest.mark.parametrize("_", range(3))
async def test_an_item_is_given_up_or_bought_and_never_both(
    real_market: Market, fresh_database: Urls, _: int
) -> None:
    market, item = real_market, uuid4()
    async with database(fresh_database.app, pool_size=2) as opened:
        await taken_in(opened.sessions, item)
    giving_up = (market.head, f"agenda-outcomes/{item}/drop", WHY, None)
    buying = (market.clerk, "tenders", {**TENDER, "agenda_item_id": str(item)}, None)
    came = await answers(market, [giving_up, buying, giving_up, buying])
    told = await market.get({}, f"agenda-outcomes/{item}")
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    entries = [orjson.loads(row[0]) for row in await owner.fetch("SELECT entry FROM audit_inbox")]
    await owner.close()
    audited = [each["reason"] for each in entries if each["action"] == "agenda_outcome.drop"]

    codes = Counter(answer.status_code for answer in came)
    assert (codes[200] + codes[201], codes[409]) == (1, 3)
    assert (told["stage"] == "dropped") == (codes[200] == 1) == (told["tender_id"] is None)
    assert audited == [WHY["reason"]] * codes[200]


@pytest.mark.parametrize("_", range(3))
async def test_an_item_that_is_given_up_stands_in_no_plan(
    real_market: Market, fresh_database: Urls, _: int
) -> None:
    market, item = real_market, uuid4()
    async with database(fresh_database.app, pool_size=2) as opened:
        path, wish = await planned(market, await taken_in(opened.sessions, item))
    giving_up = (market.head, f"agenda-outcomes/{item}/drop", WHY, None)
    done, listed = await answers(market, [giving_up, (market.clerk, path, wish, None)])
    standing = await market.get({}, "purchase-items?status=planned")

    assert done.status_code == 200
    assert listed.status_code in {201, 409}
    assert standing["items"] == []


@pytest.mark.parametrize("_", range(3))
async def test_two_last_suppliers_who_go_at_once_leave_the_item_free(
    live_client: httpx.AsyncClient,
    fresh_database: Urls,
    head: Header,
    provider: Header,
    other_provider: Header,
    _: int,
) -> None:
    item, given = uuid4(), (live_client, head)
    async with database(fresh_database.app, pool_size=2) as opened:
        framework = await framework_of(opened.sessions, item)
        of_it = opened.sessions, framework, item
        first = await serving(*given, provider, *of_it, supplier=PROVIDER)
        second = await serving(*given, other_provider, *of_it, supplier=OTHER_PROVIDER)
    ended = await asyncio.gather(
        *(act(*given, made, "termination", GONE) for made in (first, second))
    )
    free = await outcome(live_client, item)

    assert [answer.status_code for answer in ended] == [200, 200]
    assert (free["stage"], free["tender_id"]) == ("received", None)


@pytest.mark.parametrize("_", range(3))
async def test_a_contract_and_its_renewal_that_end_at_once_leave_the_item_free(
    live_client: httpx.AsyncClient, fresh_database: Urls, head: Header, provider: Header, _: int
) -> None:
    async with database(fresh_database.app, pool_size=2) as opened:
        made = Renewed(live_client, opened.sessions, head=head, provider=provider)
        await made.begin()
        await made.publish()
    await asyncio.gather(*(made.break_off(each) for each in (made.first, made.term)))

    assert (await made.told())[:2] == ("received", None)
