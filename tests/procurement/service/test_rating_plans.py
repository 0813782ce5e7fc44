"""A rating reads its evidence from the index alone: every column that is counted stands there."""

import json

import pytest
from sqlalchemy import text

from common.clock import city_day, utc_now
from common.db import database
from procurement.queries import rating_counts as counts
from procurement.queries.evidence import Cell
from tests.harness import Databases
from tests.procurement.organisations import CELL, SUPPLIER

MOMENT = counts.Moment(city_day(utc_now()), utc_now(), 1_095)


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        (counts._OF_CELLS, counts.arrays([Cell(*CELL)])),
        (counts._OF_PROVIDERS, {"ids": [SUPPLIER]}),
    ],
)
async def test_evidence_is_counted_without_the_table(
    databases: Databases, statement: object, asked: dict[str, object]
) -> None:
    values = {"day": MOMENT.day, "known_at": MOMENT.known_at, "window": MOMENT.window_days}
    explained = text(f"EXPLAIN (FORMAT JSON) {statement}").bindparams(
        *counts.ARRAYS if "providers" in asked else (), *counts._MOMENT
    )
    with databases.fresh("procurement") as urls:  # pages that others left dirty cost the table
        async with database(urls.app, pool_size=1) as opened, opened.sessions() as session:
            for way in ("seqscan", "bitmapscan"):
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = json.dumps(await session.scalar(explained, {**values, **asked}))

    assert '"Index Only Scan"' in plan
    assert "ix_evidence_counted" in plan
