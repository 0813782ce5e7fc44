"""Yesterday's dump is put back by PostgreSQL's own programs: whoever read on must begin anew."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from deploy.local.account import server_account
from deploy.local.binaries import postgres_binaries
from deploy.local.environment import Secrets, Urls
from tests.harness import Databases
from tests.living import living
from tests.registry.importing.tables_of import ORGANISATIONS, VENUES, as_csv, imported, offering
from tests.registry.live.stranger import Stranger
from tests.registry.live.test_killed import all_numbered, rows_in
from tests.registry.small_city import listing, upload

Caller = dict[str, str]


def run(program: str, *arguments: str, url: str) -> None:
    """One of PostgreSQL's programs."""
    path = postgres_binaries(server_account()) / program
    told = subprocess.run(
        [str(path), *arguments, "--dbname", url],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("how", ["the same database", "another database"])
async def test_a_restored_dump_sends_every_reader_back_to_the_start(
    how: str,
    fresh_database: Urls,
    databases: Databases,
    secrets: Secrets,
    city: Caller,
    tmp_path: Path,
) -> None:
    dump = str(tmp_path / "yesterday.dump")
    superuser = fresh_database.owner.partition("@/")[2].partition("?")[0]
    owner = databases.server.url(superuser, None)
    async with living("registry", fresh_database, secrets) as service:
        stranger = Stranger(f"{service.base}/feeds/offering")
        async with httpx.AsyncClient(base_url=service.base, timeout=30) as office:
            assert (await upload(office, city, listing())).status_code == 201
            for kind, records in (("organisation", ORGANISATIONS), ("venue", VENUES)):
                await imported(office, city, kind, as_csv(records))
            await imported(office, city, "offering", as_csv(offering(n) for n in range(50)))
            await all_numbered(fresh_database)
            run("pg_dump", "--format=custom", f"--file={dump}", url=owner)
            await imported(office, city, "offering", as_csv(offering(n) for n in range(50, 90)))
            await all_numbered(fresh_database)
        await stranger.to_the_end()
        assert (len(stranger.items), stranger.starts) == (90, 1)

        service.kill()
        if how == "another database":
            databases.server.drop(superuser)
            databases.server.sql(f"CREATE DATABASE {superuser} OWNER registry_owner")
        run("pg_restore", "--clean", "--if-exists", "--exit-on-error", dump, url=owner)
        service.start()

        await stranger.to_the_end()
        stands = await rows_in(fresh_database)
        read = {name: (data["name"], data["version"]) for name, data in stranger.items.items()}
    # Once, or twice where the last numbers were seen to be lost before the new leader said so.
    assert stranger.starts in (2, 3)
    assert len(stands) == 50
    assert read == stands
    assert stranger.stale == []
