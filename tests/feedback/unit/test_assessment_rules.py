"""The laws of assessments: weights, ties, what is told; of incentives: the formula."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.feedback_assessments import AssessmentKind, SchemeIn
from common.rules import RulesInForce, packaged_rules
from feedback.domain import assessments as rules
from feedback.domain.evidence import joined
from feedback.domain.incentives import Judged, awards
from feedback.domain.scores import Levels, Prior, Scored

FEW = settings(max_examples=60, deadline=None)
SUBJECT = UUID("01900000-0000-7000-8000-000000000001")
LEAD = UUID("01900000-0000-7000-8000-0000000000ee")
intervals = st.dictionaries(
    st.uuids(),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(
        lambda three: Scored(sorted(three)[1], min(three), max(three))
    ),
    max_size=12,
)


def in_force(day: date = date(2026, 6, 1)) -> RulesInForce:
    return packaged_rules("feedback").at(day, "310101002000")


def indicator(code: str, measure: str, weight: int, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": "指标", "measure": measure, "weight": weight, **more}


def scheme(satisfaction: int = 60, **more: Any) -> SchemeIn:
    values: dict[str, Any] = {
        "kind": "service_project",
        "title": "社区服务项目考核",
        "area_code": "310101002000",
        "lead_id": LEAD,
        "subject": "organisation",
        "subject_ids": [SUBJECT],
        "period_from_on": date(2026, 1, 1),
        "period_to_on": date(2026, 6, 30),
        "indicators": [
            indicator("verdict", "satisfaction", satisfaction),
            indicator("answers", "case_response", 100 - satisfaction),
        ],
        **more,
    }
    return SchemeIn.model_validate(values)


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"indicators": [indicator("verdict", "satisfaction", 99)]}, "/indicators"),
        (
            {
                "indicators": [
                    indicator("same", "satisfaction", 60),
                    indicator("same", "call_back", 40),
                ]
            },
            "/indicators",
        ),
        (
            {
                "indicators": [
                    indicator("verdict", "satisfaction", 60),
                    indicator("training", "evidence", 40),
                ]
            },
            "/indicators/1/evidence_kind",
        ),
        ({"subject_ids": [SUBJECT, SUBJECT]}, "/subject_ids"),
        ({"period_to_on": date(2026, 5, 31)}, "/period_to_on"),
        ({"period_from_on": date(2025, 10, 1)}, "/period_to_on"),
    ],
)
def test_a_scheme_that_is_not_whole_is_refused_at_its_place(
    more: dict[str, Any], where: str
) -> None:
    with pytest.raises(rules.WrongScheme) as refused:
        rules.check_scheme(scheme(**more), 3)

    assert [error.pointer for error in refused.value.errors] == [where]


def test_a_whole_scheme_passes() -> None:
    rules.check_scheme(scheme(), 3)


@pytest.mark.parametrize("percent", [0, 30, 50])
def test_a_community_scheme_in_which_satisfaction_is_not_the_main_weight_is_refused_by_rule(
    percent: int,
) -> None:
    wish = scheme(60)
    lighter = wish.model_copy(
        update={
            "indicators": [
                each.model_copy(update={"weight": percent}) if at == 0 else each
                for at, each in enumerate(wish.indicators)
            ]
        }
    )

    with pytest.raises(rules.SatisfactionTooLight, match=r"satisfaction\.weight demands > 0\.5"):
        rules.check_weight(lighter, in_force())


def test_the_share_is_phased_in_by_dated_rows_of_a_kind() -> None:
    light = scheme(40, kind=AssessmentKind.STREET_SERVICES)

    assert rules.check_weight(light, in_force()).code == "satisfaction.weight.street.2026"
    with pytest.raises(rules.SatisfactionTooLight):
        rules.check_weight(light, in_force(date(2028, 1, 1)))


def test_statutory_assessments_are_exempt_by_name_only() -> None:
    named = scheme(1, kind="statutory", statutory_name="社会组织评估")

    assert rules.check_weight(named, in_force()).code == "satisfaction.statutory_names"
    with pytest.raises(rules.NotStatutory):
        rules.check_weight(scheme(1, kind="statutory", statutory_name="自选考核"), in_force())
    with pytest.raises(rules.NotStatutory):
        rules.check_weight(scheme(1, kind="statutory"), in_force())
    with pytest.raises(rules.WrongScheme):
        rules.check_weight(scheme(60, statutory_name="社会组织评估"), in_force())


@given(intervals)
@FEW
def test_overlapping_intervals_share_a_band_and_a_better_band_lies_above(
    some: dict[UUID, Scored],
) -> None:
    placed = rules.tie_bands(some)

    for one, first in some.items():
        for other, second in some.items():
            if first.lower <= second.upper and second.lower <= first.upper:
                assert placed[one] == placed[other]
            if placed[one] < placed[other]:
                assert first.lower > second.upper
    assert sorted(set(placed.values())) == list(range(1, len(set(placed.values())) + 1))


@given(intervals, st.randoms())
@FEW
def test_bands_do_not_depend_on_the_order(some: dict[UUID, Scored], random: Any) -> None:
    turned = list(some.items())
    random.shuffle(turned)

    assert rules.tie_bands(dict(turned)) == rules.tie_bands(some)


@given(st.lists(st.integers(0, 60), min_size=5, max_size=5), st.integers(51, 99), st.floats(0, 1))
@FEW
def test_a_score_lies_in_its_interval_and_one_more_five_never_lowers_it(
    counts: list[int], weight: int, proven: float
) -> None:
    def came_out(levels: Levels) -> rules.Outcome:
        return rules.outcome(
            {"verdict": weight, "training": 100 - weight},
            {"verdict": levels},
            {"verdict": Prior(0.7, 20.0)},
            {"training": proven},
            ["verdict"],
        )

    levels = Levels.of(dict(enumerate(counts, 1)))
    made, more = came_out(levels), came_out(levels + Levels.of({5: 1}))

    assert (made.whole is None) is (levels.number < 10)
    if made.whole and more.whole:
        assert 0 <= made.whole.lower <= made.whole.score <= made.whole.upper <= 1
        assert more.whole.score >= made.whole.score


def test_what_rests_on_few_people_says_nothing_and_its_weight_goes_to_the_rest() -> None:
    many, prior = Levels.of({5: 40}), Prior(0.9, 10.0)
    weights = {"verdict": 60, "answers": 40}
    few = {"verdict": many, "answers": Levels.of({1: 9})}

    made = rules.outcome(weights, few, dict.fromkeys(few, prior), {}, ["verdict"])

    assert made.scores["answers"] is None
    assert made.whole is not None
    assert made.whole.score == made.scores["verdict"]


def test_without_the_residents_verdict_there_is_no_result() -> None:
    figures = {"verdict": Levels.of({5: 9}), "answers": Levels.of({5: 50})}
    priors = dict.fromkeys(figures, Prior(0.5, 5.0))

    made = rules.outcome({"verdict": 60, "answers": 40}, figures, priors, {}, ["verdict"])

    assert made.whole is None
    assert made.scores["answers"] is not None


def test_an_incentive_follows_the_published_formula_to_the_fen() -> None:
    first, second, third = (UUID(int=number) for number in (1, 2, 3))
    judged = [Judged(second, 0.7, 2), Judged(first, 0.9, 1), Judged(third, 0.59, 3)]

    plenty = awards(judged, 10**9, in_force())
    scarce = awards(judged, 10_000_000, in_force())

    assert [each.award_fen for each in plenty] == [15_000_000, 5_000_000, 0]
    assert [each.is_model for each in plenty] == [True, False, False]
    assert [each.award_fen for each in scarce] == [7_500_000, 2_500_000, 0]


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(0, 10**8))
@FEW
def test_awards_never_exceed_the_pot_and_a_better_bound_never_earns_less(
    bounds: list[int], pot: int
) -> None:
    judged = [Judged(UUID(int=at), bound / 100, 1) for at, bound in enumerate(bounds)]
    given_out = awards(judged, pot, in_force())

    assert sum(each.award_fen for each in given_out) <= pot
    ordered = sorted(given_out, key=lambda each: each.lower_bound)
    assert [each.award_fen for each in ordered] == sorted(each.award_fen for each in ordered)


def test_a_department_that_joins_twice_takes_part_once() -> None:
    assert joined([LEAD], SUBJECT) == [LEAD, SUBJECT]
    assert joined([LEAD, SUBJECT], SUBJECT) == [LEAD, SUBJECT]


@pytest.mark.parametrize(
    ("codes", "area"),
    [
        (["310110001000"], "310110001000"),
        (["310110001000", "310110002000"], "310110000000"),
        (["310110001000", "310112001000"], "310100000000"),
        ([], None),
    ],
)
def test_a_contract_of_several_towns_lies_in_what_they_share(
    codes: list[str], area: str | None
) -> None:
    assert rules.shared_area(codes) == area
