"""Conditions of a purchase: each is proven, by what the bid came with or what was verified."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from common.contracts.procurement_bids import ProofIn
from common.contracts.procurement_providers import QualificationStatus
from procurement.domain.conditions import ConditionUnproven, Held, check_proofs

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
