"""Answers that are tables: attachments in the form that was asked for."""

from typing import BinaryIO

from starlette.responses import StreamingResponse

from common import files
from common.tabular.writing import CONTENT_TYPES

FILES = StreamingResponse


def file_answer(file: BinaryIO, format_: str, name: str) -> StreamingResponse:
    """A table as an attachment. The file is read from its beginning."""
    plain, named = f"table.{format_}", f"{name}.{format_}"
    return files.file_answer(file, CONTENT_TYPES[format_], plain, named)
