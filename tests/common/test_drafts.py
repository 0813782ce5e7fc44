"""A row that no session knows reads as one that was just made, and is written as one."""

from uuid import uuid4

import pytest

from common.clock import utc_now
from common.drafts import drafted, given
from feedback import tables


def test_it_reads_as_an_entity_does() -> None:
    values = {"case_id": uuid4(), "name": "密文"}
    row, entity = drafted(tables.CaseContact, **values), tables.CaseContact(**values)

    names = tables.CaseContact.__table__.columns.keys()
    assert {name: getattr(row, name) for name in names} == {
        name: getattr(entity, name) for name in names
    }
    assert given(row) == set(values)


def test_what_is_not_given_is_the_default() -> None:
    row, other = (drafted(tables.Case, kind="help", created_at=utc_now()) for _ in range(2))

    assert (row.send_backs, row.is_send_back_asked, row.clock, row.closed_at) == (0, False, 1, None)
    assert row.id != other.id
    assert "closed_at" not in given(row)


def test_a_column_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="hue"):
        drafted(tables.Case, hue="red")
