"""Benefits: checked before they are granted, granted once, ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.codes.resident import check_resident_id
from common.contracts.matching_benefits import BenefitEnd, BenefitIn, BenefitQuery, Overlap
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import FieldError, NotFound, Text
from common.records import made, touch
from common.rules_table import Wanted
from common.rules_table import rules as rule_rows
from common.turns import take_turn
from matching import tables
from matching.domain import benefits as rules
from matching.domain.benefits import Grant
from matching.queries import benefits as queries
from matching.queries import needs as need_queries

INDEX: Final = "benefit.person"
KIND: Final = "benefit"
CITY: Final = "310000000000"
_RULES: Final = 200


async def check(
    session: AsyncSession, asked: BenefitQuery, *, keys: Keys, by: Actor, now: datetime
) -> list[Overlap]:
    """What the person has already that excludes this, from any line or district of the city.

    That it was asked is written down; who the person is, is not.
    """
    rules.check_period(asked.from_on, asked.to_on)
    found = await _overlaps(session, asked, keys=keys, now=now)
    audit.note_read(session, by, action="benefit.check", target=(KIND, None), area=by.area)
    return found


async def grant(
    session: AsyncSession, wish: BenefitIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.Benefit:
    """Write down a benefit; refused when it is one too many, unless a reason is given."""
    by.must_cover(wish.area_code)
    by.must_see_line(wish.line)
    rules.check_period(wish.from_on, wish.to_on)
    await _must_see(session, wish.need_id, by)
    person = keys.index.of(INDEX, check_resident_id(wish.resident_id).number)
    await take_turn(session, "benefit", person.hex())
    found = await _overlaps(session, wish, keys=keys, now=now)
    if found and wish.despite is None:
        raise rules.refusal(found)

    row = tables.Benefit(
        person=person,
        kind=wish.kind,
        source=wish.source,
        area_code=wish.area_code,
        line=wish.line,
        amount_fen=wish.amount_fen,
        from_on=wish.from_on,
        to_on=wish.to_on,
        need_id=wish.need_id,
        is_despite=bool(found),
        granted_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    audit.note(
        session,
        by,
        action="benefit.grant",
        target=(KIND, row.id),
        area=row.area_code,
        after={
            "kind": row.kind,
            "source": row.source,
            "from_on": str(row.from_on),
            "overlaps": [str(each.benefit_id) for each in found],
        },
        reason=wish.despite,
    )
    return row


async def end(
    session: AsyncSession,
    benefit_id: UUID,
    said: BenefitEnd,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Benefit:
    """Let a benefit end earlier than it would; others may follow from the next day on."""
    row = await _standing(session, benefit_id, version, by)
    rules.check_end(said.on, from_on=row.from_on, to_on=row.to_on)
    before, row.to_on = row.to_on, said.on
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="benefit.end",
        target=(KIND, row.id),
        area=row.area_code,
        before={"to_on": str(before)},
        after={"to_on": str(row.to_on)},
        reason=said.reason,
    )
    return row


async def void(
    session: AsyncSession, benefit_id: UUID, reason: str, *, version: int, by: Actor, now: datetime
) -> tables.Benefit:
    """Take back what was recorded by mistake, from its first day on; the row stays, as void."""
    row = await _standing(session, benefit_id, version, by)
    row.voided_at = now
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="benefit.void",
        target=(KIND, row.id),
        area=row.area_code,
        before={"from_on": str(row.from_on), "to_on": str(row.to_on)},
        after={"voided_at": now.isoformat()},
        reason=reason,
    )
    return row


async def _standing(
    session: AsyncSession, benefit_id: UUID, version: int, by: Actor
) -> tables.Benefit:
    """A benefit that is not void, locked."""
    row = await queries.found(session, by, benefit_id, lock=True)
    must_match(row.version, version)
    rules.must_stand(row.voided_at)
    return row


async def _must_see(session: AsyncSession, need_id: UUID | None, by: Actor) -> None:
    """A benefit answers a need that its clerk may see, or none."""
    if need_id is None:
        return
    try:
        await need_queries.found(session, by, need_id)
    except NotFound:
        told = Text(
            "没有此需求，或不在您的区划与条线内；请核对，或留空",
            "no such need in your area and line; correct it or leave it out",
        )
        raise rules.WrongBenefit(errors=[FieldError("/need_id", str(need_id), told)]) from None


async def _overlaps(
    session: AsyncSession, asked: BenefitQuery, *, keys: Keys, now: datetime
) -> list[Overlap]:
    number = check_resident_id(asked.resident_id).number
    held: Sequence[Grant] = await queries.of_person(session, keys.index.candidates(INDEX, number))
    wanted = Grant(None, asked.kind, asked.source, asked.from_on, asked.to_on)
    today = city_day(now)
    rows = await rule_rows(
        session, Wanted(on=today, jurisdiction=CITY, object="benefit"), limit=_RULES
    )
    return list(rules.overlaps(wanted, held, [row.as_value for row in rows]))
