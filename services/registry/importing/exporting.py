"""A kind's records under an area, written into a file by the other process; and noted."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.clock import city_day
from common.contracts.registry.imports import FileFormat, TableKind
from common.crypto.fields import FieldCipher
from common.ending import in_a_transaction
from common.tabular import parsing
from registry.domain.forms import FORMS
from registry.importing.running import MODULE
from registry.importing.words import words_for
from registry.queries import exports as queries
from registry.usecases.people import masked


async def export(
    session: AsyncSession,
    file: BinaryIO,
    *,
    kind: TableKind,
    format_: FileFormat,
    area: str | None,
    status: str | None,
    cipher: FieldCipher,
    by: Actor,
    now: datetime,
) -> int:
    """Write the records into `file`, in constant memory; the number written."""
    in_a_transaction(session)  # the records come through a cursor
    if by.area is None:
        raise OutOfArea
    wanted = queries.Wanted(by, area or by.area, status)
    by.must_cover(wanted.area)
    words = await words_for(session, FORMS[kind], on=city_day(now))
    order = {"kind": kind, "format": format_, "words": words}
    count = await parsing.export(MODULE, file, order, _shown(session, kind, wanted, cipher))
    told = {"format": format_, "status": status, "rows": count}
    audit.note(session, by, action="export.run", target=(kind, None), area=wanted.area, after=told)
    return count


async def _shown(
    session: AsyncSession, kind: TableKind, wanted: queries.Wanted, cipher: FieldCipher
) -> AsyncIterator[list[dict[str, Any]]]:
    """The records; people masked, as everywhere."""
    async for rows in queries.batches(session, kind, wanted):
        yield [_masked(row, cipher) for row in rows] if kind is TableKind.PERSON else rows


def _masked(row: dict[str, Any], cipher: FieldCipher) -> dict[str, Any]:
    """Somebody as a row of the form: the id was only needed to open what is masked."""
    return {name: value for name, value in row.items() if name != "id"} | masked(row, cipher)
