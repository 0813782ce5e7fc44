"""Answers that are files: streamed from a temporary file without a name, closed at the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from common.tabular.writing import CONTENT_TYPES

FILES = StreamingResponse
_BLOCK = 1 << 18


def file_answer(file: BinaryIO, format_: str, name: str) -> StreamingResponse:
    """A table as an attachment. The file is read from its beginning."""
    size = file.seek(0, 2)
    file.seek(0)
    named = f"filename=\"table.{format_}\"; filename*=UTF-8''{quote(f'{name}.{format_}')}"
    headers = {
        "Content-Disposition": f"attachment; {named}",
        "Content-Length": str(size),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(
        _blocks(file),
        headers=headers,
        media_type=CONTENT_TYPES[format_],
        background=BackgroundTask(file.close),
    )


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    while block := await asyncio.to_thread(file.read, _BLOCK):
        yield block
