"""What stays committed when a contract ends: what is owed, where it was asked for first."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from procurement.domain.endings import kept

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_what_is_asked_for_stays_where_it_was_asked() -> None:
    assert kept(50, {A: 40, B: 40}, {B: 30}) == {A: 20, B: 30}


def test_nothing_owed_keeps_nothing() -> None:
    assert kept(0, {A: 40, B: 40}, {}) == {A: 0, B: 0}


@given(
    st.tuples(*(st.integers(0, 1000),) * 3),
    st.tuples(*(st.integers(0, 1000),) * 3),
    st.integers(0, 3000),
)
def test_exactly_what_is_owed_stays(
    committed: tuple[int, ...], asked: tuple[int, ...], more: int
) -> None:
    """Owed is at least what is asked for, and at most what is committed: the contract says so."""
    held = dict(zip((A, B, C), committed, strict=True))
    named = {line: min(fen, held[line]) for line, fen in zip((A, B, C), asked, strict=True)}
    owed = min(sum(held.values()), sum(named.values()) + more)
    stays = kept(owed, held, named)

    assert sum(stays.values()) == owed
    assert all(named[line] <= stays[line] <= held[line] for line in held)
