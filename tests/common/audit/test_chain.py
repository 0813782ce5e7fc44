from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.audit.chain import START, Fault, Head, Link, canonical, chained, first_break, link_hash

ENTRIES = [
    {
        "id": f"id-{number}",
        "at": f"2026-03-02T01:30:00.{number:06d}Z",
        "actor": f"clerk-{number % 3}",
        "action": "offering.publish",
        "target_kind": "offering",
        "target_id": str(number),
        "area": "310101002",
        "outcome": "done",
        "after": {"状态": "published", "价格": number},
    }
    for number in range(12)
]
LINKS = chained(START, ENTRIES)
places = st.integers(0, len(LINKS) - 1)


@dataclass
class Verdict:
    seq: int
    fault: Fault


def judged(links: list[Link]) -> Verdict | None:
    _, found = first_break(START, links)
    return None if found is None else Verdict(found.seq, found.fault)


def test_a_whole_chain_ends_at_its_head():
    assert first_break(START, LINKS) == (Head(12, LINKS[-1].hash), None)


def test_a_chain_can_be_walked_and_continued_in_pieces():
    middle, _ = first_break(START, LINKS[:5])

    assert first_break(middle, LINKS[5:]) == (Head(12, LINKS[-1].hash), None)
    assert chained(middle, ENTRIES[5:]) == LINKS[5:]


def test_the_hash_is_pinned_so_that_an_auditor_can_compute_it_elsewhere():
    assert canonical({"b": 1, "a": "邻里", "c": None}) == '{"a":"邻里","b":1,"c":null}'
    assert link_hash(bytes(32), 1, '{"a":"邻里"}').hex() == (
        "d4c03e128f4dad82e978351e2e487216232a0d9b9f9fb8a635730571ea613f91"
    )


@given(places, st.data())
def test_any_changed_character_of_an_entry_is_named(where, data):
    link = LINKS[where]
    at = data.draw(st.integers(0, len(link.entry) - 1))
    letter = data.draw(st.characters(codec="utf-8"))
    changed = link.entry[:at] + letter + link.entry[at + 1 :]
    altered = [*LINKS[:where], link._replace(entry=changed), *LINKS[where + 1 :]]

    expected = None if changed == link.entry else Verdict(link.seq, Fault.ALTERED)
    assert judged(altered) == expected


@given(places, st.sampled_from(["hash", "prev_hash"]), st.integers(0, 255))
def test_any_changed_bit_of_a_hash_is_named(where, column, bit):
    value = bytearray(getattr(LINKS[where], column))
    value[bit // 8] ^= 1 << bit % 8
    altered = list(LINKS)
    altered[where] = LINKS[where]._replace(**{column: bytes(value)})

    assert judged(altered) == Verdict(where + 1, Fault.ALTERED)


@given(places, st.sampled_from(sorted(LINKS[0].copies)), st.text(max_size=5))
def test_a_changed_lookup_column_is_named(where, column, value):
    assume(value != LINKS[where].copies[column])
    altered = list(LINKS)
    altered[where] = LINKS[where]._replace(copies={**LINKS[where].copies, column: value})

    assert judged(altered) == Verdict(where + 1, Fault.ALTERED)


@given(st.integers(0, len(LINKS) - 2))
def test_a_removed_entry_is_missed(where):
    assert judged([*LINKS[:where], *LINKS[where + 1 :]]) == Verdict(where + 1, Fault.MISSING)


@given(places, places)
def test_two_entries_that_changed_places_are_noticed(one, other):
    swapped = list(LINKS)
    swapped[one] = LINKS[other]._replace(seq=one + 1)
    swapped[other] = LINKS[one]._replace(seq=other + 1)

    assert (judged(swapped) is None) == (one == other)


@given(places)
def test_an_entry_rewritten_with_its_own_hash_still_breaks_the_next(where):
    forged = chained(Head(where, LINKS[where].prev_hash), [{**ENTRIES[where], "actor": "nobody"}])
    altered = [*LINKS[:where], *forged, *LINKS[where + 1 :]]

    last = where == len(LINKS) - 1  # what is rewritten at the very end, only an anchor tells
    assert judged(altered) == (None if last else Verdict(where + 2, Fault.ALTERED))


def test_a_chain_that_does_not_begin_at_the_beginning_is_noticed():
    assert judged(LINKS[3:]) == Verdict(1, Fault.MISSING)


@pytest.mark.parametrize("junk", ["", "[]", "{", "null", "5"])
def test_junk_instead_of_an_entry_is_altered_and_no_crash(junk):
    altered = [LINKS[0]._replace(entry=junk, hash=link_hash(bytes(32), 1, junk)), *LINKS[1:]]

    assert judged(altered) == Verdict(1, Fault.ALTERED)
