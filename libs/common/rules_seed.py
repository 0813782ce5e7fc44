"""Sowing a service's `rules/*.toml` into its rule table, after every migration. Safe to repeat.

`python -m common.rules_seed procurement` sows by hand. New rows are added, rows that only the seed
has touched follow it, and a row that a person has changed stays as that person left it.
"""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, pool, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from common.clock import utc_now
from common.db import driver_url
from common.ids import uuid7
from common.rules import Rule, packaged_rules
from common.rules_table import KEPT, SEED, SOWN, RuleChangeRow, RuleRow

Key = tuple[str, str, date]
LOCK: Final = 5_202_612  # any fixed number: two processes that sow wait for each other


@dataclass(frozen=True, slots=True)
class Sown:
    """What a sowing did: rows added, rows that followed the seed, rows that people keep."""

    added: int
    followed: int
    kept: int


def rules_of(service: str) -> Sequence[Rule]:
    """The rules that come with a service; none when it brings none."""
    folder = files(service).joinpath("rules")
    return packaged_rules(service).rules if folder.is_dir() else ()


async def sow(connection: AsyncConnection, rules: Iterable[Rule], *, now: datetime) -> Sown:
    """Bring the table to the seed, inside the caller's transaction."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    standing = {_key(row): row for row in await connection.execute(select(RuleRow.__table__))}
    added = followed = kept = 0
    for rule in sorted(rules, key=lambda rule: (_key(rule) not in standing, _key(rule))):
        row = standing.get(_key(rule))
        if row is None:
            new = await _add(connection, rule, now=now)
            added, kept = added + new, kept + (not new)
        elif row.updated_by != SEED:
            kept += 1
        elif (fields := _fields(rule)) != {name: getattr(row, name) for name in fields}:
            await _follow(connection, row.id, row.version + 1, fields, now=now)
            followed += 1
    return Sown(added, followed, kept)


def _key(rule: Any) -> Key:
    return rule.code, rule.jurisdiction, rule.valid_from


def _fields(rule: Rule) -> dict[str, Any]:
    """A rule as columns. A seed never says who verified: only a person does."""
    plain = ("code", "parameter", "object", "method", "value", "unit", "inclusive", "note")
    dated = ("jurisdiction", "valid_from", "valid_to", "document", "article")
    return {
        **{name: getattr(rule, name) for name in (*plain, *dated)},
        "operator": rule.operator.value,
        "confidence": rule.confidence.value,
        "text_zh": rule.text.zh,
        "text_en": rule.text.en,
    }


async def _add(connection: AsyncConnection, rule: Rule, *, now: datetime) -> bool:
    """Add a row, unless a person's row of the same rule already holds on some of its days."""
    fields = _fields(rule)
    made = {"id": uuid7(), "version": 1, "updated_at": now, "updated_by": SEED, **fields}
    statement = insert_unless(RuleRow).values(made).on_conflict_do_nothing().returning(RuleRow.id)
    if await connection.scalar(statement) is None:
        return False
    await _keep_change(connection, made["id"], 1, fields, now=now)
    return True


async def _follow(
    connection: AsyncConnection,
    rule_id: UUID,
    version: int,
    fields: dict[str, Any],
    *,
    now: datetime,
) -> None:
    """Bring an untouched row to the seed; what was verified is not the same text any more."""
    stamped = {"version": version, "updated_at": now, "verified_by": None, "verified_at": None}
    await connection.execute(
        update(RuleRow).where(RuleRow.id == rule_id).values(**fields, **stamped)
    )
    await _keep_change(connection, rule_id, version, fields, now=now)


async def _keep_change(
    connection: AsyncConnection,
    rule_id: UUID,
    version: int,
    fields: dict[str, Any],
    *,
    now: datetime,
) -> None:
    kept = {name: fields[name] for name in KEPT}
    said = {"changed_at": now, "changed_by": SEED, "reason": SOWN, "verified_by": None}
    await connection.execute(
        insert(RuleChangeRow).values(rule_id=rule_id, version=version, **kept, **said)
    )


async def sow_into(service: str, url: str) -> Sown:
    """Sow a service's rules into the database at `url`, as its owner."""
    engine = create_async_engine(driver_url(url), poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            return await sow(connection, rules_of(service), now=utc_now())
    finally:
        await engine.dispose()


def main() -> None:
    """Sow by hand."""
    parser = argparse.ArgumentParser(description="Sow a service's rules into its table.")
    parser.add_argument("service")
    parser.add_argument("url", help="address of the service's database")
    told = parser.parse_args()
    sown = asyncio.run(sow_into(told.service, told.url))
    print(f"{told.service}: {sown}")  # noqa: T201 - a command tells what it did


if __name__ == "__main__":
    main()
