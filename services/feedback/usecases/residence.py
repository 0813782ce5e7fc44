"""Verifying where a resident lives, once: a code, a desk, a second person.

The log says which home was verified by whom, never whose; the number is digested and forgotten.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.clock import city_day
from common.codes.resident import check_resident_id
from common.contracts import feedback_residence as contracts
from common.contracts.feedback_residence import HomeProof, ResidenceIn
from common.crypto.keys import Keys
from common.edge import must_match
from common.records import made, touch
from common.rules import RulesInForce
from feedback import tables
from feedback.domain import electorate
from feedback.domain import residence as rules
from feedback.domain.residence import Home
from feedback.queries import residence as queries
from feedback.queries.ground import ground
from feedback.usecases.case_contacts import CITY
from feedback.usecases.clockwork import CLOCKWORK

KIND: Final = "residence"
_CODE: Final = "residence_code.code"
_PERSON: Final = "residence.person"
_REPLACED: Final = "重新核验 / verified anew"


async def home_of(session: AsyncSession, by: Actor, in_force: RulesInForce, now: datetime) -> Home:
    """Where the caller lives, by a proof that is accepted here. Raises `HomeNotVerified`."""
    accepted = in_force.rule("vote.residence")
    if accepted.admits(HomeProof.TOKEN) and electorate.is_home(by.area):
        return Home(str(by.area))
    found = None
    if accepted.admits(HomeProof.DESK) and Role.RESIDENT in by.roles:
        found = await queries.home(session, by.alias(Purpose.RESIDENCE), city_day(now))
    if found is None:
        raise electorate.HomeNotVerified
    return found


async def ask(
    session: AsyncSession, *, keys: Keys, by: Actor, now: datetime
) -> contracts.ResidenceCode:
    """A new code for the desk; an earlier one is void."""
    days = (await ground(session)).at(CITY, now).rule("residence.code").number
    code, expires_at = electorate.new_card(), now + timedelta(days=days)
    name = by.alias(Purpose.RESIDENCE)
    await queries.keep_code(session, name, keys.index.of(_CODE, code), expires_at=expires_at)
    return contracts.ResidenceCode(code=code, expires_at=expires_at)


async def verify(
    session: AsyncSession, said: ResidenceIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.Residence:
    """Write down what was seen at the desk; it waits for a second person."""
    by.must_cover(said.area_code)
    rules.check_area(said.area_code)
    number = check_resident_id(said.identity_number.upper()).number
    resident = await queries.used(session, keys.index.candidates(_CODE, said.code), now=now)
    if resident is None:
        raise rules.UnknownResidenceCode
    digests = [each.hex() for each in keys.index.candidates(_PERSON, number)]
    person = await queries.known_person(session, digests) or digests[0]
    ended = await queries.end_waiting(session, resident, reason=_REPLACED, by=by, now=now)
    _note_ended(session, by, ended)
    row = tables.Residence(
        resident=resident,
        person=person,
        area_code=said.area_code,
        basis=said.basis,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _note(session, by, "verify", row)
    return row


async def confirm(
    session: AsyncSession, residence_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Residence:
    """The second person: from now on the home counts, and earlier ones of the person do not."""
    row = await queries.locked(session, residence_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    is_confirmed, is_ended = row.confirmed_at is not None, row.ended_at is not None
    rules.check_confirmation(
        row.created_by, by.subject, is_confirmed=is_confirmed, is_ended=is_ended
    )
    days = (await ground(session)).at(row.area_code, now).rule("residence.validity").number
    ended = await queries.end_standing(
        session, row.resident, row.person, reason=_REPLACED, by=by, now=now
    )
    _note_ended(session, by, ended)
    row.confirmed_by, row.confirmed_at = by.subject, now
    row.expires_on = rules.last_day(city_day(now), days)
    touch(row, by, now)
    await session.flush()
    _note(session, by, "confirm", row)
    return row


async def end(
    session: AsyncSession,
    residence_id: UUID,
    reason: str,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Residence:
    """Somebody has moved away, or it was entered by mistake."""
    row = await queries.locked(session, residence_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if row.ended_at is not None:
        raise rules.ResidenceSettled
    row.ended_at, row.end_reason = now, reason
    touch(row, by, now)
    _note(session, by, "end", row, reason=reason)
    return row


async def forget(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Erase codes and homes that nobody needs any more; how many homes were erased."""
    in_force = (await ground(session)).at(CITY, now)
    keep, wait = (in_force.rule(f"residence.{each}").number for each in ("keep", "waiting"))
    await queries.forget_codes(session, now=now)
    erased = await queries.forget(
        session,
        over_before=now - timedelta(days=keep),
        waiting_before=now - timedelta(days=wait),
        limit=limit,
    )
    for row_id, area in erased:
        audit.note(session, CLOCKWORK, action="residence.forget", target=(KIND, row_id), area=area)
    return len(erased)


async def own(session: AsyncSession, *, by: Actor, now: datetime) -> contracts.OwnHome:
    """Where the resident may take part, and whether something waits at a desk."""
    rows = await queries.of_resident(session, by.alias(Purpose.RESIDENCE))
    accepted, today = (await ground(session)).at(CITY, now).rule("vote.residence"), city_day(now)
    is_waiting = any(row.confirmed_at is None for row in rows)
    if accepted.admits(HomeProof.TOKEN) and electorate.is_home(by.area):
        area, proof, until = by.area, HomeProof.TOKEN, None
        return contracts.OwnHome(
            area_code=area, proof=proof, expires_on=until, is_waiting=is_waiting
        )
    standing = [row for row in rows if row.expires_on is not None and row.expires_on >= today]
    row = standing[0] if standing and accepted.admits(HomeProof.DESK) else None
    return contracts.OwnHome(
        area_code=row.area_code if row else None,
        proof=HomeProof.DESK if row else None,
        expires_on=row.expires_on if row else None,
        is_waiting=is_waiting,
    )


def shown(row: tables.Residence) -> contracts.Residence:
    """A home as the desk sees it."""
    names = set(contracts.Residence.model_fields) - {"verified_by", "verified_at"}
    return contracts.Residence(
        **{name: getattr(row, name) for name in names},
        verified_by=row.created_by,
        verified_at=row.created_at,
    )


def _note(
    session: AsyncSession, by: Actor, verb: str, row: tables.Residence, reason: str | None = None
) -> None:
    audit.note(
        session,
        by,
        action=f"residence.{verb}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"basis": row.basis},
        reason=reason,
    )


def _note_ended(session: AsyncSession, by: Actor, ended: Sequence[tuple[UUID, str]]) -> None:
    """Note the end of each home that a new one replaces, in whose area it is."""
    changes = [audit.Change(row_id, area, None, {}, _REPLACED) for row_id, area in ended]
    audit.note_many(session, by, action="residence.end", kind=KIND, changes=changes)
