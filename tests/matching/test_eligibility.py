"""Each rule of one need against one offering, with the value that decides."""

from datetime import date, datetime

import pytest

from common.clock import CITY_ZONE
from common.contracts.matching_queries import Fact, MatchNeed
from common.contracts.registry.hours import ExceptionDay, OpeningHours, WeeklyTimes
from common.contracts.registry.offerings import DisabilityRule, PersonFacts, Residence
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import AgeBand, Channel
from common.geo import planar
from common.ids import uuid7
from common.opening import axes, moment
from matching.domain.demand import Need, ages_of
from matching.domain.eligibility import RULES, judge, told
from matching.domain.supply import Offer, Terms, Timetable
from matching.domain.walking import StraightLine

WALK = StraightLine(detour=1.3, speed_kmh=4.5)
HERE = planar(121.47, 31.23)
ON_SITE = frozenset({Channel.ON_SITE})


class NoHolidays:
    """A calendar of plain weeks."""

    def is_holiday(self, day: date) -> bool:  # noqa: ARG002
        return False

    def is_makeup_day(self, day: date) -> bool:  # noqa: ARG002
        return False


def offer(**fields: object) -> Offer:
    given = {"category_path": "eldercare/meal", "channels": ON_SITE, "place": HERE, **fields}
    return Offer(id=uuid7(), **given)  # type: ignore[arg-type]


def need(**fields: object) -> Need:
    return Need(category="meal", **fields)  # type: ignore[arg-type]


def rule_of(need: Need, offer: Offer, name: str) -> bool | None:
    (found,) = [each.met for each in judge(need, offer, WALK).rules if each.rule == name]
    return found


def test_a_need_of_a_wider_category_takes_all_below_it() -> None:
    assert judge(Need(category="eldercare"), offer(), WALK).eligible is True
    assert rule_of(Need(category="bathing"), offer(), "category") is False


@pytest.mark.parametrize(
    ("ages", "expected"),
    [((59, 59), False), ((60, 60), True), ((35, 59), False), ((60, 69), True), (None, None)],
)
def test_the_lowest_age_includes_its_year(ages: tuple[int, int] | None, expected: bool) -> None:
    assert rule_of(need(ages=ages), offer(terms=Terms(age_min=60)), "age_min") is expected


def test_a_band_that_a_bound_divides_leaves_the_rule_open() -> None:
    band = ages_of(None, AgeBand.FROM_60)
    assert rule_of(need(ages=band), offer(terms=Terms(age_min=65)), "age_min") is None
    assert rule_of(need(ages=band), offer(terms=Terms(age_max=65)), "age_max") is None
    assert ages_of(None, AgeBand.FROM_80) == (80, 150)


def test_an_offering_for_everyone_asks_no_group() -> None:
    verdict = judge(need(), offer(terms=Terms(groups=("everyone", "elderly"))), WALK)
    assert [each.rule for each in verdict.rules] == ["category"]


def test_what_is_not_verified_leaves_its_rule_open() -> None:
    poor = need(
        person=PersonFacts(hardship=["minimum_living"]), unverified=frozenset({Fact.HARDSHIP})
    )
    verdict = judge(poor, offer(terms=Terms(hardship=("minimum_living",))), WALK)
    assert verdict.eligible is None
    assert "待核实" in told(verdict.rules[-1]).message


def test_a_verified_hardship_is_sure_whatever_else_is_declared_beside_it() -> None:
    both = PersonFacts(hardship=["minimum_living", "low_income"])
    person = need(person=both, declared=frozenset({"low_income"}))
    asked = [("minimum_living",), ("low_income",), ("low_income", "minimum_living")]
    met = [judge(person, offer(terms=Terms(hardship=each)), WALK).eligible for each in asked]

    assert met == [True, None, True]


def test_what_is_not_verified_and_does_not_fit_is_still_a_no() -> None:
    person = need(person=PersonFacts(hardship=[]), unverified=frozenset({Fact.HARDSHIP}))
    assert judge(person, offer(terms=Terms(hardship=("destitute",))), WALK).eligible is False


@pytest.mark.parametrize(("grade", "expected"), [(None, None), (0, False), (2, True), (3, False)])
def test_severe_disability_is_grade_one_or_two(grade: int | None, expected: bool) -> None:
    asked = need(person=PersonFacts(disability_grade=grade))
    terms = Terms(disability=DisabilityRule.SEVERE)
    assert rule_of(asked, offer(terms=terms), "disability") is expected


