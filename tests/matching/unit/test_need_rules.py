"""The life of a need, and what cannot be one."""

from datetime import UTC, date, datetime

import pytest

from common.contracts.matching import NeedStatus, RaisedBy, UnmetReason
from common.contracts.matching_needs import NeedMove, StandingClaim, StandingKind, StandingStatus
from common.geo import System
from matching.domain import needs, standing

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
S = NeedStatus


@pytest.mark.parametrize(
    ("current", "wanted", "stamp"),
    [
        (S.OPEN, S.REFERRED, "referred_at"),
        (S.REFERRED, S.SERVED, "served_at"),
        (S.SERVED, S.CLOSED, "closed_at"),
        (S.OPEN, S.WITHDRAWN, "withdrawn_at"),
        (S.OPEN, S.UNMET, "unmet_at"),
    ],
)
def test_each_step_leaves_its_instant(current, wanted, stamp):
    assert needs.step(current, wanted, NOW) == {"status": wanted.value, stamp: NOW}


def test_a_need_that_is_opened_again_forgets_why_it_was_unmet():
    values = needs.step(S.UNMET, S.OPEN, NOW)

    assert values["unmet_reason"] is None
    assert values["status"] == "open"


@pytest.mark.parametrize(("current", "wanted"), [(S.CLOSED, S.OPEN), (S.OPEN, S.SERVED)])
def test_other_steps_are_refused_with_what_is_possible(current, wanted):
    with pytest.raises(needs.NeedCannotMove) as refusal:
        needs.step(current, wanted, NOW)

    assert current in refusal.value.sentence().zh


@pytest.mark.parametrize(
    ("move", "pointer"),
    [
        (NeedMove(status=S.SERVED), "/status"),
        (NeedMove(status=S.UNMET), "/reason"),
        (NeedMove(status=S.CLOSED, reason=UnmetReason.TOO_FAR), "/reason"),
        (NeedMove(status=S.UNMET, reason=UnmetReason.NOT_ELIGIBLE), "/rule"),
        (NeedMove(status=S.UNMET, reason=UnmetReason.TOO_FAR, rule="age_min"), "/rule"),
    ],
)
def test_a_step_names_its_reason_and_only_its_own(move, pointer):
    with pytest.raises(needs.WrongNeed) as refusal:
        needs.check_move(S.OPEN, move)

    assert refusal.value.errors[0].pointer == pointer


def test_only_what_was_unmet_is_opened_again_by_hand():
    needs.check_move(S.UNMET, NeedMove(status=S.OPEN))

    with pytest.raises(needs.ReferralUnderWay):
        needs.check_move(S.REFERRED, NeedMove(status=S.OPEN))


@pytest.mark.parametrize("code", ["310101002000", "310101000000", "310101", "000000000000"])
def test_a_need_lies_in_a_neighbourhood(code):
    with pytest.raises(needs.WrongNeed):
        needs.check_place(code)


def test_a_point_is_whole_and_in_the_city():
    assert needs.point(None, None, System.WGS84) is None
    for lon, lat in ((121.48, None), (116.4, 39.9), (31.2, 121.5)):
        with pytest.raises(needs.WrongNeed):
            needs.point(lon, lat, System.WGS84)


@pytest.mark.parametrize(
    "claims",
    [
        [StandingClaim(kind=StandingKind.DISABILITY, grade=5)],
        [StandingClaim(kind=StandingKind.CARE_GRADE, grade=1)],
        [StandingClaim(kind=StandingKind.VETERAN, grade=1)],
        [StandingClaim(kind=StandingKind.VETERAN), StandingClaim(kind=StandingKind.VETERAN)],
    ],
)
def test_a_standing_is_claimed_once_with_a_grade_that_exists(claims):
    with pytest.raises(needs.WrongNeed):
        needs.check_standing(claims)


def test_a_resident_does_not_speak_as_the_hotline():
    needs.check_raiser(RaisedBy.HOTLINE, is_resident=False)
    with pytest.raises(needs.WrongNeed):
        needs.check_raiser(RaisedBy.HOTLINE, is_resident=True)


@pytest.mark.parametrize(
    ("verified_at", "expires_on", "refused", "wanted"),
    [
        (None, None, False, StandingStatus.DECLARED),
        (NOW, None, False, StandingStatus.VERIFIED),
        (NOW, TODAY, False, StandingStatus.VERIFIED),
        (NOW, date(2026, 3, 1), False, StandingStatus.EXPIRED),
        (NOW, None, True, StandingStatus.REFUSED),
    ],
)
def test_a_standing_is_worth_what_was_verified_until_its_last_day(
    verified_at, expires_on, refused, wanted
):
    claim = standing.Claim(StandingKind.DESTITUTE, verified_at, expires_on, refused)

    assert standing.status(claim, TODAY) is wanted


def test_an_expired_standing_is_a_claim_and_a_refused_one_nothing():
    expired = standing.Claim(StandingKind.DESTITUTE, NOW, date(2026, 3, 1), is_refused=False)
    refused = standing.Claim(StandingKind.VETERAN, NOW, None, is_refused=True)

    assert standing.kinds([expired, refused], TODAY) == (frozenset(), {"destitute"})


@pytest.mark.parametrize(
    ("verified_at", "refused", "grade", "waits"),
    [
        (None, False, 6, False),
        (NOW, False, None, False),
        (NOW, False, 4, False),
        (NOW, False, 6, True),
        (NOW, True, None, True),
        (NOW, True, 4, True),
    ],
)
def test_only_what_contradicts_a_look_waits_for_another(verified_at, refused, grade, waits):
    claim = standing.Claim(StandingKind.CARE_GRADE, verified_at, None, refused)

    assert standing.must_wait(standing.Held(claim, 4), grade) is waits


@pytest.mark.parametrize(
    ("determined_on", "expires_on"),
    [
        (date(2026, 3, 3), None),
        (date(2026, 3, 1), date(2026, 2, 1)),
        (date(2025, 1, 1), date(2026, 3, 1)),
    ],
)
def test_a_verification_that_contradicts_itself_is_refused(determined_on, expires_on):
    with pytest.raises(standing.WrongVerification):
        standing.check_verification(determined_on, expires_on, TODAY)
