"""What may be referred where, and when: all that is refused before a place is asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching_referrals import Agreement
from common.contracts.registry.offerings import CapacityPeriod
from common.errors import Conflict, Text
from common.rules import RulesInForce
from matching.domain import referrals as rules
from matching.domain.districts import Money
from matching.domain.places import OF_THE_DAY
from matching.queries.referring import Facts
from matching.usecases.eligible import must_be_eligible


class OfferingNotOpen(Conflict):
    """The offering is suspended or retired, or nobody provides it."""

    slug = "offering-not-open"
    title = Text("服务未开放", "The offering is not open")
    detail = Text(
        "该服务未发布或没有承接机构，不能转介。",
        "The offering is not published, or has no provider: nothing can be referred to it.",
    )


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted of an offering, for a first referral and for one that goes on."""

    session_on: date
    session: str | None
    places: int
    wait: bool
    agreement: Agreement | None


def check(facts: Facts, aim: Aim, in_force: RulesInForce, *, by: Actor, now: datetime) -> None:
    """Raises what stands in the way of a referral, but for places that are taken."""
    need, supply = facts.need, facts.supply
    if not supply.is_open or supply.provider_id is None:
        raise OfferingNotOpen
    rules.check_day(aim.session_on, city_day(now))
    _check_hours(facts, aim, now)
    rules.check_places(aim.places, supply.capacity)
    must_be_eligible(facts, today=city_day(now))
    if aim.agreement is not None and not by.may(Permission.REFERRAL_TRANSFER):
        raise rules.AgreementNotYours
    areas, money = (need.area_code, supply.area_code), Money.by_rules(in_force)
    if aim.agreement is None and money.needs_agreement(*areas, supply.funding_source):
        raise rules.AgreementNeeded(
            home=need.area_code, there=supply.area_code, funding=supply.funding_source or "-"
        )


def _check_hours(facts: Facts, aim: Aim, now: datetime) -> None:
    """A session that is still to come, a day that is open; of longer periods any day will do."""
    period, days = CapacityPeriod(facts.supply.capacity_period), official_calendar()
    if period is CapacityPeriod.SESSION:
        rules.check_session(aim.session, facts.hours, aim.session_on, days)
        rules.check_ahead(aim.session, aim.session_on, now)
    elif period in OF_THE_DAY:
        rules.check_open(facts.hours, aim.session_on, days)
