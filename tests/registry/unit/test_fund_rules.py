"""Laws of the ledger: whatever is booked, it balances and nothing is overdrawn."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry.funds import Account, EntryKind
from common.rules import packaged_rules
from registry.domain import double_funding as twice
from registry.domain.double_funding import Period
from registry.domain.funds import LEGS, Balance, Overdrawn, WrongGrant, check_grant

MOVES = st.lists(st.tuples(st.sampled_from(EntryKind), st.integers(1, 500)), max_size=40)
DAY = date(2026, 1, 1)
PERIODS = st.builds(
    lambda start, length: Period(DAY + timedelta(days=start), DAY + timedelta(days=start + length)),
    st.integers(0, 400),
    st.integers(1, 400),
)


@given(amount=st.integers(1, 2000), moves=MOVES)
def test_a_ledger_balances_after_any_sequence_of_entries(amount, moves):
    standing = Balance.approved(amount)
    for kind, moved in moves:
        try:
            standing = standing.after(kind, moved)
        except Overdrawn:
            continue

        assert sum(standing) == amount
        assert min(standing) >= 0


@pytest.mark.parametrize("kind", EntryKind)
def test_an_entry_is_refused_only_when_its_giver_has_too_little(kind):
    giver, taker = LEGS[kind]
    standing = Balance(**{account.value: 5 for account in Account})

    after = standing.after(kind, 5)._asdict()
    with pytest.raises(Overdrawn):
        standing.after(kind, 6)

    assert (after[giver], after[taker]) == (0, 10)


def test_a_grant_that_does_not_fit_names_every_fault():
    with pytest.raises(WrongGrant) as told:
        check_grant(
            is_to_somebody=False,
            period=(DAY, DAY + timedelta(days=900)),
            fund_period=(DAY, DAY + timedelta(days=365)),
            is_earmark_kept=False,
            is_of_concession=False,
        )

    pointers = [each.pointer for each in told.value.errors]
    assert pointers == ["/recipient_id", "/valid_to", "/category", "/concession_id"]


@given(first=PERIODS, second=PERIODS)
def test_two_periods_share_the_same_days_whoever_asks(first, second):
    shared = first.shared(second)

    assert shared == second.shared(first)
    brute = sum(
        first.start <= (day := DAY + timedelta(days=n)) < first.end
        and second.start <= day < second.end
        for n in range(801)
    )
    assert (0 if shared is None else shared.days) == brute


@pytest.mark.parametrize("code", twice.RULES)
def test_too_short_an_overlap_is_no_finding_and_a_longer_one_says_its_days(code):
    rule = next(rule for rule in packaged_rules("registry").rules if rule.code == code)
    first = Period(DAY, DAY + timedelta(days=100))
    short = Period(DAY + timedelta(days=100 - rule.number + 1), DAY + timedelta(days=300))
    enough = Period(DAY + timedelta(days=100 - rule.number), DAY + timedelta(days=300))

    assert twice.reason(rule, first, short) is None
    told = twice.reason(rule, first, enough)
    assert told is not None
    assert str(rule.number) in told.zh
