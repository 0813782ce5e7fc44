"""Selects that are kept: the driver is asked, and answers what SQLAlchemy would."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    ARRAY,
    Integer,
    Numeric,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from common.db import Database, database
from common.ending import in_one_statement
from common.spelt import Shapes, belonging, found
from tests.harness import Databases

N = (
    func.generate_series(1, bindparam("most", type_=Integer))
    .table_valued(column("n", Integer))
    .render_derived()
)
VALUES = select(
    literal(UUID(int=7), Uuid).label("id"),
    literal(date(2026, 3, 2)).label("day"),
    cast(literal('{"a": [1, 2.5, "甲"]}', Text), JSONB).label("told"),
    cast(literal("1.50", Text), Numeric).label("exact"),
    cast(literal("{甲,乙}", Text), ARRAY(Text)).label("words"),
)
COUNTED = Shapes(
    select(N.c.n).order_by(N.c.n).where,
    above=N.c.n > bindparam("above", type_=Integer),
    among=N.c.n == func.any(bindparam("among", type_=ARRAY(Integer))),
)


@pytest.fixture
async def opened(databases: Databases) -> AsyncIterator[Database]:
    async with database(databases.shared("registry").app, pool_size=1) as made:
        yield made


@pytest.fixture(params=["straight", "begin"])
def session(
    opened: Database, request: pytest.FixtureRequest
) -> AbstractAsyncContextManager[AsyncSession]:
    """A session of each kind."""
    made: AbstractAsyncContextManager[AsyncSession] = getattr(opened.sessions, request.param)()
    return made


async def test_values_come_as_sqlalchemy_reads_them(
    session: AbstractAsyncContextManager[AsyncSession], opened: Database
) -> None:
    async with session as asked:
        in_one_statement(asked)
        [row] = await found(asked, VALUES)
    async with opened.sessions() as ordinary:
        same = (await ordinary.execute(VALUES)).one()

    assert row._asdict() == same._asdict()
    assert (row.exact, row.told["a"]) == (Decimal("1.50"), [1, 2.5, "甲"])


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"above": 2}, [3, 4]),
        ({"above": None, "among": [1, 4, 9]}, [1, 4]),
        ({"above": 1, "among": [1, 4, 9]}, [4]),
    ],
)
async def test_each_shape_has_the_conditions_of_what_was_given(
    session: AbstractAsyncContextManager[AsyncSession], given: dict[str, Any], numbers: list[int]
) -> None:
    async with session as asked:
        in_one_statement(asked)
        rows = await COUNTED.found(asked, most=4, **given)

    assert [row.n for row in rows] == numbers


async def test_rows_that_belong_to_a_row_come_with_it_in_their_order(
    session: AbstractAsyncContextManager[AsyncSession],
) -> None:
    inner = func.generate_series(1, N.c.n).table_valued(column("m", Integer)).render_derived()
    mine = select(inner.c.m, literal("甲", Text).label("word")).order_by(inner.c.m.desc())
    statement = select(N.c.n, belonging(mine.where(inner.c.m > 1)).label("mine")).order_by(N.c.n)
    async with session as asked:
        in_one_statement(asked)
        rows = await found(asked, statement, most=3)

    assert [[each.m for each in row.mine] for row in rows] == [[], [2], [3, 2]]
    assert rows[2].mine[0].word == "甲"


async def test_a_list_in_brackets_is_refused_where_it_is_written() -> None:
    statement = select(N.c.n).where(N.c.n.in_([1, 2]))

    with pytest.raises(TypeError, match="ANY"):
        await found(AsyncSession(), statement, most=uuid4())
