"""Kept for small firms: what a notice must say, and whose bids count then."""

from datetime import date

import pytest

from common.contracts.procurement_tenders import BoughtObject
from common.contracts.vocabulary import PurchaseMethod as M
from common.contracts.vocabulary import SmallFirmReserve as R
from common.rules import packaged_rules
from procurement.domain.reserves import (
    EXEMPT,
    ReserveUnexplained,
    ReserveWrong,
    check_reserve,
    declared,
    refusing,
)
from procurement.domain.terms import frozen, of_kept

TERMS = frozen(
    M.CONSULTATION, BoughtObject.SERVICE, packaged_rules("procurement").at(date(2026, 3, 2), "31")
)
TWO_MILLION = 2_000_000_00


@pytest.mark.parametrize(
    ("reserve", "value_fen", "deducts", "refusal"),
    [
        (None, TWO_MILLION, False, "46.reserved_value"),
        (None, TWO_MILLION + 1, False, "46.reserved_share"),
        (R.RESERVED, TWO_MILLION, False, None),
        (R.RESERVED, TWO_MILLION + 1, False, None),
        (R.RESERVED, TWO_MILLION, True, "46.reserved_value"),
        (R.PART, TWO_MILLION, False, "46.reserved_value"),
        (R.PART, TWO_MILLION + 1, True, None),
        (R.SOCIAL_ORGANISATIONS, TWO_MILLION, True, None),
        (R.NO_COMPETITION, TWO_MILLION + 1, True, None),
    ],
)
def test_a_purchase_is_kept_for_small_firms_or_says_on_which_ground_it_is_not(
    reserve: R | None, value_fen: int, deducts: bool, refusal: str | None
) -> None:
    found = None
    try:
        check_reserve(reserve, value_fen, TERMS, method=M.CONSULTATION, has_deduction=deducts)
    except (ReserveUnexplained, ReserveWrong) as problem:
        found = problem
    assert (found is None) == (refusal is None)
    assert refusal is None or refusal in str(found)


@pytest.mark.parametrize("method", sorted(EXEMPT))
def test_frameworks_single_sources_and_small_selections_say_nothing(method: M) -> None:
    check_reserve(None, TWO_MILLION, TERMS, method=method, has_deduction=True)


def test_a_purchase_announced_before_the_rule_was_kept_is_left_as_it_is() -> None:
    kept = [row for row in TERMS.kept() if not row["parameter"].startswith("reserved")]
    before = of_kept(kept, TERMS.day, TERMS.jurisdiction)
    check_reserve(None, TWO_MILLION, before, method=M.CONSULTATION, has_deduction=False)


@pytest.mark.parametrize(
    ("reserve", "firm", "small", "medium", "rule"),
    [
        (R.RESERVED, "small", "0", "0", None),
        (R.RESERVED, "medium", "0", "0", None),
        (R.RESERVED, "", "0.9", "0", "46.reserved_value"),
        (R.PART, "", "0.3", "0", None),
        (R.PART, "", "0.29", "0", "46.reserved_share"),
        (R.PART, "", "0.18", "0.12", None),
        (R.PART, "", "0.17", "0.13", "46.reserved_small"),
        (R.PART, "", "0.18", "0.11", "46.reserved_share"),
        (R.PART, "small", "0", "0", None),
        (R.PART, "medium", "0", "0", "46.reserved_small"),
        (R.PART, "medium", "0.18", "0", None),
        (R.SOCIAL_ORGANISATIONS, "", "0", "0", None),
    ],
)
def test_whose_bid_counts(reserve: R, firm: str, small: str, medium: str, rule: str | None) -> None:
    said = {f"is_{firm}_firm": True, "small_firm_share": small, "medium_firm_share": medium}
    found = refusing(reserve, TERMS, declared(said, is_enterprise=True))
    assert (found and found.code) == rule


def test_an_institution_is_no_firm_whatever_it_declares() -> None:
    said = declared({"is_small_firm": True, "is_medium_firm": True}, is_enterprise=False)
    found = refusing(R.RESERVED, TERMS, said)
    assert found is not None
    assert found.code == "46.reserved_value"


def test_a_purchase_announced_before_small_firms_had_their_share_is_left_as_it_is() -> None:
    kept = [row for row in TERMS.kept() if row["parameter"] != "reserved_for_small"]
    before = of_kept(kept, TERMS.day, TERMS.jurisdiction)
    said = declared({"medium_firm_share": "0.3"}, is_enterprise=True)
    assert refusing(R.PART, before, said) is None
