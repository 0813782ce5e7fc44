"""How many parts become one statement."""

from common.ending import composed


def test_values_are_numbered_through_all_parts():
    parts = (("", "INSERT INTO a VALUES (?, ?)"), ("", "INSERT INTO b VALUES (?)"))

    assert composed(parts) == (
        "WITH part_0 AS (INSERT INTO a VALUES ($1, $2)) INSERT INTO b VALUES ($3)"
    )


def test_a_part_is_called_by_its_name():
    parts = (
        ("gone", "DELETE FROM a WHERE id = ? RETURNING id"),
        ("", "INSERT INTO b VALUES ((SELECT id FROM gone), ?)"),
    )

    assert composed(parts).startswith("WITH gone AS (DELETE FROM a WHERE id = $1 RETURNING id)")


def test_a_single_part_stands_alone():
    assert composed((("", "DELETE FROM a WHERE id = ?"),)) == "DELETE FROM a WHERE id = $1"
