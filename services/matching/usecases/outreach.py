"""Outreach: the entitled who do not know are told once; a need is raised only when they say so."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.clock import city_day
from common.contracts.matching import RaisedBy
from common.contracts.matching_needs import NeedIn, Profile, StandingStatus
from common.contracts.matching_outreach import OfferAnswer, Outreach
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, Text
from common.geo import System
from common.ids import uuid7
from common.records import made, touch
from matching import tables
from matching.domain.standing import status
from matching.domain.urgency import NeedFacts, entitlement
from matching.queries import outreach as queries
from matching.queries.needs import claim
from matching.usecases.needs import record_need
from matching.usecases.tiers import CITY, in_force

KIND: Final = "outreach_offer"


class OfferAnswered(Conflict):
    """The offer was answered before."""

    slug = "offer-answered"
    title = Text("已答复", "Answered already")
    detail = Text("该告知已答复为 {answer}。", "This offer was answered before: {answer}.")


async def search(session: AsyncSession, category: str, *, by: Actor, now: datetime) -> Outreach:
    """Offer a category to all who consented to be told, are entitled and do not use it."""
    known = await queries.known(session, by, category, city_day(now))
    consenting = await queries.consenting(session, [row.resident for row in known])
    offered = 0
    for row in known:
        rules = await in_force(session, row.area_code, now)
        rule = entitlement(NeedFacts(category=category, verified=row.kinds), rules)
        if rule is None or row.resident not in consenting:
            continue
        values = {
            "id": uuid7(),
            "resident": row.resident,
            "via_need_id": row.need_id,
            "category": category,
            "rule": rule,
            "area_code": row.area_code,
            "line": row.line,
            "answer": OfferAnswer.PENDING.value,
            "offered_at": now,
            **made(by, now),
        }
        offer_id = await queries.offer(session, values)
        if offer_id is None:
            continue
        offered += 1
        audit.note(
            session,
            by,
            action="outreach.offer",
            target=(KIND, offer_id),
            area=row.area_code,
            after={"category": category, "rule": rule},
        )
    audit.note(
        session,
        by,
        action="outreach.search",
        target=(KIND, None),
        area=by.area,
        after={"category": category, "offered": offered},
    )
    return Outreach(category=category, offered=offered)


async def answer(
    session: AsyncSession,
    offer_id: UUID,
    *,
    accept: bool,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.OutreachOffer:
    """The resident's own answer. Accepting raises the need, in the resident's name.

    What was verified of the resident, no relative, is carried over: it is why it was offered.
    """
    row = await queries.own_offer(session, by, offer_id)
    must_match(row.version, version)
    if row.answer != OfferAnswer.PENDING:
        raise OfferAnswered(answer=row.answer)
    if accept:
        profile = await queries.profile(session, row.via_need_id)
        wish = NeedIn(
            category=row.category,
            area_code=row.area_code,
            raised_by=RaisedBy.SELF,
            profile=Profile(
                age_band=profile.age_band if profile else None,
                groups=list(profile.groups) if profile else [],
                household_area=profile.household_area if profile else None,
                accessibility=list((profile.accessibility or []) if profile else []),
            ),
        )
        known = await _verified(session, row.resident, city_day(now))
        need = await record_need(
            session, wish, keys=keys, system=System.WGS84, by=by, now=now, known=known
        )
        need.raised_by = RaisedBy.OUTREACH
        row.need_id = need.id
    row.answer, row.answered_at = OfferAnswer.ACCEPTED if accept else OfferAnswer.DECLINED, now
    touch(row, by, now)
    audit.note(
        session,
        by,
        action=f"outreach.{row.answer}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"answer": row.answer},
    )
    return row


async def _verified(session: AsyncSession, resident: str, today: date) -> Sequence[tables.Standing]:
    """What stands of a resident: what was found last, unless that was a no, or is over."""
    found = await queries.found_last(session, resident)
    return [each for each in found if status(claim(each), today) is StandingStatus.VERIFIED]


async def give_consent(
    session: AsyncSession, *, wanted: bool, by: Actor, now: datetime
) -> tables.OutreachConsent | None:
    """A resident says whether to be told; saying it twice changes nothing.

    With consent goes what was offered and not answered yet: staff see it no more.
    """
    resident = by.alias(Purpose.CASES)
    is_first = wanted and await queries.consent_first(session, resident, now)
    row = await queries.consent_locked(session, resident)
    if row is None:
        return None
    if not is_first and wanted == (row.withdrawn_at is None):
        return row
    if wanted:
        row.given_at, row.withdrawn_at = now, None
    else:
        row.withdrawn_at = now
    verb = "give" if wanted else "withdraw"
    after = {} if wanted else {"taken_back": await queries.drop_unanswered(session, resident)}
    audit.note(session, by, action=f"consent.{verb}", target=("consent", None), after=after)
    return row


async def forget(session: AsyncSession, *, by: Actor, now: datetime, limit: int) -> int:
    """Erase offers on which nothing happened for long enough; how many they were."""
    kept = (await in_force(session, CITY, now)).rule("outreach.keep").number
    before = now - timedelta(days=kept)
    rows = await queries.forget(session, before=before, limit=limit)
    for row in rows:
        audit.note(session, by, action="outreach.forget", target=(KIND, row.id), area=row.area_code)
    return len(rows)
