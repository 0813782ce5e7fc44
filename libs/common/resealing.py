"""`python -m common.resealing feedback`: seal personal data anew under the newest data key.

After a key was added and activated (`python -m common.crypto`), what was sealed before still asks
for the old one. This goes through every sealed column of a service, batch by batch, each batch in a
transaction of its own: stopped anywhere, it is begun again and finds what is left. A cell that
somebody writes meanwhile is left as it was written. When nothing is left, the old key may go. The
audit log tells who began, how far it came, and how it ended: a run without an end was killed.

A service names its sealed columns in `<service>/sealed.py`. Kept answers are not among them, for
they expire: keep the old key for these days.
"""

import argparse
import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import audit
from common.auth.actor import CONSOLE, Actor
from common.auth.roles import ActorKind, Role
from common.crypto.fields import CannotOpenError, FieldCipher
from common.crypto.keyring import KeyRing, KeyRingError, KeyUse
from common.db import database
from common.ids import uuid7

BATCH: Final = 500
STRIDE: Final = 100  # batches, after which the audit log is told how far a column is
BATCH_OF_BYTES: Final = 8  # whole files of some MiB, in memory as they were and as they become
_Sessions = async_sessionmaker[AsyncSession]
_Key = tuple[Any, ...]
_Reached = Callable[[str], Awaitable[None]]


class Cell(NamedTuple):
    """A sealed column: its row's key, and the context of its cells where that is another one."""

    table: str
    column: str
    key: Sequence[str] = ("id",)
    label: str = ""  # else table.column
    row: str = ""  # the row in the context, in SQL; else the last column of the key
    is_binary: bool = False
    where: str = ""  # which rows are sealed, in SQL; else all

    @property
    def name(self) -> str:
        """The column, as it is told."""
        return f"{self.table}.{self.column}"


class Files(NamedTuple):
    """Sealed files: the column that names them, and the setting that names their directory."""

    table: str
    column: str
    key: Sequence[str]
    label: str
    setting: str


PLATFORM: Final = (
    Cell("portal_app", "secret", ("app_key",)),
    Cell("portal_app", "previous_secret", ("app_key",), "portal_app.secret"),
    Cell("webhook", "secret"),
    Cell("webhook", "next_secret", label="webhook.secret"),
)


@dataclass(slots=True)
class Tally:
    """What was done: cells sealed anew by column, and those that no key opens, by name."""

    sealed: Counter[str] = field(default_factory=Counter)
    closed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One run of the command, as the audit log is told of it, each time at once."""

    sessions: _Sessions
    actor: Actor
    key: str
    tally: Tally = field(default_factory=Tally)
    id: str = field(default_factory=lambda: str(uuid7()))

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Tell that it begins, and how it ends; where even that fails, the end is missing."""
        await self.tell("begun")
        try:
            yield
        except BaseException:
            with suppress(SQLAlchemyError, OSError):
                await self.tell("broken_off")
            raise
        await self.tell("ended")

    async def reached(self, column: str) -> None:
        """Tell how far it came."""
        await self.tell("reached", column=column)

    async def tell(self, state: str, **where: str) -> None:
        """Write one entry; those of one run have the same request."""
        facts = {"state": state, **where, **self.tally.sealed, "closed": len(self.tally.closed)}
        async with self.sessions.begin() as session:
            session.info["request_id"] = self.id
            target = ("key", self.key)
            audit.note(session, self.actor, action="key.reseal", target=target, after=facts)


async def _unheard(_column: str) -> None:
    """Nobody wants to know how far it is."""