@pytest.mark.parametrize(
    ("registered", "living", "residence", "expected"),
    [
        ("310101002", None, Residence.EITHER, True),
        ("310104", "310101002003", Residence.EITHER, True),
        ("310104", "310101002003", Residence.REGISTERED, False),
        ("3101", "310104", Residence.EITHER, None),
        (None, "310104", Residence.LIVING, False),
    ],
)
def test_a_home_counts_by_the_tie_that_the_offering_names(
    registered: str | None, living: str | None, residence: Residence, expected: bool | None
) -> None:
    asked = need(person=PersonFacts(registered_area=registered, living_area=living))
    terms = Terms(areas=("310101",), residence=residence)
    assert rule_of(asked, offer(terms=terms), "household_areas") is expected


def test_bound_money_serves_its_own_district() -> None:
    paid = offer(terms=Terms(funding_area="310101"))
    inside = need(person=PersonFacts(living_area="310101002003"))
    outside = need(person=PersonFacts(registered_area="310104003", living_area="310104003"))
    assert rule_of(inside, paid, "funding_area") is True
    assert rule_of(outside, paid, "funding_area") is False


def at(text: str) -> object:
    return moment(datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE), NoHolidays())


def test_what_happens_only_in_a_venue_needs_the_venue_open_as_well() -> None:
    day = WeeklyTimes(weekdays=[1], opens="08:00", closes="20:00")
    half = WeeklyTimes(weekdays=[1], opens="08:00", closes="12:00")
    closed = ExceptionDay(on=date(2026, 3, 9), hours=[])
    own = axes(OpeningHours(weekly=[day]))
    there = axes(OpeningHours(weekly=[half], exceptions=[closed]))
    both = offer(timetable=Timetable(own, there, is_only_there=True))
    comes = offer(timetable=Timetable(own, there))
    monday, afternoon = at("2026-03-02T09:00"), at("2026-03-02T15:00")
    assert rule_of(need(moments=(monday,)), both, "opening_time") is True
    assert rule_of(need(moments=(afternoon,)), both, "opening_time") is False
    assert rule_of(need(moments=(afternoon, monday)), both, "opening_time") is True
    assert rule_of(need(moments=(at("2026-03-09T09:00"),)), both, "opening_time") is False
    assert rule_of(need(moments=(afternoon,)), comes, "opening_time") is True
    assert rule_of(need(moments=(monday,)), offer(), "opening_time") is None


def test_places_price_and_features_are_compared_with_what_is_asked() -> None:
    lift = frozenset({Accessibility.LIFT})
    asked = need(places=2, price_at_most_fen=500, features=lift)
    verdict = judge(asked, offer(left=1, price_fen=501, features=frozenset()), WALK)
    assert {each.rule: each.met for each in verdict.rules} == {
        "category": True,
        "places_left": False,
        "price": False,
        "accessibility": False,
    }
    assert judge(asked, offer(left=2, price_fen=500, features=lift), WALK).eligible is True
    assert rule_of(asked, offer(price_fen=None), "price") is None


def test_what_comes_to_the_door_is_never_too_far() -> None:
    far = planar(121.60, 31.23)
    asked = need(place=HERE, minutes_at_most=15)
    assert rule_of(asked, offer(place=far), "distance") is False
    assert rule_of(asked, offer(place=None), "distance") is None
    comes = offer(place=far, channels=frozenset({Channel.AT_HOME, Channel.ON_SITE}))
    assert judge(asked, comes, WALK).eligible is True
    only_there = need(place=HERE, minutes_at_most=15, channels=ON_SITE)
    assert rule_of(only_there, comes, "distance") is False


def test_a_venue_that_is_shut_serves_only_those_who_need_not_come() -> None:
    assert rule_of(need(), offer(venue_stands=False), "venue") is False
    online = offer(venue_stands=False, channels=frozenset({Channel.ONLINE}))
    assert rule_of(need(), online, "venue") is True


def test_every_rule_is_told_in_both_languages_with_both_values() -> None:
    asked = Need(category="bathing", channels=frozenset({Channel.ONLINE}), places=3)
    for judged in judge(asked, offer(left=1), WALK).rules:
        assert judged.rule in RULES
        assert judged.met is False
        assert told(judged).wanted in told(judged).message
        assert told(judged, "en").message.endswith(f"it is {told(judged).given}.")


def test_a_callers_words_become_a_need() -> None:
    asked = MatchNeed(category="meal", lon=121.47, lat=31.23, person=PersonFacts(age=70))
    made = Need.asked(asked, NoHolidays())
    assert made.place == HERE
    assert made.ages == (70, 70)
