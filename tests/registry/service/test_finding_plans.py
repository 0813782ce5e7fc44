"""The hot searches use their indexes: plans at 20,000 offerings with fresh statistics.

A plan is asked for twice: with the values known, and blind, as PostgreSQL may plan a prepared
statement after its fifth use.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from common.auth.actor import Actor
from common.db import driver_url, session_factory
from registry.queries import offerings, venues
from registry.queries.finding import Near
from tests.harness import Databases
from tests.registry.crowd import CENTRE, crowd
from tests.settled import settle

PUBLIC = Actor.anonymous()
NEAR = Near(*CENTRE, 2_000)
FEW_ROWS = 600  # that a page of twenty may touch, of 20,000


@pytest.fixture(scope="module")
async def crowded(databases: Databases) -> AsyncIterator[AsyncConnection]:
    with databases.fresh("registry") as urls:
        engine = create_async_engine(driver_url(urls.owner))
        async with engine.connect() as connection:
            async with session_factory(connection, []).begin() as session:
                await crowd(session, venues=2_000, offerings=20_000)
            await connection.commit()
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await settle(connection)
            yield connection
        await engine.dispose()


def found(**filters: Any) -> Select[Any]:
    wanted = offerings.Filters(**filters)
    return offerings.listing(PUBLIC, wanted, after=None, limit=20)


def houses(**filters: Any) -> Select[Any]:
    return venues.listing(PUBLIC, venues.Filters(**filters), after=None, limit=20)


HOT = {
    "near": (found(near=NEAR), {"ix_offering_place"}),
    "area": (found(area="310101007"), {"ix_offering_area_code"}),
    "code": (found(code="O17"), {"uq_offering_code"}),
    "everything": (found(), {"ix_offering_area_code"}),
    "venues near": (houses(near=NEAR), {"ix_venue_place"}),
    "venues by words": (houses(words="东西"), {"ix_venue_search"}),
    "venues of an area": (houses(area="310101007"), {"ix_venue_area_code"}),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def compiled_for(connection: AsyncConnection, asked: Select[Any]) -> Any:
    """The statement as the driver gets it."""
    assert connection.sync_connection is not None
    options = {"render_postcompile": True}
    return asked.compile(dialect=connection.sync_connection.dialect, compile_kwargs=options)


def indexes_and_scans(steps: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    """The indexes that a plan uses, and the tables that it reads whole."""
    used = {step["Index Name"] for step in steps if "Index Name" in step}
    return used, {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"}


async def explained(connection: AsyncConnection, asked: Select[Any]) -> dict[str, Any]:
    """The plan with its true figures, its values known."""
    compiled = compiled_for(connection, asked)
    values = tuple(compiled.params[name] for name in compiled.positiontup or ())
    answer = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", values)
    plan: dict[str, Any] = answer.scalar_one()[0]["Plan"]
    return plan


@pytest.mark.parametrize("name", HOT)
async def test_a_hot_search_walks_its_index_and_touches_few_rows(
    crowded: AsyncConnection, name: str
) -> None:
    asked, wanted = HOT[name]

    steps = list(nodes(await explained(crowded, asked)))

    used, scanned = indexes_and_scans(steps)
    touched = sum(
        (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
        for step in steps
        if step.get("Relation Name") in {"offering", "venue"}
    )
    assert used & wanted, steps
    assert scanned <= {"area"}, steps
    assert touched <= FEW_ROWS, [str(step)[:600] for step in steps]


@pytest.mark.parametrize("name", HOT)
async def test_a_blind_plan_walks_an_index_too(crowded: AsyncConnection, name: str) -> None:
    asked, wanted = HOT[name]
    compiled = compiled_for(crowded, asked)
    driver = (await crowded.get_raw_connection()).driver_connection
    assert driver is not None

    await driver.execute(f"PREPARE asked AS {compiled}")
    await driver.execute("SET plan_cache_mode = force_generic_plan")
    nothing = ", ".join(["NULL"] * len(compiled.positiontup or ()))
    values = f"({nothing})" if nothing else ""
    told = await driver.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked {values}")
    await driver.execute("RESET plan_cache_mode; DEALLOCATE asked")

    plan = told if isinstance(told, list) else orjson.loads(told)
    steps = list(nodes(plan[0]["Plan"]))
    used, scanned = indexes_and_scans(steps)
    assert used & wanted, steps
    assert scanned <= {"area"}, steps
