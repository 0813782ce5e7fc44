"""`python -m common.audit verify registry`: check the chain. `anchor`: sign its head now.

`restored` is for after a restore: the anchors of the backup (`--backup`) take the place of the live
ones, which are kept beside them, and the log says so. It needs REGISTRY_DATABASE_URL too.
Addresses come from the service's environment (REGISTRY_AUDIT_DATABASE_URL, REGISTRY_ANCHOR_DIR,
REGISTRY_KEY_RING) or from options. Exit code 0: whole; 1: broken; 2: could not be checked.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from common import audit
from common.audit.anchor import Anchor, AnchorForgedError, anchor_file, put_back, read_anchors
from common.audit.chainer import anchor_head
from common.audit.verify import verify
from common.auth.actor import CONSOLE, Actor
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing, KeyRingError
from common.crypto.keys import Keys
from common.db import database, direct_url


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        return asyncio.run(_COMMANDS[asked.command](asked))
    except (KeyRingError, LookupError, OSError, asyncpg.PostgresError, SQLAlchemyError) as fault:
        _say(f"{asked.service}: not checked: {fault}")
        return 2


async def _verify(asked: argparse.Namespace) -> int:
    try:
        anchors = _anchors(asked)
    except AnchorForgedError as fault:
        _say(f"{asked.service}: BROKEN: the anchors are forged: {fault}")
        return 1
    connection = await asyncpg.connect(direct_url(_setting(asked, "AUDIT_DATABASE_URL")))
    try:
        report = await verify(connection, anchors)
    finally:
        await connection.close()
    broken = report.broken
    if broken is None:
        _say(
            f"{asked.service}: whole: {report.head.seq} entries, {len(anchors)} anchors,"
            f" head {report.head.hash.hex()}"
        )
        return 0
    _say(f"{asked.service}: BROKEN at entry {broken.seq}: {broken.fault}: {broken.word}")
    return 1


async def _anchor(asked: argparse.Namespace) -> int:
    keys = Keys.of(KeyRing.from_directory(Path(_setting(asked, "KEY_RING"))))
    directory = Path(_setting(asked, "ANCHOR_DIR"))
    connection = await asyncpg.connect(direct_url(_setting(asked, "AUDIT_DATABASE_URL")))
    try:
        head = await anchor_head(connection, asked.service, directory, keys, now=utc_now())
    finally:
        await connection.close()
    _say(f"{asked.service}: anchored: entry {head.seq}, head {head.hash.hex()}")
    return 0


async def _restored(asked: argparse.Namespace) -> int:
    """Put the backup's anchors in force, and write down which were in force until now."""
    directory, backup = Path(_setting(asked, "ANCHOR_DIR")), Path(_setting(asked, "BACKUP"))
    by = Actor(CONSOLE, asked.by, ActorKind.STAFF, frozenset({Role.SYSTEM_ADMIN}))
    async with (
        database(_setting(asked, "DATABASE_URL"), pool_size=1) as opened,
        opened.sessions.begin() as session,
    ):
        kept = put_back(directory, backup, asked.service, utc_now())
        after = {"backup": backup.parent.name, "anchors_before": kept.name if kept else None}
        audit.note(session, by, action="audit.restore", target=("audit", None), after=after)
    _say(f"{asked.service}: restored: {kept.name if kept else 'no anchors'} kept for the auditor")
    return 0


def _anchors(asked: argparse.Namespace) -> list[Anchor]:
    """The anchors of the service; none where no directory is named, which is said aloud."""
    if not asked.anchor_dir and not os.environ.get(_name(asked, "ANCHOR_DIR")):
        _say(f"{asked.service}: no anchors named: a tail cut off would not show")
        return []
    file = anchor_file(Path(_setting(asked, "ANCHOR_DIR")), asked.service)
    if not file.exists():
        _say(f"{asked.service}: no anchors in {file.name}: a tail cut off would not show")
        return []
    ring = KeyRing.from_directory(Path(_setting(asked, "KEY_RING")))
    return read_anchors(file, Keys.of(ring).public_keys())


def _name(asked: argparse.Namespace, name: str) -> str:
    return f"{str(asked.service).upper()}_{name}"


def _setting(asked: argparse.Namespace, name: str) -> str:
    given = getattr(asked, name.lower(), None) or os.environ.get(_name(asked, name))
    if not given:
        raise LookupError(f"set {_name(asked, name)} or give --{name.lower().replace('_', '-')}")
    return str(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m common.audit", description="The audit chain.")
    parser.add_argument("command", choices=list(_COMMANDS))
    parser.add_argument("service", help="registry, matching, procurement or feedback")
    parser.add_argument("--audit-database-url")
    parser.add_argument("--anchor-dir")
    parser.add_argument("--key-ring")
    parser.add_argument("--database-url")
    parser.add_argument("--backup", help="directory of the backup's anchors")
    parser.add_argument("--by", default="console", help="who restores, for the audit log")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


_COMMANDS: Final = {"verify": _verify, "anchor": _anchor, "restored": _restored}


if __name__ == "__main__":
    sys.exit(main())
