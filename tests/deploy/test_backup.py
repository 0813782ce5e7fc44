"""A backup is restored by a site's own scripts, and the audit chain of what came back is whole."""

import asyncio
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from common.auth.roles import Role
from common.db import driver_url
from deploy.local.account import server_account
from deploy.local.binaries import postgres_binaries
from deploy.local.environment import Secrets, Urls, settings_of
from tests.harness import Apps
from tests.matching.cases import raised

SCRIPTS = Path("deploy")
_RESTORED = "SELECT entry FROM audit_entry WHERE action = 'audit.restore'"


@pytest.fixture
def service() -> str:
    return "matching"


@pytest.fixture
def environment(fresh_database: Urls, secrets: Secrets, tmp_path: Path) -> dict[str, str]:
    """What an operator has set: addresses, keys, a place for backups, PostgreSQL's programs."""
    programs = postgres_binaries(server_account())
    settings = settings_of(
        "matching",
        fresh_database,
        secrets,
        base_url="http://localhost",
        anchor_dir=str(tmp_path / "anchors"),
    )
    (tmp_path / "anchors").mkdir()
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
    """By the words of the job on Kubernetes, with the paths of this machine."""
    job = yaml.safe_load((SCRIPTS / "kubernetes/restore/job.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    *shell, words = container["command"]
    words = words.replace("/scripts/", f"{SCRIPTS}/").replace("/backups/", f"{backup.parent}/")
    named = {"BACKUP": backup.name, "SERVICES": "matching"}
    return run({**environment, **named}, *shell, words)


async def told(urls: Urls, *statements: str) -> Any:
    """What the last of some statements says to the owner."""
    engine = create_async_engine(driver_url(urls.owner))
    async with engine.begin() as connection:
        for statement in statements:
            found = await connection.execute(text(statement))
        said = found.scalar() if found.returns_rows else None
    await engine.dispose()
    return said


async def count(urls: Urls, table: str) -> int:
    return int(await told(urls, f"SELECT count(*) FROM {table}"))


async def epoch(urls: Urls) -> str:
    return str(await told(urls, "SELECT max(epoch) FROM feed_head"))


def audited(environment: dict[str, str], command: str) -> subprocess.CompletedProcess[str]:
    return run(environment, sys.executable, "-m", "common.audit", command, "matching")


async def written(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    for _ in range(3):
        await raised(client, header)


async def test_a_backup_comes_back_whole_with_its_audit_chain(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    header = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    anchored = audited(environment, "anchor")
    before, kept = await epoch(fresh_database), await count(fresh_database, "need")
    backup = backed_up(environment)
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    lost = await count(fresh_database, "need")
    audited(environment, "anchor")
    back = restored(environment, backup)

    told = (Path(environment["METRICS_DIR"]) / "linli_backup_matching.prom").read_text()
    assert re.fullmatch(r'linli_backup_timestamp_seconds\{service="matching"\} \d{10}\n', told)
    assert "anchored" in anchored.stdout
    assert back.returncode == 0, back.stderr
    assert "matching: whole" in back.stdout
    assert (lost, await count(fresh_database, "need")) == (kept + 3, kept)
    assert await epoch(fresh_database) != before


async def test_the_log_verifies_every_day_after_a_restore_and_keeps_what_was_anchored(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    header = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    audited(environment, "anchor")
    backup = backed_up(environment)
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    audited(environment, "anchor")
    live = Path(environment["MATCHING_ANCHOR_DIR"]) / "audit-matching.jsonl"
    newer = live.read_bytes()
    back = restored(environment, backup)
    (kept,) = live.parent.glob(f"{live.name}.before-*")

    assert back.returncode == 0, back.stderr
    assert kept.read_bytes() == newer
    assert audited(environment, "verify").returncode == 0
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
        async with asyncio.timeout(20):
            while not (entry := await told(fresh_database, _RESTORED)):
                await asyncio.sleep(0.1)
    again = audited(environment, "verify")
    assert (again.returncode, "matching: whole" in again.stdout) == (0, True), again.stdout
    assert orjson.loads(entry)["after"] == {"backup": backup.name, "anchors_before": kept.name}


async def test_what_a_later_migration_made_does_not_outlive_a_restore(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    async with apps.live("matching", fresh_database) as client:
        await written(client, bearer(Role.CLERK, area="310101002", line="civil_affairs"))
    backup = backed_up(environment)
    await told(
        fresh_database,
        "CREATE TABLE later (need_id uuid REFERENCES need)",
        "ALTER TABLE need ADD COLUMN later text NOT NULL DEFAULT ''",
        "UPDATE alembic_version SET version_num = 'later'",
    )
    back = restored(environment, backup)

    assert back.returncode == 0, back.stderr
    assert await told(fresh_database, "SELECT to_regclass('later')") is None
    assert await count(fresh_database, "alembic_version WHERE version_num = 'later'") == 0
    columns = "information_schema.columns WHERE table_name = 'need' AND column_name = 'later'"
    assert await count(fresh_database, columns) == 0


def test_a_directory_that_is_named_and_not_there_is_no_backup(
    environment: dict[str, str], tmp_path: Path
) -> None:
    without = {**environment, "MATCHING_ANCHOR_DIR": str(tmp_path / "nowhere")}
    refused = run(without, str(SCRIPTS / "backup.sh"), "matching")

    assert refused.returncode != 0
    assert "nowhere is no directory" in refused.stderr
    assert [each.name.endswith(".part") for each in (tmp_path / "backups").iterdir()] == [True]


def arguments() -> list[str]:
    """The arguments of all processes of this machine, as each of its users can read them."""
    told = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            told.append(each.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return told


async def arguments_while(urls: Urls, *started: Any) -> tuple[list[str], Any]:
    """The arguments of all processes while a program waits for a table; what it answers then."""
    engine = create_async_engine(driver_url(urls.owner))
    waits = text("SELECT count(*) FROM pg_locks WHERE relation = 'need'::regclass AND NOT granted")
    async with engine.begin() as holder:
        await holder.execute(text("LOCK TABLE need"))
        ended = asyncio.create_task(asyncio.to_thread(*started))
        async with asyncio.timeout(60):
            while not await holder.scalar(waits):
                await asyncio.sleep(0.05)
        told = arguments()
    await engine.dispose()
    return told, await ended


async def test_no_password_is_among_the_arguments_of_any_process(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    async with apps.live("matching", fresh_database) as client:
        await written(client, bearer(Role.CLERK, area="310101002", line="civil_affairs"))
    secret = make_url(fresh_database.owner).password
    assert secret
    # As some operator writes it: every other letter by its number.
    spelt = "".join(f"%{ord(each):02X}" if n % 2 else each for n, each in enumerate(secret))
    url = fresh_database.owner.replace(f":{secret}@", f":{spelt}@")
    given = {**environment, "MATCHING_MIGRATION_DATABASE_URL": url}
    backing, backup = await arguments_while(fresh_database, backed_up, given)
    given["EVEN_IF_CONNECTED"] = "yes"  # the test holds the lock
    restoring, back = await arguments_while(fresh_database, restored, given, backup)

    assert back.returncode == 0, back.stderr
    assert any("pg_dump " in each for each in backing)
    assert any("psql " in each for each in restoring)
    told = [each for each in backing + restoring if secret in each or spelt in each]
    assert told == []


async def test_nothing_is_touched_while_a_service_is_connected(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], bearer
) -> None:
    header = bearer(Role.CLERK, area="310101002", line="civil_affairs")
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
    backup = backed_up(environment)
    async with apps.live("matching", fresh_database) as client:
        await written(client, header)
        refused = await asyncio.to_thread(restored, environment, backup)
    role = make_url(fresh_database.app).username

    assert refused.returncode != 0
    assert f"still connected: {role} " in refused.stderr
    assert "先停服务" in refused.stderr
    assert await count(fresh_database, "need") == 6
    assert restored(environment, backup).returncode == 0
    assert await count(fresh_database, "need") == 3


async def test_attachments_are_in_the_backup_and_come_back(
    apps: Apps, fresh_database: Urls, environment: dict[str, str], tmp_path: Path, bearer
) -> None:
    async with apps.live("matching", fresh_database) as client:
        await written(client, bearer(Role.CLERK, area="310101002", line="civil_affairs"))
    files = tmp_path / "attachments"
    files.mkdir()
    (files / "one.sealed").write_bytes(b"sealed")
    with_files = {
        **environment,
        "MATCHING_ATTACHMENT_DIR": str(files),
    }
    backup = backed_up(with_files)
    (files / "one.sealed").unlink()
    unnamed = restored(environment, backup)
    back = restored(with_files, backup)

    assert "name their directory" in unnamed.stderr
    assert back.returncode == 0, back.stderr
    assert (files / "one.sealed").read_bytes() == b"sealed"


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
