"""`python -m common.audit verify registry`: check the chain. `anchor`: sign its head now.

Addresses come from the service's environment (REGISTRY_AUDIT_DATABASE_URL, REGISTRY_ANCHOR_DIR,
REGISTRY_KEY_RING) or from options. Exit code 0: whole; 1: broken; 2: could not be checked.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from common.audit.anchor import Anchor, AnchorForgedError, anchor_file, read_anchors
from common.audit.chainer import anchor_head
from common.audit.verify import verify
from common.clock import utc_now
from common.crypto.keyring import KeyRing, KeyRingError
from common.crypto.keys import Keys
from common.db import direct_url


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    asked = _parser().parse_args(arguments)
    work = _verify if asked.command == "verify" else _anchor
    try:
        return asyncio.run(work(asked))
    except (KeyRingError, LookupError, OSError, asyncpg.PostgresError) as fault:
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
    parser.add_argument("command", choices=["verify", "anchor"])
    parser.add_argument("service", help="registry, matching, procurement or feedback")
    parser.add_argument("--audit-database-url")
    parser.add_argument("--anchor-dir")
    parser.add_argument("--key-ring")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
