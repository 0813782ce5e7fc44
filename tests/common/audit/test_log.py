"""The audit log on a real database: what roles may do, what is written, what verification finds."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import orjson
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request

from common import audit
from common.audit.__main__ import main
from common.audit.anchor import anchor_file, read_anchors
from common.audit.chain import Fault
from common.audit.chainer import anchor_head, chain_step, chaining
from common.audit.grants import grants
from common.audit.refusals import Allowances, note_refusal
from common.audit.verify import Report, verify
from common.auth.actor import Actor, OutOfArea
from common.auth.permissions import Permission
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database, direct_url
from deploy.local.environment import Secrets, Urls

CLERK = Actor("issuer", "li", ActorKind.STAFF, frozenset({Role.CLERK}), area="310101002")


@dataclass(frozen=True)
class Log:
    """A database of the test's own, by each of its roles."""

    urls: Urls
    sessions: async_sessionmaker[AsyncSession]
    owner: asyncpg.Connection
    chain: asyncpg.Connection
    keys: Keys
    anchors: Path

    async def write(self, count: int = 1, **parts) -> None:
        async with self.sessions.begin() as session:
            session.info["request_id"] = "request-1"
            for number in range(count):
                after = {"名称": f"助餐点{number}", "price_fen": number}
                told = {"action": "offering.publish", "target": ("offering", number), **parts}
                audit.note(session, CLERK, area="310101002001", after=after, **told)

    async def written(self, count: int) -> None:
        await self.write(count)
        await chain_step(self.chain)

    async def tamper(self, statement: str) -> None:
        await self.owner.execute(statement)

    async def report(self) -> Report:
        file = anchor_file(self.anchors, "feedback")
        anchors = read_anchors(file, self.keys.public_keys()) if file.exists() else []
        return await verify(self.chain, anchors)

    async def anchor(self) -> None:
        await anchor_head(self.chain, "feedback", self.anchors, self.keys, now=utc_now())


@pytest.fixture
async def log(fresh_database: Urls, secrets: Secrets, tmp_path: Path) -> AsyncIterator[Log]:
    owner = await asyncpg.connect(direct_url(fresh_database.owner))
    app_role, chain_role = (
        direct_url(url).split("//")[1].split(":")[0]
        for url in (fresh_database.app, fresh_database.audit)
    )
    await owner.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)")
    for statement in grants(app=app_role, chain=chain_role):
        await owner.execute(statement)
    chain = await asyncpg.connect(direct_url(fresh_database.audit))
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    async with database(fresh_database.app, pool_size=4) as opened:
        yield Log(fresh_database, opened.sessions, owner, chain, keys, tmp_path)
    await chain.close()
    await owner.close()


async def test_an_entry_is_written_with_the_change_and_chained_after_it(log: Log):
    await log.write(reason="开业")
    assert await chain_step(log.chain) == 1

    row = await log.owner.fetchrow("SELECT * FROM audit_entry")
    entry = orjson.loads(row["entry"])

    assert (row["seq"], row["actor"], row["action"], row["target_id"]) == (
        *(1, "li", "offering.publish"),
        "0",
    )
    assert entry["issuer"] == "issuer"
    assert entry["roles"] == ["clerk"]
    assert entry["request_id"] == "request-1"
    assert entry["after"] == {"名称": "助餐点0", "price_fen": 0}
    assert (entry["outcome"], entry["reason"], entry["before"]) == ("done", "开业", None)
    assert await log.owner.fetchval("SELECT count(*) FROM audit_inbox") == 0


async def test_what_is_rolled_back_leaves_no_entry(log: Log):
    with pytest.raises(RuntimeError):
        async with log.sessions.begin() as session:
            audit.note(session, CLERK, action="a.b", target=("a", None))
            raise RuntimeError("the change failed")

    assert await chain_step(log.chain) == 0


async def test_a_refusal_is_written_although_the_change_is_not(log: Log):
    await audit.refused(
        log.sessions,
        CLERK,
        action="offering.publish",
        target=("offering", "7"),
        reason="out-of-area",
    )
    await chain_step(log.chain)

    row = await log.owner.fetchrow("SELECT outcome, target_id FROM audit_entry")
    assert tuple(row) == ("refused", "7")


