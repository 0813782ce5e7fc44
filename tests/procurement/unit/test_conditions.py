"""Conditions of a purchase: each is proven, by what the bid came with or what was verified."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from common.contracts.procurement_bids import BidStatus, ProofIn
from common.contracts.procurement_providers import QualificationStatus
from procurement.domain.conditions import (
    CheckStands,
    ConditionUnproven,
    Held,
    check_proofs,
    check_putting_out,
)

CONDITIONS = {1: "食品经营许可", 3: "承诺函"}
PAPER, OTHER = "cd" * 32, "ef" * 32
VERIFIED, DECLARED, OVER = (UUID(int=n) for n in (1, 2, 3))
S, SINCE = QualificationStatus, date(2025, 1, 1)
HELD = {
    VERIFIED: Held(S.VERIFIED, SINCE, date(2026, 3, 23)),
    DECLARED: Held(S.DECLARED, SINCE, None),
    OVER: Held(S.VERIFIED, SINCE, date(2026, 3, 22)),
}
PROMISE = {"criterion": 3, "attachment": PAPER}


def check(*proofs: dict[str, Any]) -> None:
    given = [ProofIn.model_validate(each) for each in proofs]
    check_proofs(CONDITIONS, given, [PAPER], HELD, deadline_on=date(2026, 3, 23))


@pytest.mark.parametrize("what", [{"attachment": PAPER}, {"qualification_id": VERIFIED}])
def test_a_file_of_the_bid_and_a_verified_qualification_prove_alike(what: dict[str, Any]) -> None:
    check({"criterion": 1, **what}, PROMISE)


@pytest.mark.parametrize(
    ("proofs", "pointers"),
    [
        ([], ["/proofs", "/proofs"]),
        ([PROMISE], ["/proofs"]),
        ([{"criterion": 2, "attachment": PAPER}], ["/proofs/0/criterion", "/proofs", "/proofs"]),
        ([{"criterion": 1}, PROMISE], ["/proofs/0"]),
        ([{"criterion": 1, "attachment": OTHER}, PROMISE], ["/proofs/0/attachment"]),
        ([{"criterion": 1, "qualification_id": DECLARED}, PROMISE], ["/proofs/0/qualification_id"]),
        ([{"criterion": 1, "qualification_id": OVER}, PROMISE], ["/proofs/0/qualification_id"]),
        (
            [PROMISE, {"criterion": 1, "qualification_id": UUID(int=9)}],
            ["/proofs/1/qualification_id"],
        ),
    ],
)
def test_what_proves_nothing_is_named(proofs: list[dict[str, Any]], pointers: list[str]) -> None:
    with pytest.raises(ConditionUnproven) as refused:
        check(*proofs)

    assert [fault.pointer for fault in refused.value.errors] == pointers


@pytest.mark.parametrize(
    ("status", "stage", "is_scored", "may"),
    [
        (BidStatus.VALID, 1, False, True),
        (BidStatus.VALID, 1, True, False),
        (BidStatus.VALID, 2, False, False),
        (BidStatus.PENDING, 2, False, True),  # a first check, in an evaluation anew
    ],
)
def test_who_was_let_through_is_put_out_only_before_prices_and_scores_are_known(
    status: BidStatus, stage: int, is_scored: bool, may: bool
) -> None:
    if may:
        check_putting_out(status, stage=stage, is_scored=is_scored)
    else:
        with pytest.raises(CheckStands) as caught:
            check_putting_out(status, stage=stage, is_scored=is_scored)
        (fault,) = caught.value.errors
        assert (fault.pointer, fault.value) == ("/conforms", False)
