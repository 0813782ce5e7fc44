"""What was sealed under an old key is sealed anew: in batches, resumed, nothing forgotten."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncSession

from common import resealing
from common.auth import portal_app
from common.auth.actor import CONSOLE, Actor
from common.auth.roles import ActorKind, Role
from common.auth.tables import PortalApp
from common.crypto.digest import sm3
from common.crypto.fields import CannotOpenError
from common.crypto.keyring import KeyRing, KeyUse
from common.crypto.keys import Keys
from common.db import Database, database
from common.exchange.tables import Webhook
from common.idempotency import IdempotencyKey
from common.resealing import PLATFORM, Cell, Files, reseal, reseal_files
from deploy.local.environment import SERVICES, Urls

NOW = datetime(2026, 3, 2, tzinfo=UTC)
APPS = ("anhui", "beijing", "chongqing", "fujian", "gansu")
# Sealed by their bidders, under a key of their own, or gone within days.
ELSEWHERE = {
    *("bid.ciphertext_digest", "bid.key_commitment", "urn.sealed", "idempotency_key.answer"),
}


def key(name: str) -> bytes:
    return sm3(name.encode())


def ring(*ids: str) -> KeyRing:
    """Keys of every use; the last of the data keys writes."""
    one = {use: {"k": key(use)} for use in KeyUse}
    one[KeyUse.DATA] = {each: key(each) for each in ids}
    return KeyRing.of(one, {KeyUse.DATA: ids[-1]})


OLD, BOTH, NEW = ring("2025"), ring("2025", "2026"), ring("2026")


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    """A database with apps whose secrets are sealed under the old key."""
    async with database(fresh_database.app, pool_size=2) as made:
        async with made.sessions.begin() as session:
            for each in APPS:
                await portal_app.register(
                    session, Keys.of(OLD), each, name=each, area="31", now=NOW
                )
        yield made


async def secrets(opened: Database, keys: Keys) -> list[bytes]:
    async with opened.sessions() as session:
        apps = [await session.get_one(PortalApp, each) for each in APPS]
        return [portal_app.opened(keys, each)[0] for each in apps]


async def test_everything_opens_with_the_new_key_alone_and_says_what_it_said(
    opened: Database,
) -> None:
    before = await secrets(opened, Keys.of(OLD))
    tally = await reseal(opened.sessions, BOTH, PLATFORM, batch=2)
    again = await reseal(opened.sessions, BOTH, PLATFORM, batch=2)

    assert await secrets(opened, Keys.of(NEW)) == before
    assert (tally.sealed["portal_app.secret"], tally.closed) == (5, [])
    assert (again.sealed.total(), again.closed) == (0, [])


@dataclass
class Broken:
    """Sessions that break off after so many transactions."""

    sessions: Any
    left: int

    def begin(self) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ConnectionError
        return self.sessions.begin()


async def test_one_that_was_cut_off_goes_on_where_it_was(opened: Database) -> None:
    broken: Any = Broken(opened.sessions, 1)
    with pytest.raises(ConnectionError):
        await reseal(broken, BOTH, PLATFORM, batch=2)
    rest = await reseal(opened.sessions, BOTH, PLATFORM, batch=2)

    assert rest.sealed["portal_app.secret"] == 3
    assert len(set(await secrets(opened, Keys.of(NEW)))) == 5


async def told(urls: Urls) -> list[dict[str, Any]]:
    """What the audit log says of runs, in order: who, under which key, how far."""
    async with database(urls.owner, pool_size=1) as owner, owner.sessions() as session:
        found = await session.scalars(text("SELECT entry FROM audit_inbox ORDER BY entry ->> 'at'"))
        return [each for each in found if each["action"] == "key.reseal"]


def a_run(sessions: Any) -> resealing.Run:
    operator = Actor(CONSOLE, "li", ActorKind.STAFF, frozenset({Role.SECURITY_ADMIN}))
    return resealing.Run(sessions, operator, "2026")


async def test_the_log_tells_who_began_how_far_it_came_and_that_it_ended(
    opened: Database, fresh_database: Urls, service: str
) -> None:
    await resealing.all_of(service, a_run(opened.sessions), BOTH, 2)
    entries = await told(fresh_database)
    states = [each["after"]["state"] for each in entries]
    reached = [each["after"].get("column") for each in entries[1:-1]]

    assert {(each["actor"], each["target_id"]) for each in entries} == {("li", "2026")}
    assert len({each["request_id"] for each in entries}) == 1
    assert (states[0], set(states[1:-1]), states[-1]) == ("begun", {"reached"}, "ended")
    assert reached == [cell.name for cell in resealing.cells_of(service)]
    assert entries[-1]["after"]["portal_app.secret"] == 5


async def test_a_run_that_was_killed_has_begun_and_has_no_end(
    opened: Database, fresh_database: Urls, service: str
) -> None:
    # The first entry, two columns of the registry's own, each with its entry, one batch of apps.
    steps = 1 + 2 * (len(resealing.cells_of(service)) - len(PLATFORM)) + 1
    with pytest.raises(ConnectionError):
        broken: Any = Broken(opened.sessions, steps)
        await resealing.all_of(service, a_run(broken), BOTH, 2)
    states = [each["after"]["state"] for each in await told(fresh_database)]

    assert (states[0], set(states[1:])) == ("begun", {"reached"})


async def test_a_run_that_was_broken_off_says_so_and_how_far_it_came(
    opened: Database, fresh_database: Urls, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses the second batch, and answers again."""
    write = resealing._write

    async def refused(session: AsyncSession, cell: Cell, rows: Any) -> None:
        if [each["k0"] for each in rows] == ["chongqing", "fujian"]:
            raise ConnectionError
        await write(session, cell, rows)

    monkeypatch.setattr(resealing, "_write", refused)
    with pytest.raises(ConnectionError):
        await resealing.all_of(service, a_run(opened.sessions), BOTH, 2)
    last = (await told(fresh_database))[-1]["after"]

    assert (last["state"], last["portal_app.secret"]) == ("broken_off", 2)


