"""Which benefits exclude each other: kinds by public rules, days inclusive."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import city_day, utc_now
from common.rules.reading import packaged_rules
from matching.domain.benefits import Grant, WrongBenefit, check_period, excluding, meet, overlaps

RULES = list(packaged_rules("matching").at(city_day(utc_now()), "310000000000"))
DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


def grant(from_on: date, to_on: date | None, kind: str = "meal_subsidy") -> Grant:
    return Grant(uuid4(), kind, "special_fund", from_on, to_on, "310101002000", "civil_affairs")


@given(a=DAYS, b=DAYS, c=DAYS, d=DAYS)
def test_periods_meet_exactly_when_some_day_lies_in_both(a, b, c, d):
    (a, b), (c, d) = sorted((a, b)), sorted((c, d))
    one, other = grant(a, b), grant(c, d)

    assert meet(one, other) == meet(other, one) == bool(_days(a, b) & _days(c, d))


@given(a=DAYS, b=DAYS)
def test_what_has_no_end_meets_all_that_comes_later(a, b):
    assert meet(grant(a, None), grant(b, b)) == (b >= a)


def _days(first: date, last: date) -> set[int]:
    return set(range(first.toordinal(), last.toordinal() + 1))


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("haircut_voucher", "haircut_voucher", "benefit.same_kind"),
        ("meal_subsidy", "meal_voucher", "benefit.exclusive.meals"),
        ("meal_subsidy", "nursing_allowance", None),
    ],
)
def test_kinds_exclude_each_other_by_a_rule_with_a_name(one, other, rule):
    found = excluding(one, other, RULES)

    assert (found.code if found else None) == rule
    assert excluding(other, one, RULES) == found


def test_each_benefit_in_the_way_is_told_with_its_rule():
    day = date(2026, 3, 2)
    held = [grant(day, None), grant(date(2025, 1, 1), date(2026, 3, 1)), grant(day, day, "other")]

    found = list(overlaps(Grant(None, "meal_voucher", "donation", day, day), held, RULES))

    assert [(each.benefit_id, each.rule) for each in found] == [
        (held[0].id, "benefit.exclusive.meals")
    ]
    assert found[0].rule_text


def test_a_benefit_does_not_end_before_it_begins():
    check_period(date(2026, 3, 2), date(2026, 3, 2))
    with pytest.raises(WrongBenefit):
        check_period(date(2026, 3, 2), date(2026, 3, 1))
