"""Answers that are files: streamed from a temporary file without a name, closed at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, Final
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

FILES = StreamingResponse
_BLOCK: Final = 1 << 18


def file_answer(file: BinaryIO, media_type: str, plain: str, name: str) -> StreamingResponse:
    """A file as an attachment, from its beginning, under a plain name and one in Chinese."""
    size = file.seek(0, 2)
    file.seek(0)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "Content-Length": str(size),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(
        _blocks(file), headers=headers, media_type=media_type, background=BackgroundTask(file.close)
    )


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(file.read, _BLOCK):
        yield block
