"""A new row, and what may stand in a column."""

from uuid import uuid4

import pytest
from sqlalchemy import inspect

from common.records import newly
from matching.tables import RuleEdition


def test_a_new_row_has_what_it_was_given_and_nothing_else() -> None:
    edition = uuid4()
    row = newly(RuleEdition, edition=edition)

    assert (row.edition, inspect(row).unloaded) == (edition, {"id"})


def test_what_is_no_column_is_refused() -> None:
    with pytest.raises(TypeError, match=r"RuleEdition has no .*nobody"):
        newly(RuleEdition, id=1, nobody=2)
