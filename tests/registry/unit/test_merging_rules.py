"""A law of merging: whatever is taken over, an undoing gives back, but for what changed since."""

from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from common.contracts.registry.duplicates import DuplicateKind
from registry.domain.merging import FIELDS, given_back, taken_over

VALUES = st.sampled_from([None, "", [], "甲", "乙", ["坡道"], 3.5])


@st.composite
def merges(draw: Any) -> tuple[DuplicateKind, dict[str, Any], dict[str, Any], list[str]]:
    """Two records of a kind, and which fields are taken on purpose."""
    kind = draw(st.sampled_from(DuplicateKind))
    columns = [column for each in FIELDS[kind].values() for column in each]
    kept, retired = (
        {"id": uuid4(), **{column: draw(VALUES) for column in columns}} for _ in range(2)
    )
    return kind, kept, retired, draw(st.lists(st.sampled_from(list(FIELDS[kind])), unique=True))


@given(merge=merges(), changed=st.booleans())
def test_an_undoing_gives_back_what_was_taken_over(
    merge: tuple[DuplicateKind, dict[str, Any], dict[str, Any], list[str]], changed: bool
) -> None:
    kind, kept, retired, take = merge
    taken = taken_over(kind, kept, retired, take)
    merged: dict[str, Any] = kept | {each.column: each.after for each in taken}
    later: dict[str, UUID] = {each.column: uuid4() for each in taken[:1] if changed}
    undone = merged | later | given_back(taken, merged | later)

    assert undone == kept | later
    for columns in FIELDS[kind].values():
        if any(each.column in columns for each in taken):
            assert any(retired[column] not in (None, "", []) for column in columns)
