"""Area predicates: a range; of the whole city one that the planner can see."""

import pytest
from sqlalchemy import String, column
from sqlalchemy.dialects import postgresql

from common.scope import under


@pytest.mark.parametrize(
    ("prefix", "is_seen"),
    [("31", True), ("310101", False), ("310101002", False), ("3'", False), ("３１", False)],
    ids=["city", "district", "street", "no code", "other digits"],
)
def test_only_the_citys_range_is_told_with_the_statement(prefix: str, *, is_seen: bool) -> None:
    statement = under(column("area_code", String), prefix)
    said = str(
        statement.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"render_postcompile": True},
        )
    )

    assert (prefix.ljust(12, "9") in said) is is_seen
