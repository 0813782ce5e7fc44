"""What the files of the walkthrough show of a call, and what they hide because it differs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from common.clock import city_day, utc_now
from deploy.local.story.walkthrough import Told, Walkthrough

NEED, VENUE = "0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000002"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
KEY = "c2VhbGVkLWJpZC1rZXktb2Ytc29tZS1ieXRlcy1oZXJl"  # base64, as keys and bids travel
IN_AN_HOUR = (utc_now() + timedelta(hours=1)).isoformat()
TOMORROW = str(city_day(utc_now()) + timedelta(days=1))


def told(found: Any, *, path: str = "v1/needs", body: Any = None, method: str = "POST") -> Told:
    """A call of a clerk, with its answer."""
    headers = {"Idempotency-Key": NEED, "If-Match": '"v3"'}
    address = f"matching/{path}"
    return Told("求助 / A need", "科员", "clerk", method, address, body, headers, 201, found)


def written(directory: Path, *calls: Told) -> str:
    """One chapter with these calls."""
    files = Walkthrough(directory, ("matching",))
    files.chapter("一", "One")
    for call in calls:
        files.add(call)
    files.close()
    return (directory / "0.http").read_text()


def answer(directory: Path, found: Any) -> str:
    """The line that tells what was answered."""
    (line,) = (each for each in written(directory, told(found)).splitlines() if each[:3] == "# →")
    return line.removeprefix("# → 201 ")


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"status": "open", "is_rated": False}, '{"status": "open", "is_rated": false}'),
        ({"id": NEED, "source": f"matching/{NEED}"}, "{}"),
        ({"on": TOMORROW, "at": IN_AN_HOUR}, "{}"),
        ({"digest": DIGEST, "key": KEY, "bid": KEY * 3}, "{}"),
        ({"number": "XQ-202611-000001", "value": "12.50", "persons": 36, "gone": None}, "{}"),
        ({"status": "open", "is_provisional": True, "is_due_provisional": False}, None),
        ({"needs": ["a", "b"], "matches": []}, '{"needs": "[…]", "matches": "[]"}'),
        ([{"status": "open"}], '{"items": "[…]"}'),
    ],
    ids=["words", "ids", "days", "sealed", "numbers", "provisional", "lengths", "a list"],
)
def test_an_answer_shows_what_holds_on_any_day(tmp_path: Path, found: Any, shown: str) -> None:
    assert answer(tmp_path, found) == (shown or '{"status": "open"}')


def test_what_differs_from_telling_to_telling_is_asked_as_a_variable(tmp_path: Path) -> None:
    sent = {
        "need_id": NEED,
        "venue_id": VENUE,
        "on": TOMORROW,
        "at": IN_AN_HOUR,
        "year": city_day(utc_now()).year + 1,
        "digest": DIGEST,
        "words": "午饭没有着落",
    }
    made, step = told({"id": NEED}), told({"id": NEED}, path=f"v1/needs/{NEED}/closing", body=sent)

    text = written(tmp_path, made, step)

    assert "@matching = http://127.0.0.1:8000/matching\n" in text
    assert "@need_1 = {{need_1.response.body.id}}\n" in text
    assert "POST {{matching}}/v1/needs/{{need_1}}/closing\n" in text
    assert "Authorization: Bearer {{clerk}}\nIdempotency-Key: {{$guid}}\n" in text
    for line in (
        '"need_id": "{{need_1}}"',
        '"venue_id": "{{venue_id}}"',
        '"on": "{{$datetime \'YYYY-MM-DD\' 1 d}}"',
        '"at": "{{$datetime iso8601 1 h}}"',
        "\"year\": {{$datetime 'YYYY' 1 y}}",
        '"digest": "{{digest}}"',
        '"words": "午饭没有着落"',
    ):
        assert f"  {line}" in text
    assert not any(secret in text for secret in (NEED, VENUE, DIGEST, IN_AN_HOUR))


def test_an_id_of_an_earlier_chapter_is_declared_at_the_head_of_a_later_one(
    tmp_path: Path,
) -> None:
    files = Walkthrough(tmp_path, ("matching",))
    files.chapter("一", "One")
    files.add(told({"id": NEED}))
    files.chapter("二", "Two")
    files.add(told({"id": NEED}, path=f"v1/needs/{NEED}", method="GET"))
    files.close()

    head, _, calls = (tmp_path / "1.http").read_text().partition("###")
    assert head.startswith("# 二 / Two\n")
    assert "@need_1 =\n" in head
    assert "GET {{matching}}/v1/needs/{{need_1}}\n" in calls
