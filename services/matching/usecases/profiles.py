"""For whom a need is, and how to reach them: sealed, shown masked, unmasked with a reason."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.codes.phone import check_phone, clean_phone
from common.contracts.matching_needs import (
    Contact,
    MaskedContact,
    NeedProfile,
    PlainContact,
    Profile,
    ProfilePut,
    Standing,
    StandingClaim,
    StandingKind,
)
from common.crypto import masking
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Gone, Text
from matching import tables
from matching.domain.standing import status
from matching.queries import needs as queries
from matching.usecases import words
from matching.usecases.judging import judge_anew
from matching.usecases.tiers import CITY, in_force

INDEX: Final = "profile.phone"
_CELLS: Final = ("name", "phone", "address")
_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "name": masking.name,
    "phone": masking.phone,
    "address": masking.address,
}


class ProfileErased(Gone):
    """The need has ended, and what was known of the person is gone."""

    slug = "profile-erased"
    title = Text("居民画像已清除", "The profile is erased")
    detail = Text(
        "需求结束后已按期清除居民画像与联系方式。",
        "The need has ended; profile and contact were erased in due time.",
    )


def new(need_id: UUID, profile: Profile, contact: Contact | None, keys: Keys) -> tables.Profile:
    """The row of a new profile."""
    row = tables.Profile(need_id=need_id)
    _fill(row, profile)
    _reach(row, contact or Contact(), keys)
    return row


def claimed(need_id: UUID, claim: StandingClaim, now: datetime) -> tables.Standing:
    """The row of a standing that somebody claims."""
    return tables.Standing(
        need_id=need_id, kind=claim.kind, grade=claim.grade, declared_at=now, is_refused=False
    )


def carried(need_id: UUID, known: tables.Standing) -> tables.Standing:
    """The row of a standing that was verified for another need of the same person."""
    found = {column.key: getattr(known, column.key) for column in tables.Standing.__table__.c}
    here = {"need_id": need_id, "waiting_grade": None, "waiting_since": None}
    return tables.Standing(**{**found, **here})


async def put_profile(
    session: AsyncSession,
    need_id: UUID,
    wish: ProfilePut,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Need:
    """Write the profile anew; the tier follows what is known."""
    need = await queries.kept(session, by, need_id, lock=True)
    must_match(need.version, version)
    row = await kept(session, need_id)
    named = words.groups(wish.profile.groups)
    new = {pointer: word for pointer, word in named.items() if word.code not in row.groups}
    await words.must_know(session, new, now=now)
    _fill(row, wish.profile)
    if wish.contact is not None:
        _reach(row, wish.contact, keys)
    await judge_anew(session, need, by=by, now=now)
    audit.note(
        session,
        by,
        action="profile.write",
        target=("need", need_id),
        area=need.area_code,
        after={"fields": sorted(wish.model_fields_set), "urgency": need.urgency},
    )
    return need


async def read_profile(
    session: AsyncSession, need_id: UUID, *, keys: Keys, by: Actor, now: datetime
) -> tuple[NeedProfile, int]:
    """The profile with its contact behind stars; that it was read is written down."""
    need = await queries.kept(session, by, need_id)
    row = await kept(session, need_id)
    claims = await queries.standing(session, need_id)
    audit.note_read(
        session, by, action="profile.read", target=("need", need_id), area=need.area_code
    )
    shown = NeedProfile(
        need_id=need_id,
        age_band=row.age_band,
        groups=row.groups,
        household_area=row.household_area,
        accessibility=row.accessibility or [],
        contact=MaskedContact(**_masked(row, keys)),
        standing=shown_standing(claims, now),
        version=need.version,
    )
    return shown, need.version


async def unmask(
    session: AsyncSession, need_id: UUID, reason: str, *, keys: Keys, by: Actor
) -> PlainContact:
    """The contact in clear; who read it and why is written down."""
    need = await queries.kept(session, by, need_id)
    row = await kept(session, need_id)
    audit.note_read(
        session,
        by,
        action="profile.unmask",
        target=("need", need_id),
        area=need.area_code,
        reason=reason,
    )
    return PlainContact(**_opened(row, keys))


async def find_by_phone(
    session: AsyncSession, phone: str, *, keys: Keys, by: Actor, limit: int
) -> Sequence[tables.Need]:
    """Needs under a telephone number.

    That each was found, or that none was, is written down without the number.
    """
    indexes = keys.index.candidates(INDEX, check_phone(clean_phone(phone)).number)
    rows = await queries.by_phone(session, by, indexes, limit)
    found: list[tuple[UUID | None, str | None]] = [(row.id, row.area_code) for row in rows]
    for need_id, area in found or [(None, by.area)]:
        target = ("need", need_id)
        audit.note_read(session, by, action="need.find_by_phone", target=target, area=area)
    return rows


async def erase(session: AsyncSession, *, by: Actor, now: datetime, limit: int) -> int:
    """Erase for whom needs were that ended long enough ago; how many were erased."""
    rules = await in_force(session, CITY, now)
    before = now - timedelta(days=rules.rule("profile.keep").number)
    rows = await queries.to_forget(session, ended_before=before, limit=limit)
    for row in rows:
        row.words = row.lon = row.lat = None
        audit.note(session, by, action="profile.erase", target=("need", row.id), area=row.area_code)
    await queries.forget(session, [row.id for row in rows])
    return len(rows)


async def kept(session: AsyncSession, need_id: UUID) -> tables.Profile:
    """The profile of a need. Raises `ProfileErased`."""
    row = await queries.profile(session, need_id)
    if row is None:
        raise ProfileErased
    return row


def shown_standing(claims: Sequence[tables.Standing], now: datetime) -> list[Standing]:
    """Standings with what each is worth today."""
    today = city_day(now)
    return [
        Standing(
            kind=StandingKind(row.kind),
            grade=row.grade,
            status=status(queries.claim(row), today),
            source=row.source,
            determined_on=row.determined_on,
            expires_on=row.expires_on,
            verified_by=row.verified_by,
            verified_at=row.verified_at,
            waiting_grade=row.waiting_grade,
            waiting_since=row.waiting_since,
        )
        for row in claims
    ]


def _fill(row: tables.Profile, profile: Profile) -> None:
    row.age_band = profile.age_band
    row.groups = list(dict.fromkeys(profile.groups))
    row.household_area = profile.household_area
    row.accessibility = list(dict.fromkeys(profile.accessibility))


def _reach(row: tables.Profile, contact: Contact, keys: Keys) -> None:
    """Seal a contact into its cells; the number is checked and indexed."""
    phone = None if contact.phone is None else check_phone(clean_phone(contact.phone)).number
    plain = {"name": contact.name, "phone": phone, "address": contact.address}
    for cell, value in plain.items():
        context = place("profile", f"contact_{cell}", row.need_id)
        sealed = None if value is None else keys.fields.seal(value, context=context)
        setattr(row, f"contact_{cell}", sealed)
    row.phone_index = None if phone is None else keys.index.of(INDEX, phone)


def _opened(row: tables.Profile, keys: Keys) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for cell in _CELLS:
        sealed = getattr(row, f"contact_{cell}")
        context = place("profile", f"contact_{cell}", row.need_id)
        found[cell] = None if sealed is None else keys.fields.open(sealed, context=context)
    return found


def _masked(row: tables.Profile, keys: Keys) -> dict[str, str | None]:
    opened = _opened(row, keys)
    return {cell: value and _MASKS[cell](value) for cell, value in opened.items()}