async def test_a_strange_path_does_not_keep_its_refusal_out_of_the_log(log: Log):
    state = {"sessions": log.sessions, "actor": CLERK, "request_id": "request-1"}
    scope = {"type": "http", "path": "/v1/x\x00y", "headers": [], "query_string": b""}
    request = Request({**scope, "method": "PUT", "server": ("x", 80), "state": state})

    await note_refusal(request, Permission.AREA_WRITE, OutOfArea(), Allowances())
    await chain_step(log.chain)

    row = await log.owner.fetchrow("SELECT action, target_id, entry FROM audit_entry")
    assert (row["action"], row["target_id"]) == ("area.write", "/v1/x\ufffdy")
    assert orjson.loads(row["entry"])["reason"] == "out-of-area"


async def test_reading_personal_data_is_written_with_its_reason(log: Log):
    async with log.sessions.begin() as session:
        audit.note_read(session, CLERK, action="person.unmask", target=("person", 7), reason="回访")
    await chain_step(log.chain)

    entry = orjson.loads(await log.owner.fetchval("SELECT entry FROM audit_entry"))
    assert (entry["outcome"], entry["reason"]) == ("read", "回访")


async def test_a_resident_is_another_name_for_each_kind_of_record(log: Log):
    veil = Pseudonyms(b"k" * 32).veil("issuer", "wang")
    resident = Actor("issuer", "wang", ActorKind.RESIDENT, frozenset({Role.RESIDENT}), veil=veil)
    async with log.sessions.begin() as session:
        for kind in ("vote", "rating"):
            audit.note(session, resident, action=f"{kind}.write", target=(kind, 1))
    await chain_step(log.chain)

    names = {row["actor"] for row in await log.owner.fetch("SELECT actor FROM audit_entry")}
    assert len(names) == 2
    assert "wang" not in names


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM audit_inbox",
        "UPDATE audit_inbox SET entry = '{}'",
        "DELETE FROM audit_inbox",
        "TRUNCATE audit_inbox",
        "SELECT * FROM audit_entry",
        "INSERT INTO audit_entry SELECT 1, '', '', '', now(), '', '', '', '', '', ''",
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DROP TABLE audit_inbox",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
async def test_the_application_may_only_add_to_the_inbox(log: Log, statement):
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with log.sessions.begin() as session:
            await session.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "INSERT INTO audit_inbox VALUES ('{}')",
        "UPDATE audit_inbox SET entry = '{}'",
        "SELECT * FROM portal_app",
        "SELECT * FROM idempotency_key",
    ],
)
async def test_the_chaining_role_cannot_edit_the_log_or_read_anything_else(log: Log, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await log.chain.execute(statement)


async def test_an_auditors_role_only_reads_the_log(log: Log):
    role = "feedback_audit"  # any role will do: the grants are renewed at the end of the test
    for statement in grants(app="feedback_app", auditor=role):
        await log.owner.execute(statement)

    assert await log.chain.fetch("SELECT * FROM audit_entry") == []
    for statement in ("SELECT * FROM audit_inbox", "DELETE FROM audit_entry"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await log.chain.execute(statement)


async def test_a_whole_log_is_found_whole_across_batches(log: Log, monkeypatch):
    monkeypatch.setattr("common.audit.verify.BATCH", 7)
    await log.write(40)
    while await chain_step(log.chain, batch=9):
        pass
    await log.anchor()

    report = await log.report()

    assert (report.head.seq, report.broken) == (40, None)


@pytest.mark.parametrize(
    ("statement", "seq", "fault"),
    [
        ("UPDATE audit_entry SET entry = replace(entry, 'li', 'lu') WHERE seq = 5", 5, "altered"),
        ("UPDATE audit_entry SET actor = 'nobody' WHERE seq = 6", 6, "altered"),
        ("UPDATE audit_entry SET at = at - interval '1 day' WHERE seq = 7", 7, "altered"),
        (
            "UPDATE audit_entry SET hash = decode(repeat('00', 32), 'hex') WHERE seq = 4",
            4,
            "altered",
        ),
        ("DELETE FROM audit_entry WHERE seq = 3", 3, "missing"),
        ("DELETE FROM audit_entry WHERE seq BETWEEN 1 AND 4", 1, "missing"),
        (
            "UPDATE audit_entry SET seq = -seq WHERE seq IN (4, 8);"
            "UPDATE audit_entry SET seq = 12 + seq WHERE seq < 0",
            *(4, "reordered"),
        ),
        ("DELETE FROM audit_entry WHERE seq > 9", 10, "cut"),
        ("TRUNCATE audit_entry", 1, "cut"),
    ],
)
async def test_whatever_the_owner_does_to_the_log_is_named(log: Log, statement, seq, fault):
    await log.written(12)
    await log.anchor()
    await log.tamper(statement)

    broken = (await log.report()).broken

    assert (broken.seq, broken.fault) == (seq, Fault(fault))


async def test_a_tail_cut_off_and_written_anew_is_named(log: Log):
    await log.written(8)
    await log.anchor()
    await log.tamper("DELETE FROM audit_entry WHERE seq > 5")
    await log.written(6)

    broken = (await log.report()).broken

    assert (broken.seq, broken.fault) == (8, Fault.REWRITTEN)


async def test_writers_do_not_wait_for_the_chain(log: Log):
    await log.write(5)
    async with log.chain.transaction(), log.owner.transaction():
        await chain_step(log.chain)
        await log.owner.execute("SELECT pg_advisory_xact_lock(5202631)")
        await asyncio.wait_for(log.write(5), timeout=5)

    assert await chain_step(log.chain) == 5


async def test_an_open_transaction_holds_nobody_up_and_comes_in_later(log: Log):
    async with log.sessions.begin() as slow:
        audit.note(slow, CLERK, action="slow.write", target=("slow", 1))
        await slow.execute(text("SELECT 1"))
        await log.written(3)
    await chain_step(log.chain)

    actions = await log.owner.fetch("SELECT action FROM audit_entry ORDER BY seq")

    assert [row["action"] for row in actions] == ["offering.publish"] * 3 + ["slow.write"]
    assert (await log.report()).broken is None


async def test_two_chainers_and_many_writers_lose_and_double_nothing(log: Log, secrets: Secrets):
    @dataclass
    class Said:
        environment: str = "development"
        key_ring: Path = secrets.keys
        audit_database_url: str = log.urls.audit
        anchor_dir: Path = log.anchors

    began = time.time()
    chainers = [asyncio.create_task(chaining("feedback", Said())) for _ in range(2)]
    await asyncio.gather(*(log.write(5) for _ in range(40)))
    for _ in range(100):
        if await log.owner.fetchval("SELECT count(*) FROM audit_entry") == 200:
            break
        await asyncio.sleep(0.05)
    for task in chainers:
        task.cancel()
    await asyncio.gather(*chainers, return_exceptions=True)

    ids = await log.owner.fetchval("SELECT count(DISTINCT entry::jsonb ->> 'id') FROM audit_entry")
    assert ids == 200
    report = await log.report()
    assert (report.head.seq, report.broken) == (200, None)
    assert (REGISTRY.get_sample_value("audit_chained_timestamp_seconds") or 0) >= began


async def test_a_chainer_killed_in_its_step_leaves_the_inbox_as_it_was(log: Log):
    await log.write(5)
    doomed = await asyncpg.connect(direct_url(log.urls.audit))
    transaction = doomed.transaction()
    await transaction.start()
    assert await chain_step(doomed) == 5
    doomed.terminate()

    for _ in range(50):  # the server notices the lost client in a moment
        if await chain_step(log.chain):
            break
        await asyncio.sleep(0.05)

    assert (await log.report()).head.seq == 5


async def test_the_command_tells_whole_from_broken(log: Log, secrets: Secrets, capsys):
    await log.written(3)
    options = [
        *("--audit-database-url", log.urls.audit, "--anchor-dir", str(log.anchors)),
        *("--key-ring", str(secrets.keys)),
    ]

    def run(command: str) -> int:
        return main([command, "feedback", *options])

    assert await asyncio.to_thread(run, "anchor") == 0
    assert await asyncio.to_thread(run, "verify") == 0
    assert "whole: 3 entries, 1 anchors" in capsys.readouterr().out

    await log.tamper("DELETE FROM audit_entry WHERE seq = 3")
    assert await asyncio.to_thread(run, "verify") == 1
    assert "BROKEN at entry 3: cut" in capsys.readouterr().out

    file = anchor_file(log.anchors, "feedback")
    file.write_bytes(file.read_bytes().replace(b'"seq":3', b'"seq":2'))
    assert await asyncio.to_thread(run, "verify") == 1
    assert "forged" in capsys.readouterr().out


async def test_the_command_says_when_it_could_not_check(capsys, tmp_path):
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"
    options = ["--audit-database-url", nowhere, "--anchor-dir", str(tmp_path)]

    assert await asyncio.to_thread(main, ["verify", "feedback", *options]) == 2
    assert "a tail cut off would not show" in capsys.readouterr().out


def test_only_changed_fields_are_kept():
    before, after = audit.changes({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4})

    assert (before, after) == ({"b": 2, "c": None}, {"b": 3, "c": 4})
