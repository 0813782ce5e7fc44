"""What every referral writes: its rules say in the database what they say in the tables."""

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, Table

from common.db import direct_url
from common.migrations.row_rules_2026_11_29 import named, of_value
from common.records import KEPT_READY
from deploy.local.environment import Urls
from matching import tables

SAID = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contypid = $1::regtype ORDER BY conname"
)
FACTS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum"
)
ONLY = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE conrelid = $1::regclass AND contype = 'c'"
)
HOT = [tables.Need, tables.Referral, tables.Capacity]
NEED = {"status": "open", "raised_by": "self", "urgency": 1}


@pytest.mark.parametrize("row", HOT, ids=lambda row: str(row.__tablename__))
async def test_migrations_and_tables_ask_the_same_of_each_row(
    fresh_database: Urls, row: type[tables.Base]
) -> None:
    table = row.__table__
    assert isinstance(table, Table)
    rules = [each for each in table.constraints if isinstance(each, CheckConstraint)]
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    facts = [each["attname"] for each in await owner.fetch(FACTS, f"{table.name}_facts")]
    asked = " ".join(
        f"CONSTRAINT {rule.name} CHECK ({of_value(str(rule.sqltext), facts)})" for rule in rules
    )
    await owner.execute(f"CREATE DOMAIN told AS {table.name}_facts {asked}")
    migrated, told = await owner.fetch(SAID, f"{table.name}_rules"), await owner.fetch(SAID, "told")
    checks = [each["pg_get_constraintdef"] for each in await owner.fetch(ONLY, table.name)]
    await owner.close()

    assert len(rules) > 3
    assert all(rule.info[KEPT_READY] for rule in rules)
    assert migrated == told
    looked_at = f"(ROW({', '.join(facts)}))::{table.name}_rules"
    assert checks == [f"CHECK (({looked_at} IS DISTINCT FROM NULL))"]


@pytest.mark.parametrize(
    ("column", "wrong", "rule"),
    [
        ("status", "lost", "status"),
        ("status", "open, referred", "status"),
        ("raised_by", "", "raised_by"),
        ("urgency", 4, "urgency"),
        ("unmet_reason", "too_far", "unmet_has_reason"),
        ("status", "unmet", "unmet_has_reason"),
        ("lon", 121.4, "point_is_whole"),
    ],
)
async def test_what_breaks_a_rule_is_refused_by_its_name(
    fresh_database: Urls, column: str, wrong: object, rule: str
) -> None:
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _raise(owner, **NEED | {column: wrong})
    await _raise(owner, **NEED)  # what is as it should be stays
    with pytest.raises(asyncpg.CheckViolationError) as refused_later:
        await owner.execute(f"UPDATE need SET {column} = $1", wrong)
    await owner.close()

    assert {fault.value.constraint_name for fault in (refused, refused_later)} == {
        f"ck_need_{rule}"
    }


async def _raise(owner: asyncpg.Connection, **values: object) -> None:
    marks = ", ".join(f"${at}" for at in range(1, len(values) + 1))
    await owner.execute(
        "INSERT INTO need (id, number, area_code, line, category, urgency_rule, is_statutory,"
        " wished_weekdays, wished_channels, opened_at, version, created_at, updated_at, created_by,"
        f" updated_by, {', '.join(values)}) VALUES (gen_random_uuid(), '', '', '', '', '', false,"
        f" '{{}}', '{{}}', now(), 1, now(), now(), '', '', {marks})",
        *values.values(),
    )


def test_words_in_quotes_are_no_columns() -> None:
    said = of_value("(status = 'session') = (session IS NOT NULL)", ["status", "session"])
    assert said == "((VALUE).status = 'session') = ((VALUE).session IS NOT NULL)"
    assert named("need", "status", said).startswith("CONSTRAINT ck_need_status CHECK (((VALUE)")
