"""How many parts become one statement."""

from common.ending import Part, as_one, composed, shape, together


def test_values_are_numbered_through_all_parts():
    parts = (("", "INSERT INTO a", "(?, ?)"), ("", "INSERT INTO b SELECT ?", ""))

    assert composed(parts) == (
        "WITH part_0 AS (INSERT INTO a VALUES ($1, $2)) INSERT INTO b SELECT $3"
    )


def test_a_part_is_called_by_its_name():
    parts = (
        ("gone", "DELETE FROM a WHERE id = ? RETURNING id", ""),
        ("", "INSERT INTO b", "((SELECT id FROM gone), ?)"),
    )

    assert composed(parts).startswith("WITH gone AS (DELETE FROM a WHERE id = $1 RETURNING id)")


def test_a_single_part_stands_alone():
    assert composed((("", "DELETE FROM a WHERE id = ?", ""),)) == "DELETE FROM a WHERE id = $1"


def test_what_many_write_is_one_statement_of_rows_and_joined_arrays():
    first = [
        Part("INSERT INTO a", (1, "x"), row="(?, ?)"),
        Part("DELETE FROM b, unnest(?)", ([1],)),
    ]
    other = [
        Part("INSERT INTO a", (2, "y"), row="(?, ?)"),
        Part("DELETE FROM b, unnest(?)", ([2],)),
    ]

    assert shape(first) == shape(other)
    assert as_one(together([first, other])) == (
        "WITH part_0 AS (INSERT INTO a VALUES ($1, $2), ($3, $4)) DELETE FROM b, unnest($5)",
        (1, "x", 2, "y", [1, 2]),
    )


def test_what_speaks_of_one_record_only_is_said_by_itself():
    assert shape([Part("UPDATE a SET b = ?", (1,))]) is None
    assert shape([Part("DELETE FROM a", ())]) is None
