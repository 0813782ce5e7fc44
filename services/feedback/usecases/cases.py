"""Raising cases, from whatever channel: checked, routed, clocked, told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import STAFF, Role
from common.clock import city_day
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import (
    Boundary,
    CaseChannel,
    CaseContact,
    CaseIn,
    ClockReason,
)
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.drafts import drafted
from common.ending import in_one_statement, insert_at_end
from common.errors import Forbidden, Text
from common.geo import System
from common.ids import uuid7
from common.records import made
from common.rules import RulesInForce
from feedback import tables
from feedback.domain import boundaries, clocks, duplicates
from feedback.domain import cases as rules
from feedback.domain import routing as routing_rules
from feedback.domain.clocks import Clock
from feedback.domain.numbers import Numbered, number
from feedback.domain.routing import RoutedBy
from feedback.queries import deliveries, intake
from feedback.queries import routing as routing_queries
from feedback.queries.ground import Ground
from feedback.usecases import case_contacts, case_steps, routing
from feedback.usecases.case_steps import Step

# Who writes cases down for others, and by which channel.
_RECORDERS: Final = {
    CaseChannel.COUNTER: STAFF,
    CaseChannel.DESK_DAY: STAFF | {Role.DEPUTY},
}

_AS_RAISED: Final = (
    *("kind", "category", "area_code", "channel", "offering_id", "hotline_number"),
)


class NotYourChannel(Forbidden):
    """The channel says who writes a case down; the caller is somebody else."""

    slug = "not-your-channel"
    title = Text("渠道与身份不符", "Not your channel")
    detail = Text(
        "渠道 {channel} 由工作人员（接待日含代表委员）代录。",
        "Cases of channel {channel} are written down by staff, on desk days by deputies too.",
    )


class Opened(NamedTuple):
    """A case that is written at the end of the transaction, and what its body is called."""

    row: tables.Case
    body: str | None


@dataclass(frozen=True, slots=True)
class Raised:
    """What is raised, from whatever channel it comes."""

    kind: CaseKind
    category: str
    words: str
    area_code: str
    channel: CaseChannel
    lon: float | None = None
    lat: float | None = None
    system: System = System.WGS84
    offering_id: UUID | None = None
    venue_id: UUID | None = None
    contact: CaseContact | None = None
    received_at: datetime | None = None
    hotline_number: str | None = None
    hotline_due_at: datetime | None = None
    may_wait: bool = False  # an address that nobody could place: a desk of district or city does


async def raise_case(
    session: AsyncSession, wish: CaseIn, *, keys: Keys, system: System, by: Actor, now: datetime
) -> Opened:
    """A case from the app or written down by staff. Anonymous is as good as named."""
    in_one_statement(session)
    recorders = _RECORDERS.get(wish.channel)
    if recorders is not None:
        if by.roles.isdisjoint(recorders):
            raise NotYourChannel(channel=wish.channel)
        by.must_cover(wish.area_code)
    raised = Raised(
        **{name: getattr(wish, name) for name in type(wish).model_fields}, system=system
    )
    return await open_case(session, raised, keys=keys, by=by, now=now)


async def open_case(
    session: AsyncSession, raised: Raised, *, keys: Keys, by: Actor, now: datetime
) -> Opened:
    """Route a case, set its clocks, look for what is handed over, and keep it."""
    is_placed = rules.is_placed(raised.area_code)
    (rules.check_unplaced if raised.may_wait else rules.check_place)(raised.area_code)
    received_at, case_id = raised.received_at or now, uuid7()
    standing = await intake.standing(session, raised.category, raised.area_code, raised.venue_id)
    stands, named = standing.ground, {name: getattr(raised, name) for name in standing.unknown}
    rules.check_known({name: named[name] for name in named if is_placed or name != "area_code"})
    in_force = stands.at(raised.area_code, received_at)
    line = routing.default_line(in_force)
    way = routing_rules.route(standing.answerers, line, city_day(received_at))
    boundary = boundaries.recognised(raised.words, in_force)
    if boundary is not None or not is_placed:
        way = routing_rules.to_desk(way)
    clock = _clock(raised, received_at, stands, in_force)
    contact_by = clocks.first_contact(received_at, in_force, stands.calendar)
    row = drafted(
        tables.Case,
        id=case_id,
        number=number(Numbered.CASE, city_day(received_at), case_id),
        resident=by.alias(Purpose.CASES) if Role.RESIDENT in by.roles else None,
        **{name: getattr(raised, name) for name in _AS_RAISED},
        status=CaseStatus.RECEIVED,
        words=sealed_words(keys, case_id, raised.words),
        **_placed(raised),
        **await _about(session, raised, by),
        **routing.columns(way),
        **_recognised(boundary),
        received_at=received_at,
        routed_at=now,
        contact_due_at=contact_by.due_at,
        is_contact_provisional=contact_by.is_provisional,
        clock=1,
        **case_steps.columns(clock),
        escalates_at=clocks.escalates(clock.due_at, 0, in_force, stands.calendar),
        **made(by, now),
    )
    insert_at_end(session, row, **standing.still("routed_by", row.routed_by))
    if contact := case_contacts.sealed(case_id, raised.contact, keys):
        insert_at_end(session, contact)
    step = Step("raise", by, now, keys, facts=_facts(row))
    reason = ClockReason.RECEIVED if raised.hotline_due_at is None else ClockReason.HOTLINE
    insert_at_end(session, drafted(tables.CaseClock, **case_steps.set_by(row, clock, reason, step)))
    insert_at_end(session, drafted(tables.CaseStep, **case_steps.kept(row, step)))
    case_steps.announce(session, row, step)
    return Opened(row, way.body)


def sealed_words(keys: Keys, case_id: UUID, words: str) -> str:
    """What a person wrote, encrypted for this case alone."""
    return keys.fields.seal(words, context=place("case", "words", case_id))


def opened_words(keys: Keys, row: tables.Case) -> str:
    """What a person wrote, in clear."""
    return keys.fields.open(row.words, context=place("case", "words", row.id))


def _clock(raised: Raised, received_at: datetime, stands: Ground, in_force: RulesInForce) -> Clock:
    """The hotline's deadline where it has set one, else the rules'."""
    if raised.hotline_due_at is not None:
        return Clock(city_day(received_at), None, raised.hotline_due_at, False, RoutedBy.HOTLINE)
    return clocks.received(raised.kind, received_at, in_force, stands.calendar)


async def _about(session: AsyncSession, raised: Raised, by: Actor) -> dict[str, UUID | None]:
    """Who provides what a case is about, where, and under which contract it was served last."""
    found: dict[str, UUID | None] = dict.fromkeys(("provider_id", "contract_id"))
    found["venue_id"] = raised.venue_id
    if raised.offering_id is None:
        return found
    offering = await routing_queries.offering(session, raised.offering_id)
    if offering is None:
        raise rules.wrong(
            "/offering_id", str(raised.offering_id), "没有已发布的此项服务", "no such offering"
        )
    provider, venue = offering["provider_id"], offering["venue"]
    found["provider_id"] = UUID(provider) if provider else None
    if Role.RESIDENT in by.roles:
        rater = by.alias(Purpose.RATINGS)
        found["contract_id"] = await deliveries.contract_of(session, rater, raised.offering_id)
    if found["venue_id"] is None and venue:
        found["venue_id"] = UUID(venue["id"])
    return found


def _placed(raised: Raised) -> dict[str, object]:
    """The point in WGS-84 and its cell, or neither."""
    there = rules.point(raised.lon, raised.lat, raised.system)
    if there is None:
        return {}
    return {"lon": there.lon, "lat": there.lat, "cell": duplicates.cell(there)}


def _recognised(found: Boundary | None) -> dict[str, object]:
    """What the words make suspect that is not processed here."""
    if found is None:
        return {}
    return {
        "boundary": found.channel,
        "boundary_word": found.word,
        "boundary_rule": found.rule,
    }


def _facts(row: tables.Case) -> dict[str, str]:
    names = ("number", "kind", "category", "channel", "line", "routed_by", "deadline_rule")
    facts = {name: str(getattr(row, name)) for name in names}
    if row.responsible_body_id is not None:
        facts["body"] = str(row.responsible_body_id)
    return facts
