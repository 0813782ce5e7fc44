"""A backup is restored by a site's own scripts, and the audit chain of what came back is whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from common.auth.roles import Role
from common.db import driver_url
from deploy.local.account import server_account
from deploy.local.binaries import postgres_binaries
from deploy.local.environment import Secrets, Urls, settings_of
from tests.harness import Apps
from tests.matching.cases import raised

SCRIPTS = Path("deploy")


@pytest.fixture
def service() -> str:
    return "matching"


@pytest.fixture
def environment(fresh_database: Urls, secrets: Secrets, tmp_path: Path) -> dict[str, str]:
    """What an operator has set: addresses, keys, a place for backups, PostgreSQL's programs."""
    programs = postgres_binaries(server_account())
    settings = settings_of("matching", fresh_database, secrets, base_url="http://localhost")
    backups = {"BACKUP_DIR": str(tmp_path / "backups"), "PYTHON": sys.executable}
    backups["METRICS_DIR"] = str(tmp_path)
    path = {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    return {**os.environ, **settings, **backups, **path}


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def backed_up(environment: dict[str, str]) -> Path:
    told = run(environment, str(SCRIPTS / "backup.sh"), "matching")
    assert told.returncode == 0, told.stderr
    return Path(told.stdout.strip())


def restored(environment: dict[str, str], backup: Path) -> subprocess.CompletedProcess[str]:
    return run(environment, str(SCRIPTS / "restore.sh"), str(backup), "matching")


async def count(urls: Urls, table: str) -> int:
    engine = create_async_engine(driver_url(urls.owner))
    async with engine.connect() as connection:
        found = await connection.scalar(text(f"SELECT count(*) FROM {table}"))
    await engine.dispose()
    return int(found or 0)


async def epoch(urls: Urls) -> str:
    engine = create_async_engine(driver_url(urls.owner))
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT max(epoch) FROM feed_head"))
    await engine.dispose()
    return str(found)


async def written(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    for _ in range(3):
        await raised(client, header)


async def test_a_backup_comes_back_whole_with_its_audit_chain(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    header = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    anchored = run(environment, sys.executable, "-m", "common.audit", "anchor", "matching")
    before, kept = await epoch(fresh_database), await count(fresh_database, "need")
    backup = backed_up(environment)
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    lost = await count(fresh_database, "need")
    back = restored(environment, backup)

    told = (Path(environment["METRICS_DIR"]) / "linli_backup_matching.prom").read_text()
    assert re.fullmatch(r'linli_backup_timestamp_seconds\{service="matching"\} \d{10}\n', told)
    assert "anchored" in anchored.stdout
    assert back.returncode == 0, back.stderr
    assert "matching: whole" in back.stdout
    assert (lost, await count(fresh_database, "need")) == (kept + 3, kept)
    assert await epoch(fresh_database) != before


async def test_a_damaged_backup_is_refused_before_anything_is_touched(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    header = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    backup = backed_up(environment)
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    dump = backup / "matching.dump"
    dump.write_bytes(dump.read_bytes()[:-1] + b"?")
    refused = restored(environment, backup)

    assert refused.returncode != 0
    assert "matching.dump" in refused.stderr + refused.stdout
    assert await count(fresh_database, "need") == 3
