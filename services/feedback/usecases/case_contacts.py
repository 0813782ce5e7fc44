"""How to reach who raised a case: sealed, shown masked, unmasked with a reason, erased in time."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.codes.phone import check_phone, clean_phone
from common.contracts.feedback_cases import CaseContact, PlainCaseContact
from common.crypto import masking
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.drafts import drafted
from common.errors import NotFound, Text
from feedback import tables
from feedback.queries import cases as queries
from feedback.queries.ground import ground
from feedback.usecases.clockwork import CLOCKWORK

INDEX: Final = "case_contact.phone"
CITY: Final = "310000000000"
_WHAT: Final = Text("联系方式（匿名或已清除）", "contact (anonymous, or erased)")
_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "name": masking.name,
    "phone": masking.phone,
    "address": masking.address,
}


def sealed(case_id: UUID, contact: CaseContact | None, keys: Keys) -> tables.CaseContact | None:
    """The row of a contact; None for who stays anonymous."""
    if contact is None or not any((contact.name, contact.phone, contact.address)):
        return None
    phone = None if contact.phone is None else check_phone(clean_phone(contact.phone)).number
    told = {"name": contact.name, "phone": phone, "address": contact.address}
    cells = {
        cell: value and keys.fields.seal(value, context=place("case_contact", cell, case_id))
        for cell, value in told.items()
    }
    index = None if phone is None else keys.index.of(INDEX, phone)
    return drafted(tables.CaseContact, case_id=case_id, **cells, phone_index=index)


async def masked(
    session: AsyncSession, case_id: UUID, *, keys: Keys, by: Actor
) -> PlainCaseContact:
    """The contact behind stars; that it was read is written down."""
    opened = await _opened(session, case_id, keys=keys, by=by, action="case.contact")
    return PlainCaseContact(
        **{cell: value and _MASKS[cell](value) for cell, value in opened.items()}
    )


async def unmask(
    session: AsyncSession, case_id: UUID, reason: str, *, keys: Keys, by: Actor
) -> PlainCaseContact:
    """The contact in clear; who read it and why is written down."""
    opened = await _opened(session, case_id, keys=keys, by=by, action="case.unmask", reason=reason)
    return PlainCaseContact(**opened)


async def find_by_phone(
    session: AsyncSession, phone: str, *, keys: Keys, by: Actor, limit: int
) -> Sequence[tables.Case]:
    """Cases under a telephone number, of those who may unmask it.

    That each was found, or that none was, is written down without the number.
    """
    indexes = keys.index.candidates(INDEX, check_phone(clean_phone(phone)).number)
    rows = await queries.by_phone(session, by, indexes, limit)
    found: list[tuple[UUID | None, str | None]] = [(row.id, row.area_code) for row in rows]
    for case_id, area in found or [(None, by.area)]:
        target = ("case", case_id)
        audit.note_read(session, by, action="case.find_by_phone", target=target, area=area)
    return rows


async def forget(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Erase contacts of cases that ended long enough ago; how many were erased."""
    days = (await ground(session)).at(CITY, now).rule("contact.keep").number
    before = now - timedelta(days=days)
    rows = await queries.to_forget(session, closed_before=before, limit=limit)
    await queries.forget_contacts(session, [row.id for row in rows])
    for row in rows:
        target = ("case", row.id)
        audit.note(session, CLOCKWORK, action="case.forget", target=target, area=row.area_code)
    return len(rows)


async def _opened(
    session: AsyncSession,
    case_id: UUID,
    *,
    keys: Keys,
    by: Actor,
    action: str,
    reason: str | None = None,
) -> dict[str, str | None]:
    case = await queries.found(session, queries.visible(by), case_id)
    row = await queries.contact(session, case_id)
    if row is None:
        raise NotFound(what=_WHAT, key=case_id)
    audit.note_read(
        session, by, action=action, target=("case", case_id), area=case.area_code, reason=reason
    )
    found: dict[str, str | None] = {}
    for cell in _MASKS:
        value = getattr(row, cell)
        context = place("case_contact", cell, case_id)
        found[cell] = None if value is None else keys.fields.open(value, context=context)
    return found
