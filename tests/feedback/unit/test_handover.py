"""Cases as matters and ratings as evaluations: every state and grade has its words."""

from pathlib import Path

import pytest

from common.contracts.feedback import Case, CaseStatus, Rating, RatingChannel
from common.contracts.handover import STATE_LABELS, MatterState
from feedback.domain.handover import CHANNELS, GRADES, KINDS, RESULTS, STATES, evaluation, matter

SAMPLES = Path(__file__).parents[2] / "contract/samples"
BODY = {"name": "外滩街道办事处", "credit_code": "52310000MJ4900001K"}
ENDED = {MatterState.FINISHED, MatterState.TRANSFERRED, MatterState.WITHDRAWN}


@pytest.fixture
def case() -> Case:
    return Case.model_validate_json((SAMPLES / "case.json").read_bytes())


@pytest.fixture
def rating() -> Rating:
    return Rating.model_validate_json((SAMPLES / "rating.json").read_bytes())


def test_a_confirmed_case_is_a_finished_matter_with_its_promise(case: Case) -> None:
    made = matter(case, BODY, {"name": "长者食堂午餐"})

    assert (made.project_no, made.project_name) == (case.number, "投诉：长者食堂午餐")
    assert (made.org_name, made.promise_date) == (BODY["name"], "2026-09-01 23:59:59")
    assert (made.state_label, made.result) == ("办结", "居民确认办结")
    assert made.finish_date == "2026-09-01 09:30:00"


def test_a_matter_bears_the_codes_that_its_service_bears_in_the_citys_catalogue(case: Case) -> None:
    coded = {"name": "长者食堂午餐", "catalog_code": "001032025000", "task_code": "3101-001032025"}
    made, unknown = matter(case, BODY, coded), matter(case, BODY, None)

    assert (made.catalog_code, made.task_code) == ("001032025000", "3101-001032025")
    assert (unknown.catalog_code, unknown.task_code) == (None, None)


def test_a_case_is_not_finished_because_the_body_says_so(case: Case) -> None:
    fixed = case.model_copy(update={"status": CaseStatus.FIXED, "closed_at": None})
    unheard = case.model_copy(update={"status": CaseStatus.FIXED})

    assert matter(fixed, None, None).state is MatterState.IN_PROGRESS
    assert matter(fixed, None, None).finish_date is None
    assert (matter(unheard, None, None).state_label, matter(unheard, None, None).result) == (
        *("办结", "居民逾期未反馈"),
    )


@pytest.mark.parametrize("status", list(CaseStatus))
def test_every_status_has_its_state_and_an_ended_one_its_result(status: CaseStatus) -> None:
    assert STATE_LABELS[STATES[status]]
    assert (status in RESULTS) is (STATES[status] in ENDED)


def test_a_rating_is_an_evaluation_in_five_grades_of_which_two_are_bad(rating: Rating) -> None:
    told = [
        evaluation(rating.model_copy(update={"level": level}), BODY, None) for level in range(1, 6)
    ]

    assert [each.satisfaction_label for each in told] == [
        *("非常不满意", "不满意", "基本满意", "满意", "非常满意")
    ]
    assert [each.is_bad for each in told] == [True, True, False, False, False]
    assert (told[0].region_code, told[0].evaluate_channel) == ("310101000000", "二维码")
    assert (told[0].verify_date, told[0].org_name) == ("2026-08-26 09:30:00", BODY["name"])


def test_every_channel_and_kind_has_its_words() -> None:
    assert set(CHANNELS) == set(RatingChannel)
    assert len(GRADES) == 5
    assert len(KINDS) == 4
