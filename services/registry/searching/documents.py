"""Offerings as a list answers them: rendered once, kept packed, made again when they change."""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.geo import System
from registry.queries.offerings import columns, published, shown
from registry.searching.shelf import Shelf

_UNKNOWN: Final = b"null}"  # a document ends with its distance, which each question fills in
_PORTION, _REST_S = 32, 0.02  # rendered at a time, which takes the event loop some 20 ms; pause
_LITTLE, _LONG_S = 2, 0.1  # the same while somebody searches, whom that would keep waiting
_LATELY_S: Final = 0.25
_OPEN: Final = 32_768  # documents that are kept unpacked: some 48 MB
_PACKED: Final = {"level": 1, "wbits": -zlib.MAX_WBITS}


class Documents:
    """Rendered offerings in WGS-84 by id; other systems are rendered for each question."""

    def __init__(self) -> None:
        self._kept: dict[UUID, bytes] = {}
        self._open: dict[UUID, bytes] = {}  # those of them that were asked for lately
        self._pattern = b""
        self._turn = 0
        self._asked_at = -_LATELY_S

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self, ids: Iterable[UUID]) -> None:
        """These have changed; what is being rendered meanwhile is not kept."""
        self._turn += 1
        for each in ids:
            self._kept.pop(each, None)
            self._open.pop(each, None)

    def forget_all(self) -> None:
        """Everything may have changed."""
        self._turn += 1
        self._kept.clear()
        self._open.clear()
        self._pattern = b""

    async def of(
        self, session: AsyncSession, ids: Sequence[UUID], system: System
    ) -> Mapping[UUID, bytes]:
        """The documents of some offerings without their distance; what is gone is left out."""
        self._asked_at = asyncio.get_running_loop().time()
        if system is not System.WGS84:
            return await _rendered(session, ids, system)
        found = self._opened_of(ids)
        if missing := [each for each in ids if each not in found]:
            found |= await self._made(session, missing)
        return found

    def at_hand(self, ids: Sequence[UUID]) -> Mapping[UUID, bytes] | None:
        """The documents of some offerings where each was rendered before; None otherwise."""
        self._asked_at = asyncio.get_running_loop().time()
        found = self._opened_of(ids)
        return found if len(found) == len(ids) else None

    async def fill(
        self,
        sessions: async_sessionmaker[AsyncSession],
        shelf: Shelf,
        *,
        is_busy: Callable[[], bool],
    ) -> None:
        """Render all that is missing, a few at a time and fewer while others work; then stop."""
        clock = asyncio.get_running_loop().time
        start = 0
        while start < len(shelf.ids):
            is_quiet = clock() - self._asked_at >= _LATELY_S and not is_busy()
            part = shelf.ids[start : start + (_PORTION if is_quiet else _LITTLE)]
            start += len(part)
            missing = [each for each in part if each not in self._kept and shelf.has(each)]
            if missing:
                async with sessions() as session:
                    await self._made(session, missing)
            await asyncio.sleep(0 if not missing else _REST_S if is_quiet else _LONG_S)

    async def _made(self, session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
        turn = self._turn
        made = await _rendered(session, ids, System.WGS84)
        if turn == self._turn:
            self._kept |= {each: self._packed(body) for each, body in made.items()}
        return made

    def _packed(self, body: bytes) -> bytes:
        """Most of a document is the names of its fields: packed by the pattern of the first."""
        self._pattern = self._pattern or body
        packer = zlib.compressobj(**_PACKED, zdict=self._pattern)
        return packer.compress(body) + packer.flush()

    def _opened_of(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        return {each: body for each in ids if (body := self._opened(each))}

    def _opened(self, offering_id: UUID) -> bytes | None:
        body, kept = self._open.get(offering_id), self._kept.get(offering_id)
        if body is None and kept is not None:
            body = zlib.decompressobj(_PACKED["wbits"], zdict=self._pattern).decompress(kept)
            if len(self._open) >= _OPEN:
                self._open.clear()
            self._open[offering_id] = body
        return body


async def _rendered(
    session: AsyncSession, ids: Sequence[UUID], system: System
) -> dict[UUID, bytes]:
    rows = (await session.execute(columns().where(published(ids)))).all()
    return {
        row.id: shown(row, system).model_dump_json().encode().removesuffix(_UNKNOWN) for row in rows
    }
