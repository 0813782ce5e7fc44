"""Migrations: one alembic history per service, run by the owner role, one at a time.

`python -m common.migrate registry` upgrades a service's database (address from
`REGISTRY_MIGRATION_DATABASE_URL`, else `REGISTRY_DATABASE_URL`) and renews the grants of its roles.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from common.audit.grants import grants
from common.db import driver_url, platform
from common.gently import LOCK_TIMEOUT
from common.rules_seed import sow_into

SERVICES = ("registry", "matching", "procurement", "feedback")
PLATFORM_TABLES = (
    *("feed.tables", "audit.tables", "auth.tables", "exchange.tables"),
    *("idempotency", "rules_table"),
)
_LOCK = 5_202_611  # any fixed number: concurrent migrations wait for each other
_WAIT_S = 10.0
_TAKEN = text("SELECT pg_try_advisory_lock(:key)")


class MigrationUnderWayError(RuntimeError):
    """Another migration of this database is under way."""

    def __init__(self) -> None:
        super().__init__(
            "另一次迁移正在进行，待其结束后再运行"
            " / another migration of this database is under way: run this one again when it ends"
        )


def config(service: str, url: str) -> Config:
    """Alembic's configuration for one service, without a file."""
    made = Config()
    made.set_main_option("script_location", f"{service}:migrations")
    made.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d_%%(slug)s")
    made.attributes["url"] = url
    return made


def upgrade(service: str, *, owner_url: str, app_url: str, audit_url: str | None) -> None:
    """Bring a database to the newest migration, sow its rules, renew the grants. Blocking.

    Safe to repeat.
    """
    command.upgrade(config(service, owner_url), "head")
    asyncio.run(sow_into(service, owner_url))
    roles = (make_url(owner_url).username, make_url(app_url).username)
    auditor = make_url(audit_url).username if audit_url else None
    if roles[0] != roles[1]:
        asyncio.run(_grant(owner_url, grants(app=str(roles[1]), chain=auditor)))


async def _grant(url: str, statements: Iterable[str]) -> None:
    engine = create_async_engine(driver_url(url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(take_turn)
        for statement in statements:
            await connection.execute(text(statement))
        await connection.commit()
    await engine.dispose()


def run(service: str, metadata: MetaData) -> None:
    """The body of every service's `env.py`."""
    for module in PLATFORM_TABLES:  # so that the metadata knows them
        import_module(f"common.{module}")
    options = context.config.attributes
    url = options.get("url") or _url_from_environment(service)
    asyncio.run(_run(url, [metadata, platform]))


def _url_from_environment(service: str) -> str:
    prefix = service.upper()
    url = os.environ.get(f"{prefix}_MIGRATION_DATABASE_URL") or os.environ.get(
        f"{prefix}_DATABASE_URL"
    )
    if not url:
        raise SystemExit(f"Set {prefix}_MIGRATION_DATABASE_URL to the database of {service}.")
    return url


async def _run(url: str, metadata: list[MetaData]) -> None:
    engine = create_async_engine(driver_url(url), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate, metadata)
        await connection.commit()
    await engine.dispose()


def _migrate(connection: Connection, metadata: list[MetaData]) -> None:
    connection.execute(text(LOCK_TIMEOUT))
    take_turn(connection)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=False,
        include_object=_ours,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def take_turn(connection: Connection, wait_s: float = _WAIT_S) -> None:
    """Wait for the turn to migrate, which a connection has until it is closed. Blocking.

    Asked again and again, each time in a transaction of its own: one that waited would hold a
    snapshot, and who builds an index beside writers (`common.gently`) waits for all of these.
    """
    until = time.monotonic() + wait_s
    while not connection.scalar(_TAKEN, {"key": _LOCK}):
        connection.commit()
        if time.monotonic() > until:
            raise MigrationUnderWayError
        time.sleep(0.1)
    connection.commit()


def _ours(_: Any, name: str | None, kind: str, reflected: bool, __: Any) -> bool:
    """Leave alone what alembic cannot describe: expression indexes are compared by tests."""
    return not (kind == "index" and reflected and (name or "").startswith("xx_"))


def main() -> None:
    """Upgrade some services or all, one after the other."""
    parser = argparse.ArgumentParser(description="Migrate databases of services.")
    parser.add_argument("services", nargs="+", choices=[*SERVICES, "all"])
    wanted = parser.parse_args().services
    for service in SERVICES if "all" in wanted else wanted:
        prefix = service.upper()
        owner = _url_from_environment(service)
        app_url = os.environ.get(f"{prefix}_DATABASE_URL", owner)
        audit_url = os.environ.get(f"{prefix}_AUDIT_DATABASE_URL")
        upgrade(service, owner_url=owner, app_url=app_url, audit_url=audit_url)


if __name__ == "__main__":
    main()
