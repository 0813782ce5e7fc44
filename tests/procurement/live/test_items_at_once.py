"""An item of an agenda that is given up and bought, or planned, at once: one of them comes true."""

from collections import Counter
from uuid import uuid4

import asyncpg
import orjson
import pytest

from common.db import database, direct_url
from tests.harness import Urls
from tests.procurement.live.test_at_once import answers
from tests.procurement.service.test_items_given_up import WHY, planned, taken_in
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