async def test_what_no_key_opens_is_named_and_left_as_it_is(opened: Database) -> None:
    async with opened.sessions.begin() as session:
        await session.execute(
            text(
                "UPDATE portal_app SET secret = replace(secret, '2025', '2019')"
                " WHERE app_key = 'beijing'"
            )
        )
    tally = await reseal(opened.sessions, BOTH, PLATFORM, batch=1)

    assert tally.sealed["portal_app.secret"] == 4
    assert [each.split(":")[0] for each in tally.closed] == ["portal_app.secret|beijing"]
    with pytest.raises(CannotOpenError):
        await secrets(opened, Keys.of(BOTH))


async def test_what_is_written_meanwhile_stays(opened: Database) -> None:
    async def written(session: AsyncSession) -> None:
        await portal_app.rotate(session, Keys.of(BOTH), "anhui", now=NOW, overlap=NOW - NOW)

    cell = PLATFORM[0]
    async with opened.sessions.begin() as mine:
        rows = await resealing._old(mine, cell, BOTH, None, 5)
        async with opened.sessions.begin() as theirs:
            await written(theirs)
        tally = resealing.Tally()
        cipher = Keys.of(BOTH).fields
        await resealing._write(mine, cell, resealing._anew(cell, cipher, rows, tally))
    async with opened.sessions() as session:
        app = await session.get_one(PortalApp, "anhui")
        current, before = portal_app.opened(Keys.of(BOTH), app)

    assert current != before


