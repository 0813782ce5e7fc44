"""The ledger as a rule: money is neither made nor lost, and nothing goes below zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.procurement_budgets import EntryKind
from procurement.domain.ledger import (
    ROUTES,
    Balance,
    BudgetExceeded,
    MoreThanHeld,
    entered,
    replanned,
)

entries = st.lists(st.tuples(st.sampled_from(sorted(ROUTES)), st.integers(1, 120)), max_size=40)
budgets = st.integers(0, 300)


@given(budgets, entries)
def test_no_sequence_of_entries_overdraws_a_line(planned: int, wanted: list[tuple[EntryKind, int]]):
    balance = Balance(planned)
    for kind, fen in wanted:
        before = balance
        try:
            balance = entered(balance, kind, fen)
        except (BudgetExceeded, MoreThanHeld):
            assert balance == before
            continue

        parts = (balance.reserved_fen, balance.committed_fen, balance.paid_fen, balance.free_fen)
        assert min(parts) >= 0
        assert sum(parts) == planned
        assert balance.paid_fen >= before.paid_fen


@given(budgets, entries, budgets)
def test_a_budget_is_never_cut_below_what_is_spoken_for(planned, wanted, cut):
    balance = Balance(planned)
    for kind, fen in wanted:
        try:
            balance = entered(balance, kind, fen)
        except (BudgetExceeded, MoreThanHeld):
            continue

    if cut < balance.bound_fen:
        with pytest.raises(BudgetExceeded):
            replanned(balance, cut)
    else:
        assert replanned(balance, cut).free_fen == cut - balance.bound_fen


def test_money_goes_from_free_to_paid_one_step_at_a_time():
    balance = Balance(100)
    for kind in (EntryKind.RESERVED, EntryKind.COMMITTED, EntryKind.PAID):
        balance = entered(balance, kind, 60)

    assert balance == Balance(100, 0, 0, 60)
    with pytest.raises(BudgetExceeded) as refused:
        entered(balance, EntryKind.RESERVED, 41)
    assert refused.value.errors[0].message.en == "￥0.41 is wanted, ￥0.40 is there"
