"""A cursor is one text for one place, and tells when it leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.feed.cursor import AHEAD, END, OTHER_EPOCH, TOO_OLD, Cursor, Head

BASE = "http://feeds.test/feeds/thing"
HEAD = Head("0123456789abcdef", last_number=100, purged_through=40)


@pytest.mark.parametrize(
    ("cursor", "fault"),
    [
        (Cursor(), None),
        (Cursor(epoch=HEAD.epoch), None),
        (Cursor(epoch="f" * 16), OTHER_EPOCH),
        (Cursor(50, HEAD.epoch), None),
        (Cursor(50), OTHER_EPOCH),
        (Cursor(50, "f" * 16), OTHER_EPOCH),
        (Cursor(100, HEAD.epoch), None),
        (Cursor(101, HEAD.epoch), AHEAD),
        (Cursor(40, HEAD.epoch), None),
        (Cursor(39, HEAD.epoch), TOO_OLD),
        (Cursor(39, HEAD.epoch, purged=40), None),
        (Cursor(39, HEAD.epoch, purged=39), TOO_OLD),
        (Cursor(END), None),
        (Cursor(END, HEAD.epoch), None),
        (Cursor(END, "f" * 16), OTHER_EPOCH),
        (Cursor(END - 1, HEAD.epoch), AHEAD),
    ],
)
def test_a_cursor_leads_on_or_says_why_not(cursor: Cursor, fault: object):
    assert cursor.fault(HEAD) == fault


@given(steps=st.lists(st.integers(1, 30), min_size=1, max_size=8), purged=st.integers(0, 100))
def test_a_walk_from_zero_goes_on_until_something_more_is_purged(steps: list[int], purged: int):
    head = Head(HEAD.epoch, 10**6, purged)
    cursor, reached = Cursor(), 0
    for step in steps:
        reached += step
        cursor = cursor.moved(reached, head)
        assert cursor.fault(head) is None
        later = Head(head.epoch, head.last_number, head.last_number)
        assert cursor.fault(later) == TOO_OLD


@given(first=st.integers(0, 100), second=st.integers(0, 100), to=st.integers(101, 200))
def test_readers_at_one_place_share_its_address_however_they_came(first: int, second: int, to: int):
    walks = [Cursor().moved(1, Head(HEAD.epoch, 300, purged)) for purged in (first, second)]

    addresses = {walk.moved(to, HEAD).address(BASE) for walk in walks}

    assert addresses == {f"{BASE}?afterChangeNumber={to}&epoch={HEAD.epoch}"}
