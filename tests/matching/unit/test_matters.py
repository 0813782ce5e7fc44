"""A referral as the portal lists matters: every state has its words, and nobody is in it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from common.contracts.handover import STATE_LABELS, MatterState
from common.contracts.matching import Referral, ReferralStatus
from matching.domain.matters import RESULTS, STATES, matter

SAMPLE = Path(__file__).parents[2] / "contract/samples/referral.json"
BODY = {"name": "乐龄社区服务中心", "credit_code": "52310000MJ4900001K"}


@pytest.fixture
def referral() -> Referral:
    return Referral.model_validate_json(SAMPLE.read_bytes())


def test_a_served_referral_is_a_finished_matter(referral: Referral) -> None:
    made = matter(referral, BODY, {"name": "长者食堂午餐"})

    assert (made.project_no, made.project_name) == (referral.number, "转介：长者食堂午餐")
    assert (made.org_code, made.org_name) == (BODY["credit_code"], BODY["name"])
    assert (made.apply_date, made.finish_date) == ("2026-08-21 09:30:00", "2026-08-24 12:00:00")
    assert (made.state_label, made.result) == ("办结", "已服务")


def test_a_matter_bears_the_codes_that_its_service_bears_in_the_citys_catalogue(
    referral: Referral,
) -> None:
    coded = {"name": "长者食堂午餐", "catalog_code": "001032025000", "task_code": "3101-001032025"}
    made, uncoded = matter(referral, BODY, coded), matter(referral, BODY, {"name": "午餐"})

    assert (made.catalog_code, made.task_code) == ("001032025000", "3101-001032025")
    assert (uncoded.catalog_code, uncoded.task_code) == (None, None)


def test_nothing_in_it_leads_to_the_resident_or_the_rater(referral: Referral) -> None:
    told = matter(referral, None, None).model_dump_json()

    assert str(referral.rater) not in told
    assert str(referral.need_id) not in told


def test_what_nobody_published_yet_is_left_open(referral: Referral) -> None:
    made = matter(referral, None, None)

    assert (made.org_code, made.org_name, made.service_name) == (None, None, None)
    assert made.project_name == f"转介：{referral.category}"


@pytest.mark.parametrize(
    ("reason", "result"),
    [("no_staff", "承接单位谢绝"), ("fewer_places", "名额减少，少于所需")],
)
def test_a_provider_is_not_said_to_refuse_what_could_not_be(
    referral: Referral, reason: str, result: str
) -> None:
    declined = {"status": ReferralStatus.DECLINED, "decline_reason": reason}

    assert matter(referral.model_copy(update=declined), None, None).result == result


@pytest.mark.parametrize("status", list(ReferralStatus))
def test_every_status_has_its_state_and_an_ended_one_its_result(status: ReferralStatus) -> None:
    is_under_way = STATES[status] in {MatterState.APPLIED, MatterState.ACCEPTED}

    assert STATE_LABELS[STATES[status]]
    assert (status in RESULTS) is not is_under_way


def test_who_waits_has_no_end(referral: Referral) -> None:
    held = referral.model_copy(update={"status": ReferralStatus.HELD, "served_at": None})
    declined = held.model_copy(
        update={
            "status": ReferralStatus.DECLINED,
            "declined_at": datetime(2026, 8, 22, 2, tzinfo=UTC),
        }
    )

    assert (matter(held, None, None).finish_date, matter(held, None, None).result) == (None, None)
    assert matter(declined, None, None).finish_date == "2026-08-22 10:00:00"
