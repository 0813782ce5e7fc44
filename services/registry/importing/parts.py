"""An uploaded file in parts of a megabyte; one that tells who people are is sealed part by part."""

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.crypto.fields import FieldCipher, place
from common.tabular.forms import Form
from common.tabular.limits import MIB
from registry.queries import imports as queries

_PART: Final = MIB


async def keep(
    session: AsyncSession, job_id: UUID, file: BinaryIO, form: Form, cipher: FieldCipher
) -> None:
    """Keep a file from its beginning."""
    await asyncio.to_thread(file.seek, 0)
    number = 0
    while part := await asyncio.to_thread(file.read, _PART):
        place_ = _place(job_id, number)
        kept = cipher.seal_bytes(part, context=place_) if form.is_private else part
        await queries.add_part(session, job_id, number, kept)
        number += 1


async def content(
    session: AsyncSession, job_id: UUID, form: Form, cipher: FieldCipher
) -> AsyncIterator[bytes]:
    """The file as it was, part by part."""
    number = 0
    async for part in queries.parts(session, job_id):
        place_ = _place(job_id, number)
        yield cipher.open_bytes(part, context=place_) if form.is_private else part
        number += 1


def _place(job_id: UUID, number: int) -> str:
    return place("import_part", "content", f"{job_id}/{number}")
