"""How far a residents' item is that several suppliers of a framework serve."""

import pytest

from common.contracts.procurement import ContractStatus as C
from common.contracts.procurement import OutcomeStage as O
from common.contracts.procurement_endings import EndReason as E
from common.contracts.procurement_tenders import TenderStep as S
from procurement.domain.agenda import Placed, stage_of


def placed(step: S, *contracts: C, ended: tuple[E, ...] = ()) -> Placed:
    return Placed(step, frozenset(contracts), frozenset(ended))


WAITS = placed(S.ANNOUNCED, C.PENDING)
RUNS = placed(S.ANNOUNCED, C.ACTIVE)
DONE = placed(S.ANNOUNCED, C.TERMINATED, ended=(E.COMPLETED,))
GONE = placed(S.ANNOUNCED, C.TERMINATED, ended=(E.BREACH,))
FAILED = placed(S.UNSUCCESSFUL, C.CANCELLED)
REVOKED = placed(S.EVALUATED, C.TERMINATED, ended=(E.REVOKED,))
RENEWED = placed(S.ANNOUNCED, C.TERMINATED, C.ACTIVE, ended=(E.COMPLETED,))
CARRIED_ON = placed(S.ANNOUNCED, C.TERMINATED, C.ACTIVE, ended=(E.BREACH,))


@pytest.mark.parametrize(
    ("purchases", "stage"),
    [
        ([RUNS, WAITS, DONE, GONE], O.CONTRACTED),
        ([CARRIED_ON, DONE], O.CONTRACTED),
        ([WAITS, DONE, FAILED], O.TENDERING),
        ([REVOKED, DONE], O.TENDERING),
        ([DONE, GONE, FAILED], O.DELIVERED),
        ([RENEWED, GONE], O.DELIVERED),
        ([GONE, FAILED], O.RECEIVED),
    ],
)
def test_an_item_is_as_far_as_the_last_of_its_suppliers(purchases: list[Placed], stage: O) -> None:
    assert stage_of(purchases) is stage
    assert stage_of(purchases[::-1]) is stage
