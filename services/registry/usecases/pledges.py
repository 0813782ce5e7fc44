"""Pledges: recorded as leads, verified, pledged, delivered or dropped.

Contacts are sealed before they reach the row, and forgotten when the pledge ends.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import ALL_LINES, Actor
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.pledges import Contact, LeadIn, LeadPatch, PledgeStatus
from common.crypto.fields import FieldCipher, place
from common.edge import must_match
from common.ids import uuid7
from registry import tables
from registry.domain import pledges as rules
from registry.queries import dictionaries
from registry.queries import pledges as queries
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, tell, touch

KIND: Final = "pledge"
PARTY_BUILDING: Final = "party_building"  # 区域化党建 keeps in touch with bodies of an area
CONTACT: Final = ("contact_name", "contact_phone")
_NEEDED: Final = frozenset({"title", "resource_kind", "area_code", "source"})
_FACTS: Final = tuple(LeadIn.model_fields)
_TIMES: Final[Mapping[PledgeStatus, str]] = {
    PledgeStatus.VERIFIED: "verified_at",
    PledgeStatus.PLEDGED: "pledged_at",
    PledgeStatus.DELIVERED: "delivered_at",
    PledgeStatus.DROPPED: "dropped_at",
}
_VERBS: Final[Mapping[PledgeStatus, str]] = {
    PledgeStatus.VERIFIED: "verify",
    PledgeStatus.PLEDGED: "pledge",
    PledgeStatus.DELIVERED: "deliver",
    PledgeStatus.DROPPED: "drop",
}


async def add_lead(
    session: AsyncSession, lead: LeadIn, *, cipher: FieldCipher, by: Actor, now: datetime
) -> tables.Pledge:
    """A new lead: staff in their area, a body for itself."""
    by.must_reach(lead.area_code, lead.organisation_id)
    values = await _checked(session, lead.model_dump() | {"line": _line(lead, by)}, now=now)
    rules.check(values)

    record_id = uuid7()
    row = tables.Pledge(
        id=record_id,
        **(values | _sealed(values, record_id, cipher)),
        status=PledgeStatus.LEAD,
        recorded_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    after = lead.model_dump(mode="json", exclude_none=True, exclude=set(CONTACT))
    tell(session, by, "pledge.record", row, after=after)
    return row


async def edit_lead(
    session: AsyncSession,
    pledge_id: UUID,
    patch: LeadPatch,
    *,
    version: int,
    cipher: FieldCipher,
    by: Actor,
    now: datetime,
) -> tables.Pledge:
    """Change a pledge that has not ended; who works on it stays within reach."""
    row = await _reached(session, pledge_id, version=version, by=by)
    if row.status in rules.ENDED:
        raise rules.PledgeEnded
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    present = {name: getattr(row, name) for name in _FACTS}
    whole = present | asked
    by.must_reach(whole["area_code"], whole["organisation_id"])
    changed = [name for name, value in asked.items() if value != present[name]]
    may_verify = by.may(Permission.PLEDGE_VERIFY)
    rules.must_stay_verified(row.status, changed, may_verify=may_verify)
    values = await _checked(session, asked, now=now)
    rules.check(whole)
    rules.must_stay_complete(row.status, whole)

    sealed = _sealed(values, row.id, cipher)
    told = {k: v for k, v in values.items() if k not in (*CONTACT, "area_id")}
    before, after = change(row, told)
    if not after and not sealed:
        return row
    for name in values.keys() - told.keys():
        setattr(row, name, sealed.get(name, values[name]))
    touch(row, by, now)
    note = {"contact": "changed"} if sealed else {}
    tell(session, by, "pledge.edit", row, before=before, after={**after, **note})
    return row


async def move(
    session: AsyncSession,
    pledge_id: UUID,
    target: PledgeStatus,
    *,
    version: int,
    by: Actor,
    now: datetime,
    said: Mapping[str, str] | None = None,
) -> tables.Pledge:
    """A step of its life; `said` holds what the step tells: `delivery_note` or `drop_reason`."""
    row = await _reached(session, pledge_id, version=version, by=by)
    current = row.status
    if target not in rules.ENDED:
        await must_exist(session, tables.Organisation, {"/organisation_id": row.organisation_id})
    row.status = rules.move(current, target, {name: getattr(row, name) for name in _FACTS})
    setattr(row, _TIMES[target], now)
    for name, value in (said or {}).items():
        setattr(row, name, value)
    if target in rules.ENDED:
        row.contact_name = row.contact_phone = None
    touch(row, by, now)
    after = {"status": target, **(said or {})}
    tell(session, by, f"pledge.{_VERBS[target]}", row, before={"status": current}, after=after)
    return row


async def read_contact(
    session: AsyncSession, pledge_id: UUID, *, reason: str, cipher: FieldCipher, by: Actor
) -> Contact:
    """Whom to call, in clear; the reading and its reason go to the audit log."""
    row = await queries.pledge_for_update(session, pledge_id)
    by.must_cover(row.area_code)
    by.must_see_line(row.line)
    audit.note_read(
        session,
        by,
        action="pledge.read_contact",
        target=(KIND, row.id),
        area=row.area_code,
        reason=reason,
    )
    return Contact(**{name: opened(cipher, name, row) for name in CONTACT})


def _line(lead: LeadIn, by: Actor) -> str:
    """Which line keeps in touch: as said, else the recorder's, else the one for local bodies."""
    own = by.line if by.line != ALL_LINES else None
    return lead.line or own or PARTY_BUILDING


def opened(cipher: FieldCipher, name: str, row: Any) -> str | None:
    """A sealed column of a row in clear."""
    sealed = getattr(row, name)
    return None if sealed is None else cipher.open(sealed, context=place(KIND, name, row.id))


def _sealed(
    values: Mapping[str, Any], record_id: UUID, cipher: FieldCipher
) -> dict[str, str | None]:
    return {
        name: None
        if values[name] is None
        else cipher.seal(values[name], context=place(KIND, name, record_id))
        for name in CONTACT
        if name in values
    }


async def _reached(
    session: AsyncSession, pledge_id: UUID, *, version: int, by: Actor
) -> tables.Pledge:
    row = await queries.pledge_for_update(session, pledge_id)
    by.must_reach(row.area_code, row.organisation_id)
    must_match(row.version, version)
    return row


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    words = {
        "/category": (Dictionary.SERVICE_CATEGORY, values.get("category")),
        "/line": (Dictionary.DEPARTMENT_LINE, values.get("line")),
    }
    await dictionaries.must_know(session, words, on=city_day(now))
    bodies = {"/organisation_id": values.get("organisation_id")}
    await must_exist(session, tables.Organisation, bodies)
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"])
    return values
