"""How many parts become one statement."""

from datetime import UTC, date, datetime
from uuid import UUID

from common.ending import Part, as_one, by_itself, composed, shape, together


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


def test_what_is_said_by_itself_sends_an_id_a_day_and_an_instant_once():
    now, day, key = datetime(2026, 7, 1, tzinfo=UTC), date(2026, 7, 1), UUID(int=1)
    parts = [
        Part("UPDATE a SET b = ?, c = ?, d = ? WHERE id = ?", (now, now, day, key), name="moved"),
        Part("INSERT INTO e", (key, day, now), row="(?, ?, ?)"),
    ]

    assert by_itself(parts) == (
        "WITH moved AS (UPDATE a SET b = $1, c = $1, d = $2 WHERE id = $3)"
        " INSERT INTO e VALUES ($3, $2, $1)",
        (now, day, key),
    )


def test_words_and_numbers_are_sent_each_time_for_their_type_follows_from_the_column():
    one = 1  # an integer here, a smallint there

    assert by_itself([Part("UPDATE a SET b = ?, c = ?", (one, one))]) == (
        "UPDATE a SET b = $1, c = $2",
        (1, 1),
    )


def test_what_speaks_of_one_record_only_is_said_by_itself():
    assert shape([Part("UPDATE a SET b = ?", (1,))]) is None
    assert shape([Part("DELETE FROM a", ())]) is None