async def reseal(
    sessions: _Sessions,
    ring: KeyRing,
    cells: Sequence[Cell],
    *,
    batch: int = BATCH,
    tally: Tally | None = None,
    reached: _Reached = _unheard,
) -> Tally:
    """Seal anew what is not sealed under the active key."""
    tally, cipher = tally or Tally(), FieldCipher(ring)
    for cell in cells:
        after: _Key | None = None
        size = min(batch, BATCH_OF_BYTES) if cell.is_binary else batch
        for number in count(1):
            async with sessions.begin() as session:
                rows = await _old(session, cell, ring, after, size)
                written = _anew(cell, cipher, rows, tally)
                await _write(session, cell, written)
            tally.sealed[cell.name] += len(written)
            if len(rows) < size:
                break
            if number % STRIDE == 0:
                await reached(cell.name)
            after = rows[-1][: len(cell.key)]
        await reached(cell.name)
    return tally


async def reseal_files(
    sessions: _Sessions,
    ring: KeyRing,
    files: Files,
    directory: Path,
    *,
    batch: int = BATCH,
    tally: Tally | None = None,
    reached: _Reached = _unheard,
) -> Tally:
    """Seal anew the files that are not sealed under the active key, each put in place whole."""
    tally, after = tally or Tally(), None
    while True:
        async with sessions() as session:
            rows = await _named(session, files, after, batch)
        for *_, name, context in rows:
            await asyncio.to_thread(_reseal_file, directory / name, context, ring, tally)
        await reached(files.label)
        if len(rows) < batch:
            return tally
        after = rows[-1][: len(files.key)]


async def _named(
    session: AsyncSession, files: Files, after: _Key | None, limit: int
) -> Sequence[Any]:
    key, values = _keyset(files.key, after)
    row = f"'{files.label}|' || {files.key[-1]}"
    statement = (
        f"SELECT {', '.join(files.key)}, {files.column}, {row} FROM {files.table}"  # noqa: S608 - names of ours
        f" WHERE {files.column} IS NOT NULL{key} LIMIT :limit"
    )
    return (await session.execute(text(statement), values | {"limit": limit})).all()


def _reseal_file(path: Path, context: str, ring: KeyRing, tally: Tally) -> None:
    try:
        sealed = path.read_bytes()
        if sealed.split(b"|", 3)[2] == ring.active[KeyUse.DATA].id.encode():
            return
        cipher = FieldCipher(ring)
        new = cipher.seal_bytes(cipher.open_bytes(sealed, context=context), context=context)
    except (CannotOpenError, IndexError, FileNotFoundError) as fault:
        tally.closed.append(f"{context}: {fault!r}")
        return
    draft = path.with_suffix(
        f".{token_hex(4)}.draft"
    )  # of this run alone: another may be under way
    try:
        with draft.open("xb") as file:
            file.write(new)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    tally.sealed[context.partition("|")[0]] += 1


def _keyset(key: Sequence[str], after: _Key | None) -> tuple[str, dict[str, Any]]:
    """The rows behind one, in order, and the values of the statement."""
    names, given = ", ".join(key), ", ".join(f":k{n}" for n in range(len(key)))
    further = f" AND ({names}) > ({given})" if after else ""
    return f"{further} ORDER BY {names}", {f"k{n}": each for n, each in enumerate(after or ())}


async def _old(
    session: AsyncSession, cell: Cell, ring: KeyRing, after: _Key | None, limit: int
) -> Sequence[Any]:
    """Cells under another key, in the order of their rows' keys: key, cell, context."""
    told = cell.column
    if cell.is_binary:  # the envelope's head is text and shorter than this; what follows is not
        told = f"encode(substring({cell.column} FROM 1 FOR 64), 'escape')"
    key, values = _keyset(cell.key, after)
    row = f"'{cell.label or cell.name}|' || {cell.row or cell.key[-1]}"
    statement = (
        f"SELECT {', '.join(cell.key)}, {cell.column}, {row} FROM {cell.table}"  # noqa: S608 - names of ours
        f" WHERE {cell.column} IS NOT NULL AND split_part({told}, '|', 3) <> :active"
        f"{cell.where and f' AND {cell.where}'}{key} LIMIT :limit"
    )
    values |= {"active": ring.active[KeyUse.DATA].id, "limit": limit}
    return (await session.execute(text(statement), values)).all()


