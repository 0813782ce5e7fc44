"""Needs of the demo city as rows, worked out as the use cases would have worked them out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from common.clock import city_day
from common.contracts.matching import NeedStatus, ReferralStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.contracts.vocabulary import UrgencyTier
from common.demo import LOADER, NOTE, DemoOffering
from common.rules import Rule
from matching.demo.needs import DemoNeed
from matching.domain import places
from matching.domain.numbers import Numbered, number
from matching.domain.urgency import NeedFacts, line, tier

Row = dict[str, Any]
_NO_WISHES: Final[Row] = {"wished_weekdays": [], "wished_channels": []}


@dataclass(slots=True)
class Rows:
    """Turns needs into rows, and counts the places that their referrals take."""

    rules: Sequence[Rule]
    now: datetime
    taken: Counter[places.Slot] = field(default_factory=Counter)
    _judged: dict[tuple[str, str, tuple[str, ...]], tuple[UrgencyTier, str, str]] = field(
        default_factory=dict
    )

    def need(self, need_id: UUID, need: DemoNeed) -> Row:
        """The need; nobody's account stands behind it."""
        offering = need.offering
        urgency, rule, owner = self._facts(need)
        ended = {NeedStatus.SERVED: "served_at", NeedStatus.WITHDRAWN: "withdrawn_at"}
        times = {
            name: need.ended_at if ended.get(need.status) == name else None
            for name in ended.values()
        }
        is_unmet = need.status is NeedStatus.UNMET
        return {
            "id": need_id,
            "number": number(Numbered.NEED, city_day(need.opened_at), need_id),
            "area_code": offering.area_code,
            "line": owner,
            "category": offering.category,
            "urgency": int(urgency),
            "urgency_rule": rule,
            "is_statutory": False,
            "raised_by": need.raised_by.value,
            "status": need.status.value,
            "unmet_reason": need.unmet_reason and need.unmet_reason.value,
            "unmet_at": need.ended_at if is_unmet else None,
            "lon": need.lon,
            "lat": need.lat,
            **_NO_WISHES,
            "opened_at": need.opened_at,
            "referred_at": need.ended_at if need.status is NeedStatus.SERVED else None,
            **times,
            **self._made(),
        }

    def profile(self, need_id: UUID, need: DemoNeed) -> Row:
        """For whom it is: a band and groups, no person."""
        groups = list(need.offering.groups)
        return {"need_id": need_id, "age_band": need.age_band.value, "groups": groups}

    def referral(self, referral_id: UUID, need_id: UUID, need: DemoNeed) -> Row:
        """The referral of a served need, on the place that was taken for it."""
        offering, at = need.offering, need.ended_at
        day, key = city_day(at or self.now), self._slot(need)
        return {
            "id": referral_id,
            "number": number(Numbered.REFERRAL, day, referral_id),
            "need_id": need_id,
            "urgency": int(self._facts(need)[0]),
            "offering_id": offering.id,
            "provider_id": offering.provider_id,
            "venue_id": offering.venue_id,
            "service_item_id": offering.service_item_id,
            "category": offering.category,
            "area_code": offering.area_code,
            "served_in": offering.area_code,
            "status": ReferralStatus.SERVED.value,
            "places": 1,
            "session_on": day,
            "starts_on": key.starts_on,
            "session": places.NO_SESSION,
            "price_fen": offering.price_fen,
            "made_at": need.opened_at,
            "accepted_at": at,
            "served_at": at,
            **self._made(),
        }

    def take_place(self, need: DemoNeed) -> bool:
        """Take a place of the offering for when the need was served; False when none is left."""
        key = self._slot(need)
        if not places.fits(need.offering.capacity, self.taken[key], 1):
            return False
        self.taken[key] += 1
        return True

    def capacities(self, offerings: Mapping[UUID, DemoOffering]) -> Iterator[Row]:
        """The counters of all places taken."""
        for key, taken in self.taken.items():
            offering = offerings[key.offering_id]
            period = CapacityPeriod(offering.period)
            yield {
                "offering_id": key.offering_id,
                "starts_on": key.starts_on,
                "session": key.session,
                "ends_on": places.span(period, key.starts_on).ends_on,
                "period": period.value,
                "places": offering.capacity,
                "taken": taken,
                "waiting": 0,
                "excess": places.excess(offering.capacity, taken),
            }

    def _slot(self, need: DemoNeed) -> places.Slot:
        day = city_day(need.ended_at or self.now)
        return places.slot(need.offering.id, CapacityPeriod(need.offering.period), day, None)

    def _facts(self, need: DemoNeed) -> tuple[UrgencyTier, str, str]:
        """Tier, its rule and the line that answers, by the rules in force."""
        offering = need.offering
        key = (offering.category, need.age_band.value, offering.groups)
        if key not in self._judged:
            facts = NeedFacts(offering.category, need.age_band.value, offering.groups)
            self._judged[key] = (*tier(facts, self.rules), line(offering.category, self.rules))
        return self._judged[key]

    def _made(self) -> Row:
        return _made(self.now)


@cache
def _made(now: datetime) -> Row:
    """Who made it and when: the generator, now."""
    name = f"{LOADER}（{NOTE}）"
    times = {"created_at": now, "updated_at": now}
    return {"version": 1, **times, "created_by": name, "updated_by": name}
