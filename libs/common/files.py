"""Answers that are files: as a rule streamed from a temporary file without a name."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, Final
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

FILES = StreamingResponse
_BLOCK: Final = 1 << 18


def file_answer(file: BinaryIO, media_type: str, plain: str, name: str) -> StreamingResponse:
    """A file as an attachment, from its beginning, closed at the end."""
    size = file.seek(0, 2)
    file.seek(0)
    headers = file_headers(plain, name) | {"Content-Length": str(size)}
    return StreamingResponse(
        _blocks(file), headers=headers, media_type=media_type, background=BackgroundTask(file.close)
    )


def file_headers(plain: str, name: str) -> dict[str, str]:
    """Of an attachment under a plain name and one in Chinese."""
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(file.read, _BLOCK):
        yield block
