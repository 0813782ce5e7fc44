"""What changed between versions, by values alone."""

from datetime import UTC, datetime
from typing import Any

from registry.domain.history import Changed, Version, differences, steps

AT = datetime(2026, 3, 1, tzinfo=UTC)


def version(number: int, **facts: Any) -> Version:
    return Version(number, AT, "clerk", {"id": "x", "version": number, **facts})


def test_only_fields_that_differ_are_told() -> None:
    old, new = version(1, name="甲", phone="1"), version(2, name="乙", phone="1")

    assert differences(old, new) == [Changed("name", "甲", "乙")]


def test_the_first_version_tells_all_that_it_says_and_no_empty_field() -> None:
    assert differences(None, version(1, name="甲", phone=None, accessibility=[])) == [
        Changed("name", None, "甲")
    ]


def test_a_field_that_is_emptied_is_told() -> None:
    assert differences(version(1, phone="1"), version(2, phone=None)) == [
        Changed("phone", "1", None)
    ]


def test_free_is_another_price_than_none_and_no_is_another_answer_than_silence() -> None:
    old, new = version(1, price_fen=None, age_min=0), version(2, price_fen=0, age_min=None)
    said, unsaid = version(1, is_approval_needed=False), version(2, is_approval_needed=None)

    assert differences(old, new) == [Changed("price_fen", None, 0), Changed("age_min", 0, None)]
    assert differences(said, unsaid) == [Changed("is_approval_needed", False, None)]


def test_a_field_that_an_older_release_did_not_know_appears_once_it_says_something() -> None:
    assert differences(version(1), version(2, note="新")) == [Changed("note", None, "新")]
    assert differences(version(1), version(2, note=None)) == []


def test_what_follows_from_other_fields_is_not_told() -> None:
    old = version(1, area_code="310101001001", area_id="a", updated_at="1")
    new = version(2, area_code="310101001002", area_id="b", updated_at="2")

    assert [each.name for each in differences(old, new)] == ["area_code"]


def test_each_version_goes_with_its_own_changes() -> None:
    found = steps([version(3, name="丙"), version(2, name="乙"), version(1, name="甲")])

    assert [(new.version, changed[0].before) for new, changed in found] == [
        (3, "乙"),
        (2, "甲"),
        (1, None),
    ]
    assert steps([]) == []
