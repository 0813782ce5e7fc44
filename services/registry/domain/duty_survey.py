"""The rosters of a whole city at once: what `duties.gaps` finds for each venue, in columns. Pure.

A pair is a roster and a day, by its position in the span. Nearly all days of a roster are one of
nine typical days, looked at once for each combination of hours; only days with an absence or with
hours of their own are looked at pair by pair. A day is 23 words of 64 minutes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from common.opening import DAY_MINUTES, MAKEUP_SLOT
from registry.domain.duties import WHOLE_DAY, Cover, Gap, Span

Ints = NDArray[np.int64]
Bits = NDArray[np.uint64]

WORDS: Final = -(-DAY_MINUTES // 64)
ALWAYS: Final = 0
NEVER: Final = 1
# The first two of all covers: of a post without hours of its own, and of a day without a roster.
COVERS: Final = (
    Cover((WHOLE_DAY,) * (MAKEUP_SLOT + 1), {}),
    Cover((0,) * (MAKEUP_SLOT + 1), {}),
)
_EDGES: Final = np.arange(WORDS) * 64
_BELOW: Final = np.array([(1 << bits) - 1 for bits in range(65)], dtype=np.uint64)
_BLOCK: Final = 50_000  # pairs at a time: some 10 MB an array


@dataclass(frozen=True, slots=True)
class Rosters:
    """Rosters: whose, from which day up to which, and the covers of A and of B.

    Those of one venue share no day (an exclusion constraint).
    """

    venue: Ints
    first: Ints
    after: Ints
    a: Ints
    b: Ints


@dataclass(frozen=True, slots=True)
class Absences:
    """Times in which nobody holds a post: of which roster, 0 for A, in minutes of the span."""

    roster: Ints
    post: Ints
    start: Ints
    end: Ints

    def by_day(self, days: int) -> "Absences":
        """Split at midnight: `roster` becomes the pair, times become minutes of its day."""
        first = np.maximum(self.start // DAY_MINUTES, 0)
        last = np.minimum((self.end - 1) // DAY_MINUTES, days - 1)
        which, ahead = _counted(np.maximum(last - first + 1, 0))
        day = first[which] + ahead
        pair = self.roster[which] * days + day
        order = np.argsort(pair * 2 + self.post[which], kind="stable")
        start = self.start[which] - day * DAY_MINUTES
        end = self.end[which] - day * DAY_MINUTES
        return Absences(
            pair[order],
            self.post[which][order],
            np.maximum(start, 0)[order],
            np.minimum(end, DAY_MINUTES)[order],
        )


class Survey:
    """Every venue of a span, day by day."""

    def __init__(
        self,
        covers: Sequence[Cover],
        opened: Ints,
        rosters: Rosters,
        absences: Absences,
        span: Span,
    ) -> None:
        self._days = len(span.slots)
        self._start = span.first
        self._slots = np.array(span.slots, dtype=np.int64)
        self._typical = np.array(
            [[_words(minutes) for minutes in each.slots] for each in covers], dtype=np.uint64
        )
        self._dated_keys, self._dated = self._exceptions(covers)
        # Behind the rosters one a venue in which nobody stands, for the days that are left.
        nobody = np.full(len(opened), NEVER)
        self._venue = np.concatenate([rosters.venue, np.arange(len(opened))])
        self._opened = opened[self._venue]
        self._a = np.concatenate([rosters.a, nobody])
        self._b = np.concatenate([rosters.b, nobody])
        self._away = absences.by_day(self._days)
        self._holder = self._held(rosters, len(opened))
        self.minutes = self._counted_minutes()

    def first_gaps(self, limit: int) -> dict[int, list[Gap]]:
        """By venue its first days with open minutes that nobody covers, and those minutes."""
        bare = self.minutes > 0
        wanted = bare & (np.cumsum(bare, axis=1, dtype=np.int16) <= limit)
        venue, day = np.nonzero(wanted)
        if not len(venue):
            return {}
        left = self._left(self._holder[venue, day].astype(np.int64), day)
        found: dict[int, list[Gap]] = {}
        for at, on, words in zip(venue.tolist(), day.tolist(), left, strict=True):
            minutes = int.from_bytes(words.tobytes(), "little")
            found.setdefault(at, []).append((self._start + on, minutes))
        return found

    def _exceptions(self, covers: Sequence[Cover]) -> tuple[Ints, Bits]:
        """Days of the span that follow no rule, by cover and day."""
        found = sorted(
            (cover * self._days + day - self._start, minutes)
            for cover, each in enumerate(covers)
            for day, minutes in each.dated.items()
            if self._start <= day < self._start + self._days
        )
        words = [_words(minutes) for _, minutes in found]
        keys = np.array([key for key, _ in found], dtype=np.int64)
        return keys, np.array(words, dtype=np.uint64).reshape(-1, WORDS)

    def _held(self, rosters: Rosters, venues: int) -> NDArray[np.int32]:
        """Which roster holds a day of a venue."""
        count = len(rosters.venue)
        nobody = np.arange(count, count + venues, dtype=np.int32)
        holder = np.repeat(nobody[:, None], self._days, axis=1)
        columns = (rosters.venue.tolist(), rosters.first.tolist(), rosters.after.tolist())
        for number, (venue, first, after) in enumerate(zip(*columns, strict=True)):
            holder[venue, first:after] = number
        return holder

    def _counted_minutes(self) -> NDArray[np.int16]:
        """Uncovered minutes by venue and day: typical days first, then the others over them."""
        size = len(self._typical)
        hours = (self._opened * size + self._a) * size + self._b
        kinds, kind = np.unique(hours, return_inverse=True)
        opened, a, b = kinds // size**2, kinds // size % size, kinds % size
        bare = np.empty((len(kinds), MAKEUP_SLOT + 1), dtype=np.int16)
        for some in _blocks(len(kinds), _BLOCK // (MAKEUP_SLOT + 1)):
            covered = self._typical[a[some]] | self._typical[b[some]]
            bare[some] = _count(self._typical[opened[some]] & ~covered)
        minutes = bare[kind.astype(np.int32)[self._holder], self._slots]
        roster, day = self._special()
        for some in _blocks(len(roster), _BLOCK):
            counted = _count(self._left(roster[some], day[some]))
            minutes[self._venue[roster[some]], day[some]] = counted
        return minutes

    def _special(self) -> tuple[Ints, Ints]:
        """Pairs with an absence or with hours of their own, each once and in order."""
        pairs = [self._away.roster]
        for cover in (self._opened, self._a, self._b):
            start = np.searchsorted(self._dated_keys, cover * self._days)
            end = np.searchsorted(self._dated_keys, (cover + 1) * self._days)
            roster, ahead = _counted(end - start)
            day = self._dated_keys[start[roster] + ahead] % self._days
            pairs.append(roster * self._days + day)
        roster, day = np.divmod(np.unique(np.concatenate(pairs)), self._days)
        held = self._holder[self._venue[roster], day] == roster
        return roster[held], day[held]

    def _left(self, roster: Ints, day: Ints) -> Bits:
        """The open minutes of pairs that neither A nor B covers."""
        gone = self._gone(roster * self._days + day)
        a = self._on(self._a[roster], day) & ~gone[0]
        b = self._on(self._b[roster], day) & ~gone[1]
        left: Bits = self._on(self._opened[roster], day) & ~(a | b)
        return left

    def _on(self, cover: Ints, day: Ints) -> Bits:
        """The minutes of covers on days."""
        minutes: Bits = self._typical[cover, self._slots[day]]
        at, found = _places(self._dated_keys, cover * self._days + day)
        minutes[found] = self._dated[at[found]]
        return minutes

    def _gone(self, pairs: Ints) -> Bits:
        """The minutes of pairs in which nobody holds A, and B."""
        gone = np.zeros((2, len(pairs), WORDS), dtype=np.uint64)
        order = np.argsort(pairs, kind="stable")
        bounds = np.searchsorted(self._away.roster, (pairs[order[0]], pairs[order[-1]] + 1))
        near = slice(*bounds)
        at, found = _places(pairs[order], self._away.roster[near])
        at, post = order[at[found]], self._away.post[near][found]
        if not len(at):
            return gone
        minutes = _between(self._away.start[near][found], self._away.end[near][found])
        begins = np.flatnonzero(np.diff(at * 2 + post, prepend=-1))
        gone[post[begins], at[begins]] = np.bitwise_or.reduceat(minutes, begins, axis=0)
        return gone


def _words(minutes: int) -> Bits:
    """A day's bits as words, the first minute in the lowest bit of the first one."""
    return np.frombuffer(minutes.to_bytes(WORDS * 8, "little"), dtype="<u8")


def _between(start: Ints, end: Ints) -> Bits:
    """Words whose bits are set from a minute up to another."""
    upto = np.clip(end[:, None] - _EDGES, 0, 64)
    minutes: Bits = _BELOW[upto] ^ _BELOW[np.clip(start[:, None] - _EDGES, 0, 64)]
    return minutes


def _count(bits: Bits) -> Ints:
    counted: Ints = np.bitwise_count(bits).sum(axis=-1, dtype=np.int64)
    return counted


def _counted(counts: Ints) -> tuple[Ints, Ints]:
    """For each item its number so many times, and how many came before it of the same."""
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)


def _places(keys: Ints, asked: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Where keys lie in a sorted column, and whether they do."""
    at = np.searchsorted(keys, asked)
    inside = at < len(keys)
    found = inside.copy()
    found[inside] = keys[at[inside]] == asked[inside]
    return at, found


def _blocks(length: int, size: int) -> Iterator[slice]:
    for start in range(0, length, size):
        yield slice(start, start + size)
