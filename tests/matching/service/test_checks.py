"""What every referral writes: its CHECKs say in the database what they say in the tables."""

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, Table

from common.db import direct_url
from deploy.local.environment import Urls
from matching import tables

SAID = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = $1::regclass AND contype = 'c' ORDER BY conname"
)
HOT = [tables.Need, tables.Referral, tables.Capacity]


@pytest.mark.parametrize("row", HOT, ids=lambda row: str(row.__tablename__))
async def test_migrations_and_tables_check_the_same(
    fresh_database: Urls, row: type[tables.Base]
) -> None:
    table = row.__table__
    assert isinstance(table, Table)
    checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    await owner.execute(f"CREATE TABLE told (LIKE {table.name})")
    for check in checks:
        await owner.execute(f"ALTER TABLE told ADD CONSTRAINT {check.name} CHECK ({check.sqltext})")
    migrated, told = await owner.fetch(SAID, table.name), await owner.fetch(SAID, "told")
    await owner.close()

    assert len(checks) > 3
    assert migrated == told


@pytest.mark.parametrize(
    ("column", "wrong"),
    [("status", "lost"), ("status", "open, referred"), ("raised_by", ""), ("urgency", 4)],
)
async def test_a_word_that_is_none_is_refused(
    fresh_database: Urls, column: str, wrong: str | int
) -> None:
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    words = {"status": "open", "raised_by": "self", "urgency": 1} | {column: wrong}
    with pytest.raises(asyncpg.CheckViolationError, match=f"ck_need_{column}"):
        await owner.execute(
            "INSERT INTO need (id, number, area_code, line, category, urgency_rule, is_statutory,"
            " wished_weekdays, wished_channels, opened_at, version, created_at, updated_at,"
            " created_by, updated_by, status, raised_by, urgency) VALUES (gen_random_uuid(), '',"
            " '', '', '', '', false, '{}', '{}', now(), 1, now(), now(), '', '', $1, $2, $3)",
            *words.values(),
        )
    await owner.close()
