"""The shelf of what is published: written once a state, bounded, never another state's bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from procurement.shelf import Shelf, State, etag

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def state(number: int, version: int = 1) -> State:
    return State("tender", UUID(int=number), version, NOW + timedelta(minutes=version))


class Desk:
    """Writes what is asked for, and remembers it."""

    def __init__(self) -> None:
        self.written: list[int] = []

    async def write(self, ids: Sequence[UUID]) -> dict[UUID, bytes]:
        self.written += [each.int for each in ids]
        return {each: b"%d " % each.int * 10 for each in ids}


async def test_a_state_is_written_once_and_told_in_the_order_that_is_asked_for():
    shelf, desk = Shelf(), Desk()
    first = await shelf.taken([state(2), state(1)], desk.write)
    again = await shelf.taken([state(1), state(3), state(2)], desk.write)

    assert [body[:1] for body in first] == [b"2", b"1"]
    assert [body[:1] for body in again] == [b"1", b"3", b"2"]
    assert desk.written == [2, 1, 3]


async def test_a_new_version_is_written_anew():
    shelf, desk = Shelf(), Desk()
    for version in (1, 2, 1):
        await shelf.taken([state(7, version)], desk.write)

    assert desk.written == [7, 7]


async def test_what_was_not_asked_for_longest_makes_room():
    shelf, desk = Shelf(most_bytes=45), Desk()  # two of twenty bytes each
    for number in (1, 2, 1, 3, 1, 2):
        await shelf.taken([state(number)], desk.write)
    whole = await shelf.taken([state(n) for n in range(1, 9)], desk.write)

    assert desk.written[:4] == [1, 2, 3, 2]
    assert len(whole) == 8


def test_another_state_or_another_next_page_has_another_tag():
    tags = {
        etag([state(1)], None),
        etag([state(1)], "next"),
        etag([state(1, 2)], None),
        etag([], None),
    }

    assert len(tags) == 4