async def test_binary_cells_are_found_whatever_bytes_follow_their_head(
    opened: Database, fresh_database: Urls, service: str
) -> None:
    async with database(fresh_database.owner, pool_size=1) as owner, owner.sessions.begin() as made:
        await made.execute(text("CREATE TABLE paper (id text PRIMARY KEY, content bytea)"))
    texts = {f"{n:03}": f"page {n}".encode() for n in range(200)}
    rows = [
        {"id": each, "content": Keys.of(OLD).seal(said, context=f"paper.content|{each}")}
        for each, said in texts.items()
    ]
    assert any(b"\0" in row["content"][:64] for row in rows)
    async with opened.sessions.begin() as session:
        await session.execute(text("INSERT INTO paper VALUES (:id, :content)"), rows)
    cell = Cell("paper", "content", is_binary=True)
    tally = await reseal(opened.sessions, BOTH, [cell], batch=64)
    again = await reseal(opened.sessions, BOTH, [cell], batch=64)

    async with opened.sessions() as session:
        kept = (await session.execute(text("SELECT id, content FROM paper"))).all()
    new = Keys.of(NEW)
    assert {k: new.unseal(sealed, context=f"paper.content|{k}") for k, sealed in kept} == texts
    assert (tally.sealed.total(), tally.closed, again.sealed.total()) == (200, [], 0)


async def test_bytes_are_held_a_few_at_a_time(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def told(*given: Any) -> list[Any]:
        asked.append(given[-1])
        return []

    monkeypatch.setattr(resealing, "_old", told)
    await reseal(opened.sessions, BOTH, [Cell("paper", "content", is_binary=True), *PLATFORM])

    assert asked == [resealing.BATCH_OF_BYTES, *[resealing.BATCH] * len(PLATFORM)]


async def test_files_are_sealed_anew_in_place_and_one_that_is_gone_is_named(
    opened: Database, tmp_path: Path
) -> None:
    files = Files("portal_app", "name", ("app_key",), "portal_app.file", "FILE_DIR")
    for each in APPS[1:]:
        sealed = Keys.of(OLD).seal(each.encode(), context=f"portal_app.file|{each}")
        (tmp_path / each).write_bytes(sealed)
    tally = await reseal_files(opened.sessions, BOTH, files, tmp_path, batch=2)
    again = await reseal_files(opened.sessions, BOTH, files, tmp_path, batch=2)

    for each in APPS[1:]:
        sealed = (tmp_path / each).read_bytes()
        assert Keys.of(NEW).unseal(sealed, context=f"portal_app.file|{each}") == each.encode()
    assert (tally.sealed.total(), again.sealed.total()) == (4, 0)
    assert [each.split(":")[0] for each in tally.closed] == ["portal_app.file|anhui"]
    assert set(os.listdir(tmp_path)) == set(APPS[1:])  # noqa: PTH208 - a test's own few


def test_two_at_once_write_no_file_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one begins, and ends, while the first is about to put its file in place."""
    path, context = tmp_path / "anhui", "portal_app.file|anhui"
    path.write_bytes(Keys.of(OLD).seal(b"whole", context=context))
    replace, drafts = Path.replace, []

    def late(draft: Path, target: Path) -> Path:
        drafts.append(draft)
        if len(drafts) == 1:
            resealing._reseal_file(path, context, BOTH, resealing.Tally())
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", late)
    tally = resealing.Tally()
    resealing._reseal_file(path, context, BOTH, tally)

    assert len(set(drafts)) == 2
    assert Keys.of(NEW).unseal(path.read_bytes(), context=context) == b"whole"
    assert (tally.sealed.total(), os.listdir(tmp_path)) == (1, ["anhui"])  # noqa: PTH208 - one file


@pytest.mark.parametrize("name", SERVICES)
def test_every_sealed_column_is_known_with_its_row_s_key(name: str) -> None:
    own: MetaData = import_module(f"{name}.tables").Base.metadata
    tables = {**own.tables, **Webhook.metadata.tables, **IdempotencyKey.metadata.tables}
    told = {
        f"{table.name}.{column.name}"
        for table in tables.values()
        for column in table.columns
        if re.search("密文|加密|^encrypted|, encrypted", column.comment or "")
    }
    cells = resealing.cells_of(name)

    assert {cell.name for cell in cells if not cell.where} == told - ELSEWHERE
    for cell in cells:
        table = tables[cell.table]
        assert tuple(cell.key) == tuple(table.primary_key.columns.keys()), cell
        assert (table.c[cell.column].type.python_type is bytes) == cell.is_binary, cell