def _anew(
    cell: Cell, cipher: FieldCipher, rows: Sequence[Any], tally: Tally
) -> list[dict[str, Any]]:
    """The cells of some rows under the active key; what does not open is named, and stays."""
    written = []
    for *key, old, context in rows:
        try:
            if cell.is_binary:
                new: Any = cipher.seal_bytes(
                    cipher.open_bytes(old, context=context), context=context
                )
            else:
                new = cipher.seal(cipher.open(old, context=context), context=context)
        except CannotOpenError as fault:
            tally.closed.append(f"{context}: {fault}")
            continue
        written.append({"new": new, "old": old} | {f"k{n}": part for n, part in enumerate(key)})
    return written


async def _write(session: AsyncSession, cell: Cell, written: Sequence[dict[str, Any]]) -> None:
    """Put the new cells in, each in the place of the one that was read and of no newer one."""
    if not written:
        return
    rows = " AND ".join(f"{name} = :k{n}" for n, name in enumerate(cell.key))
    statement = text(
        f"UPDATE {cell.table} SET {cell.column} = :new WHERE {rows} AND {cell.column} = :old"  # noqa: S608 - names of ours
    )
    await session.execute(statement, written)


def cells_of(service: str) -> Sequence[Cell]:
    """All sealed columns of a service's database."""
    own: Sequence[Cell] = import_module(f"{service}.sealed").SEALED
    return (*own, *PLATFORM)


async def _run(service: str, batch: int, by: str) -> Tally:
    ring = KeyRing.from_directory(Path(_setting(service, "KEY_RING")))
    actor = Actor(CONSOLE, by, ActorKind.STAFF, frozenset({Role.SECURITY_ADMIN}))
    async with database(_setting(service, "DATABASE_URL"), pool_size=1) as opened:
        return await all_of(
            service, Run(opened.sessions, actor, ring.active[KeyUse.DATA].id), ring, batch
        )


async def all_of(service: str, run: Run, ring: KeyRing, batch: int = BATCH) -> Tally:
    """Seal anew all that a service has sealed: its columns, and its files where it keeps some."""
    heard: Mapping[str, Any] = {"tally": run.tally, "reached": run.reached}
    async with run.told():
        await reseal(run.sessions, ring, cells_of(service), batch=batch, **heard)
        for files in getattr(import_module(f"{service}.sealed"), "FILES", ()):
            if directory := os.environ.get(f"{service.upper()}_{files.setting}"):
                await reseal_files(run.sessions, ring, files, Path(directory), **heard)
    return run.tally


def _setting(service: str, name: str) -> str:
    value = os.environ.get(f"{service.upper()}_{name}")
    if not value:
        raise LookupError(f"set {service.upper()}_{name}")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 when all is under the active key, 1 when some cells do not open."""
    parser = argparse.ArgumentParser(prog="python -m common.resealing", description=__doc__)
    parser.add_argument("service", choices=["registry", "matching", "procurement", "feedback"])
    parser.add_argument("--batch", type=int, default=BATCH, help="cells in a transaction")
    parser.add_argument("--by", default="console", help="who does it, for the audit log")
    asked = parser.parse_args(arguments)
    try:
        tally = asyncio.run(_run(asked.service, asked.batch, asked.by))
    except (KeyRingError, LookupError) as fault:
        sys.stdout.write(f"refused: {fault}\n")
        return 1
    except (SQLAlchemyError, OSError, KeyboardInterrupt) as fault:
        said = fault if isinstance(fault, OSError) else type(fault).__name__  # may quote a row
        sys.stdout.write(f"中断，可再次运行 / broken off, begin again: {said}\n")
        return 2
    for name, number in tally.sealed.items():
        sys.stdout.write(f"{name}: {number} 已重新加密 / sealed anew\n")
    for each in tally.closed:
        sys.stdout.write(f"不能解密，原样保留 / does not open, left as it is: {each}\n")
    return 1 if tally.closed else 0


if __name__ == "__main__":
    sys.exit(main())
