"""What is refused names the field, what stood there, and what would be right, in both languages."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from common.contracts.procurement_bids import SealAlgorithm
from common.contracts.procurement_contracts import MilestonePlan
from common.contracts.vocabulary import PurchaseMethod
from common.errors import FieldError, Problem
from procurement.domain import contracts, sealing, tenders, ventures
from tests.procurement.tendering import seal

FIRST, LAST = date(2026, 3, 1), date(2026, 12, 31)
TENDER, BIDDER = UUID(int=1), UUID(int=2)


def refused(check: Callable[..., Any], *given: Any, **more: Any) -> FieldError:
    with pytest.raises(Problem) as caught:
        check(*given, **more)
    (fault,) = caught.value.errors
    return fault


def test_days_of_milestones_are_told_as_they_add_up() -> None:
    plan = [
        MilestonePlan(title="一期", due_on=LAST, service_days=days, pay_fen=1) for days in (60, 40)
    ]
    fault = refused(contracts.check_schedule, plan, 240, FIRST, LAST)

    assert (fault.pointer, fault.value) == ("/milestones", 100)
    assert all("240" in each for each in fault.message)


def test_an_end_that_does_not_belong_is_told() -> None:
    shape = (PurchaseMethod.OPEN_TENDER, None, None)
    fault = refused(tenders.check_shape, *shape, ends_on=LAST)

    assert (fault.pointer, fault.value) == ("/framework_ends_on", "2026-12-31")


def test_what_lines_give_is_told_with_the_grant_that_they_make_up() -> None:
    limits = {"asked_fen": 10_000_00, "largest_fen": 10_000_00, "left_fen": 10_000_00}
    fault = refused(ventures.check_money, 9_000_00, 8_000_00, **limits)

    assert (fault.pointer, fault.value) == ("/draws", 8_000_00)
    assert all("9,000" in each for each in fault.message)


def test_an_opened_bid_that_is_none_is_told_in_chinese_too() -> None:
    sealed = seal(str(TENDER), str(BIDDER), b'{"price_fen": "much"}')
    bound_to = sealing.context(TENDER, BIDDER, 1, SealAlgorithm.SM4_GCM)
    key, ciphertext = bytes.fromhex(sealed.key), sealing.raw(sealed.ciphertext, field="c")
    fault = refused(sealing.opened, key, ciphertext, bound_to, SealAlgorithm.SM4_GCM)

    assert (fault.pointer, fault.message.zh) == ("/price_fen", "应为整数")
