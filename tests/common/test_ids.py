"""Ids of records, one by one and many at once."""

from uuid import UUID

from common.ids import uuid7, uuid7_text, uuid7s


def test_many_ids_are_distinct_ascending_and_of_version_seven() -> None:
    made = uuid7s(10_000)
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {uuid7().variant}


def test_many_ids_begin_with_the_present_millisecond() -> None:
    before = uuid7().int >> 80
    made = uuid7s(3)
    assert before <= made[0].int >> 80 <= uuid7().int >> 80


def test_an_id_made_as_text_is_one_like_the_others() -> None:
    before, text, after = uuid7(), uuid7_text(), uuid7()
    assert str(UUID(text)) == text
    assert UUID(text).version == 7
    assert before.int >> 80 <= UUID(text).int >> 80 <= after.int >> 80


def test_no_ids_are_none() -> None:
    assert uuid7s(0) == []
