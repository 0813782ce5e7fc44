"""Rules as dated rows: reading, validity, the most specific place, and what is not set."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.rules import (
    Confidence,
    NoRule,
    Operator,
    Rule,
    RuleNotSet,
    RulesDisagree,
    RulesOverlap,
    RuleTable,
    WrongRule,
    WrongRules,
    packaged_rules,
    read_rules,
    read_rules_csv,
    short_jurisdiction,
)
from common.rules.reading import scalar

DAY = date(2026, 9, 18)
TOML = """
[document]
number = "市府令〔2026〕1号"
title_zh = "测试"
jurisdiction = "310000"
valid_from = 2026-01-01

[[rule]]
code = "t.answer"
parameter = "answer"
object = "case"
operator = "<="
value = 15
unit = "working_day"
article = "3"
confidence = "S"
text_zh = "十五个工作日内办结。"
text_en = "Within 15 working days."

[[rule]]
code = "t.weight"
parameter = "weight"
object = "scheme"
operator = ">"
value = 0.1
article = "4"
confidence = "P"
"""


def rule(**parts) -> Rule:
    return Rule(
        **{
            "code": "t.answer",
            "parameter": "answer",
            "object": "case",
            "operator": Operator.AT_MOST,
            "value": 15,
            "document": "市府令〔2026〕1号",
            "article": "3",
            "jurisdiction": "CN",
            "valid_from": date(2020, 1, 1),
            "confidence": Confidence.SECONDARY,
            **parts,
        }
    )


def test_a_document_is_read_with_what_its_rules_share():
    answer, weight = read_rules(TOML)

    assert (answer.number, answer.unit, answer.jurisdiction) == (15, "working_day", "31")
    assert answer.text.en == "Within 15 working days."
    assert answer.verified_by is None
    assert weight.share == Decimal("0.1")
    assert not weight.inclusive


def test_the_same_rules_are_read_from_csv():
    heading = "code,parameter,object,operator,value,unit,article,confidence,jurisdiction,valid_from"
    rows = read_rules_csv(
        f"\ufeff{heading},document\n"
        "t.answer,answer,case,<=,15,working_day,3,S,310000,2026-01-01,市府令〔2026〕1号\n"
        "t.weight,weight,scheme,>,0.1,,4,P,310000,2026-01-01,市府令〔2026〕1号\n"
    )

    assert rows == read_rules(TOML)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no toml",
        TOML.replace('code = "t.answer"', 'cod = "t.answer"'),
        TOML.replace('operator = "<="', 'operator = "=<"'),
        TOML.replace('confidence = "S"', 'confidence = "sure"'),
        TOML.replace("2026-01-01", "2026-13-01"),
        TOML.replace('"310000"', '"３１"'),
        TOML.replace("value = 15", "value = 15\nvalid_to = 2025-01-01"),
        TOML.replace("value = 15", "value = 15\ninclusive = false"),
    ],
)
def test_a_file_with_one_wrong_rule_is_refused_whole(text):
    with pytest.raises(WrongRules):
        read_rules(text)


@pytest.mark.parametrize("text", ["code,value\na\n", "code,value\na,1,2\n", "code,value\na,1\n"])
def test_a_csv_file_that_does_not_fit_is_refused_with_its_line(text):
    with pytest.raises(WrongRules, match=r"rules\.csv:2"):
        read_rules_csv(text)


def test_both_ends_of_a_validity_belong_to_it():
    ended = rule(valid_to=DAY)

    assert ended.is_valid_on(DAY)
    assert ended.is_valid_on(date(2020, 1, 1))
    assert not ended.is_valid_on(date(2026, 9, 19))
    assert not ended.is_valid_on(date(2019, 12, 31))


def test_the_most_specific_place_wins():
    table = RuleTable(
        [
            rule(value=30),
            rule(value=15, jurisdiction="31"),
            rule(value=5, jurisdiction="310101002"),
        ]
    )

    assert table.at(DAY, "330100000000").rule("t.answer").value == 30
    assert table.at(DAY, "310115000000").rule("t.answer").value == 15
    assert table.at(DAY, "310101002001").rule("t.answer").value == 5
    assert table.at(DAY, "310101").setting("answer", "case").value == 15
    assert table.at(DAY).rule("t.answer").value == 30


def test_the_named_method_wins_over_the_rule_for_all():
    table = RuleTable([rule(value=20), rule(code="t.2", value=10, method="consultation")])

    assert table.at(DAY).setting("answer", "case", method="consultation").value == 10
    assert table.at(DAY).setting("answer", "case", method="inquiry").value == 20
    assert table.at(DAY).setting("answer", "case").value == 20


def test_a_value_that_nobody_confirmed_is_refused_by_name():
    with pytest.raises(RuleNotSet, match=r"t\.answer") as refusal:
        _ = RuleTable([rule(value=None)]).at(DAY).rule("t.answer").number

    assert refusal.value.status == 409
    assert "尚未核定" in refusal.value.sentence().zh


def test_a_rule_that_does_not_hold_there_or_then_is_refused_by_name():
    in_force = RuleTable([rule(jurisdiction="31")]).at(date(2019, 1, 1), "31")

    with pytest.raises(NoRule, match=r"t\.answer"):
        in_force.rule("t.answer")
    with pytest.raises(NoRule, match="answer/case/inquiry"):
        in_force.setting("answer", "case", method="inquiry")


def test_a_law_and_its_order_that_agree_are_one_and_the_later_is_cited():
    table = RuleTable([rule(), rule(code="t.order", valid_from=date(2024, 1, 1))])

    assert table.at(DAY).setting("answer", "case").code == "t.order"
    assert table.at(date(2021, 1, 1)).setting("answer", "case").code == "t.answer"


def test_texts_that_differ_are_never_chosen_between_silently():
    table = RuleTable([rule(), rule(code="t.order", value=10)])

    with pytest.raises(RulesDisagree, match=r"t\.answer、t\.order"):
        table.at(DAY).setting("answer", "case")


@given(st.lists(st.tuples(st.integers(2000, 2030), st.integers(0, 9)), min_size=1, max_size=5))
def test_overlapping_validity_is_always_refused(spans):
    rows = [rule(valid_from=date(a, 1, 1), valid_to=date(a + n, 12, 31)) for a, n in spans]
    years = [year for a, n in spans for year in range(a, a + n + 1)]

    if len(years) == len(set(years)):
        assert len(RuleTable(rows).rules) == len(rows)
    else:
        with pytest.raises(RulesOverlap):
            RuleTable(rows)


def test_the_same_rule_may_hold_in_two_places_at_once():
    assert RuleTable([rule(), rule(jurisdiction="31")]).of_code("t.answer")


@pytest.mark.parametrize(
    ("operator", "value", "measured", "admitted"),
    [
        ("<=", 15, 15, True),
        ("<=", 15, 16, False),
        (">=", Decimal("0.1"), Decimal("0.1"), True),
        (">=", Decimal("0.1"), Decimal("0.0999"), False),
        ("<", 5, 5, False),
        ("<", 5, 4, True),
        (">", 5, 5, False),
        (">", 5, 6, True),
        ("is", True, True, True),
        ("is", "province", "city", False),
        ("in", "direct,rotation", "rotation", True),
        ("in", "direct,rotation", "draw", False),
    ],
)
def test_a_measured_thing_is_held_against_its_rule(operator, value, measured, admitted):
    kind = Operator(operator)
    made = rule(operator=kind, value=value, inclusive=kind not in {Operator.UNDER, Operator.OVER})

    assert made.admits(measured) is admitted


@pytest.mark.parametrize(
    "parts",
    [
        {"code": ""},
        {"valid_to": date(2019, 1, 1)},
        {"inclusive": False},
        {"value": 0.1},
        {"jurisdiction": "310000"},
        {"jurisdiction": "US"},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(parts):
    with pytest.raises(WrongRule):
        rule(**parts)


def test_a_value_is_only_read_as_what_it_is():
    with pytest.raises(WrongRule):
        _ = rule(value="many").share
    with pytest.raises(WrongRule):
        _ = rule(value=Decimal("1.5")).number
    with pytest.raises(WrongRule):
        _ = rule(value=True, operator=Operator.IS).number
    assert rule(value="a, b", operator=Operator.IN).words == ("a", "b")


def test_a_share_written_as_a_ratio_is_exact():
    experts = rule(value="2/3", operator=Operator.AT_LEAST)

    assert experts.ratio == Fraction(2, 3)
    assert experts.admits(Fraction(2, 3))
    assert not experts.admits(Decimal("0.6666"))
    with pytest.raises(WrongRule):
        _ = rule(value="2/0").ratio


def test_an_answer_carries_the_rule_it_rests_on():
    applied = rule(verified_by="市财政局 王某").applied

    assert (applied.code, applied.value, applied.article) == ("t.answer", 15, "3")
    assert applied.confidence is Confidence.SECONDARY
    assert applied.verified_by == "市财政局 王某"


def test_adding_rules_leaves_the_old_table_alone():
    table = RuleTable([rule(valid_to=date(2025, 12, 31))])
    later = table.with_rules([replace(table.rules[0], valid_from=date(2026, 1, 1), valid_to=None)])

    assert len(table.rules) == 1
    assert later.at(DAY).rule("t.answer").valid_from == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("place", "short"),
    [("CN", "CN"), ("310000", "31"), ("310101000000", "310101"), ("310118001", "310118001")],
)
def test_places_are_kept_by_their_significant_digits(place, short):
    assert short_jurisdiction(place) == short


@pytest.mark.parametrize(
    ("text", "value"),
    [("15", 15), ("0.10", Decimal("0.10")), ("true", True), ("3A", "3A"), ("inf", "inf")],
)
def test_a_cell_is_read_as_the_value_it_shows(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


@pytest.mark.parametrize("service", ["feedback", "matching", "procurement"])
def test_the_rules_that_come_with_a_service_are_sound(service):
    table = packaged_rules(service)

    assert table.rules
    assert all(r.text.zh and r.text.en for r in table.rules)
    assert all(r.confidence for r in table.at(DAY, "310101002001"))


def test_the_thresholds_of_the_city_are_not_set_and_say_so():
    in_force = packaged_rules("procurement").at(DAY, "310101")

    with pytest.raises(RuleNotSet, match=r"sh\.open_tender"):
        _ = in_force.setting("open_tender_threshold", "service").number


def test_one_streets_own_clocks_do_not_bind_its_whole_district():
    rules = packaged_rules("feedback")

    assert rules.at(DAY, "310118001001").setting("answer", "case").code.startswith("xiayang.")
    assert rules.at(DAY, "310118002001").setting("answer", "case").code == "sh.answer"


def test_what_was_found_once_is_found_again_by_day_and_place():
    table = RuleTable([rule(jurisdiction="31"), rule(jurisdiction="310101", value=9)])

    def told(place: str, day: date = DAY) -> int:
        return table.at(day, place).setting("answer", "case").number

    for _ in range(2):
        assert (told("310101001002"), told("310101"), told("310104001002")) == (9, 9, 15)
        for place, day in (("11", DAY), ("310101", date(2019, 1, 1))):
            with pytest.raises(NoRule):
                told(place, day)
