"""Sowing rules: as often as one likes, never over what a person has set, never twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from common.db import driver_url
from common.rules import Confidence, Operator, Rule
from common.rules_seed import Sown, rules_of, sow, sow_into
from common.rules_table import SEED, RuleChangeRow, RuleRow

A_RULE = Rule(
    code="test.share",
    parameter="share",
    object="test",
    operator=Operator.AT_LEAST,
    value=Decimal("0.10"),
    unit="share",
    document="演示文件",
    article="1",
    jurisdiction="31",
    valid_from=date(2026, 1, 1),
    confidence=Confidence.OWN_CHOICE,
)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(driver_url(url))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


@pytest.fixture
async def connection(fresh_database) -> AsyncIterator[AsyncConnection]:
    async with connected(fresh_database.owner) as made:
        yield made


async def standing(connection: AsyncConnection) -> Sequence[RuleRow]:
    row = RuleRow.__table__
    found = await connection.execute(
        select(row).where(row.c.code == A_RULE.code).order_by("valid_from")
    )
    return found.all()


async def changes(connection: AsyncConnection, rule_id: object) -> int:
    counted = select(func.count()).where(RuleChangeRow.rule_id == rule_id)
    return await connection.scalar(counted)


@pytest.mark.parametrize("service", ["matching", "procurement", "feedback"])
async def test_a_migrated_service_has_the_rules_that_come_with_it(databases, service):
    async with connected(databases.shared(service).owner) as connection:
        found = (await connection.execute(select(RuleRow.__table__))).all()

    expected = {(rule.code, rule.value, rule.valid_from) for rule in rules_of(service)}
    assert {(row.code, row.value, row.valid_from) for row in found} == expected
    assert {row.updated_by for row in found} == {SEED}
    assert {row.verified_by for row in found} == {None}


async def test_sowing_again_changes_nothing(fresh_database):
    assert await sow_into("feedback", fresh_database.owner) == Sown(0, 0, 0)


async def test_a_new_rule_is_added_with_its_history(connection, now):
    sown = await sow(connection, [A_RULE], now=now)
    (row,) = await standing(connection)

    assert sown == Sown(1, 0, 0)
    assert (row.value, row.version) == (Decimal("0.10"), 1)
    assert await changes(connection, row.id) == 1


async def test_a_row_that_nobody_touched_follows_the_seed(connection, now):
    await sow(connection, [A_RULE], now=now)
    sown = await sow(connection, [replace(A_RULE, value=Decimal("0.2"))], now=now)
    (row,) = await standing(connection)

    assert sown == Sown(0, 1, 0)
    assert (row.value, row.version) == (Decimal("0.2"), 2)
    assert await changes(connection, row.id) == 2


async def test_a_row_that_a_person_set_stays_as_it_is(connection, now):
    await sow(connection, [A_RULE], now=now)
    await connection.execute(
        update(RuleRow)
        .where(RuleRow.code == A_RULE.code)
        .values(value=Decimal("0.3"), updated_by="city", version=2)
    )
    sown = await sow(connection, [replace(A_RULE, value=Decimal("0.2"))], now=now)
    (row,) = await standing(connection)

    assert sown == Sown(0, 0, 1)
    assert (row.value, row.updated_by) == (Decimal("0.3"), "city")


async def test_a_seed_may_end_a_rule_and_begin_the_next(connection, now):
    await sow(connection, [A_RULE], now=now)
    day = date(2027, 1, 1)
    ended = replace(A_RULE, valid_to=day - timedelta(1))
    sown = await sow(connection, [replace(A_RULE, value=2, valid_from=day), ended], now=now)
    old, new = await standing(connection)

    assert sown == Sown(1, 1, 0)
    assert (old.valid_to, new.valid_from, new.value) == (date(2026, 12, 31), day, 2)


async def test_a_seed_never_lays_a_row_over_days_that_a_person_set(connection, now):
    await sow(connection, [A_RULE], now=now)
    await connection.execute(
        update(RuleRow).where(RuleRow.code == A_RULE.code).values(updated_by="city")
    )
    sown = await sow(connection, [replace(A_RULE, valid_from=date(2026, 7, 1))], now=now)

    assert sown == Sown(0, 0, 1)
    assert len(await standing(connection)) == 1


async def test_two_processes_that_sow_at_once_sow_once(fresh_database, now):
    async def once() -> Sown:
        async with connected(fresh_database.owner) as connection:
            return await sow(connection, [A_RULE], now=now)

    sown = await asyncio.gather(*[once() for _ in range(4)])

    assert sorted(each.added for each in sown) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "value", [Decimal("0.10"), Decimal("1E-7"), 0, 20, 10**15, True, False, "2/3", "甲,乙", None]
)
async def test_a_value_is_kept_exactly(connection, now, value):
    await sow(connection, [replace(A_RULE, operator=Operator.IS, value=value)], now=now)
    (row,) = await standing(connection)

    assert row.value == value
    assert type(row.value) is type(value)
