"""The shelf: one large set of columns, small ones with what came since, and what is gone.

Every change goes into small columns and marks what it replaces as gone; `merged` makes one set of
all, which takes the place of the old ones by `swap`. Searching reads all of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching.domain.demand import Need
from matching.domain.eligibility import Verdict, judge, walk
from matching.domain.scoring import Policy, rank, score
from matching.domain.supply import Offer
from matching.shelf import kernel, plain
from matching.shelf.asking import Asked, asked
from matching.shelf.columns import Columns, Rows, arranged
from matching.shelf.compiled import IS_HERE
from matching.shelf.entries import Entry, House
from matching.shelf.lists import Lists, id_of, name_of
from matching.shelf.places import Taken, When, left_after, with_left
from matching.shelf.runs import Hit, Run, Spot
from matching.shelf.terms import TermsTable

Array = NDArray[Any]
Best = Callable[[Columns, Array, TermsTable, Asked, int, float], plain.Found]

RUNS: Final = 12  # small sets before they are worth merging
LATE: Final = 2_000  # rows that came one after another and stand in one set
WORN: Final = 0.01  # share of rows that came or went since the last merge
VIEWS: Final = 16  # times whose places a run keeps: 4 bytes a row each


@dataclass(frozen=True, slots=True)
class Answered:
    """How one offering stands to a need."""

    offer: Offer
    verdict: Verdict
    far: float | None
    minutes: float
    better: int | None


class Shelf:
    """All published offerings of the city, searched in one process."""

    def __init__(self, policy: Policy, best: Best | None = None) -> None:
        """An empty shelf, searched by the kernel where it is installed unless told otherwise."""
        self._best: Final[Best] = best or (kernel.best if IS_HERE else plain.best)
        self.lists: Final = Lists(policy)
        self._runs: list[Run] = []
        self._merging: list[tuple[Run, Array]] = []
        self._taken_today: tuple[When, list[Mapping[bytes, int]]] = (), []
        self._taken_meanwhile, self._rated_meanwhile = set[bytes](), set[UUID]()
        self._is_retaken = False
        self._weights = self._weights_then = 0
        self._count: int | None = None  # rows that stand; None: to be counted

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(run.count for run in self._runs)
        return self._count

    @property
    def runs(self) -> Sequence[Run]:
        """Its sets of columns, the largest first after a merge."""
        return tuple(self._runs)

    def best(self, need: Need, limit: int) -> list[Spot]:
        """The best offerings for a need in order of their rank, equal ones by id."""
        numbers = asked(need, self.lists)
        return [
            Spot(rank, hit.run, row, hit.columns)
            for hit in self.found(numbers, limit)
            for rank, row in zip(hit.found.ranks.tolist(), hit.found.rows.tolist(), strict=True)
        ]

    def found(self, numbers: Asked, limit: int) -> list[Hit]:
        """The best rows in order, those of one run side by side."""
        found, most = [], inf
        for run in self._runs:
            hit = self._search(run, numbers, limit, most)
            if len(hit.found.rows):
                found.append(hit)
            if len(hit.found.rows) == limit > 0:
                most = float(hit.found.ranks[-1])
        if len(found) <= 1:
            return found
        first = plain.first(
            [hit.found for hit in found],
            lambda: [hit.run.columns.rows.id[hit.found.rows] for hit in found],
            limit,
        )
        return [found[number]._replace(found=each) for number, each in first]

    def _search(self, run: Run, numbers: Asked, limit: int, most: float) -> Hit:
        """The best rows of one run, none beyond what may still be among the best of all."""
        columns = self.seen(run, numbers.when)
        found = self._best(columns, run.gone, self.lists.terms, numbers, limit, most)
        return Hit(run, columns, found)

    def seen(self, run: Run, when: When) -> Columns:
        """The columns of a run with the places that are left at one of some times."""
        found = run.views.get(when)
        if found is None:
            places = self.lists.places
            if not any(places.on(at) for at in when):
                return run.columns
            if len(run.views) >= VIEWS:
                run.views.clear()
            found = run.views[when] = with_left(run.columns, [places.on(at) for at in when])
        return found

    def offer(self, spot: Spot) -> Offer:
        """What was found, as the rules read it."""
        return self.lists.offer(spot.columns.rows, spot.row)

    def name(self, spot: Spot) -> str:
        """The name of what was found."""
        return name_of(spot.run.columns.rows.begin.at(spot.row))

    def find(self, offering_id: UUID) -> Spot | None:
        """Where an offering stands, if it does."""
        for run in self._runs:
            row = run.columns.row_of(offering_id.int)
            if row is not None and not run.gone[row]:
                return Spot(0.0, run, row, run.columns)
        return None

    def answer(self, need: Need, offering_id: UUID) -> Answered | None:
        """Every rule of an offering for a need, and how many stand before it; None: not here."""
        spot = self.find(offering_id)
        if spot is None:
            return None
        columns = self.seen(spot.run, self.lists.places.when(need.moments))
        offer, policy = self.lists.offer(columns.rows, spot.row), self.lists.policy
        verdict = judge(need, offer, policy.walk)
        far = walk(need, offer, policy.walk)
        minutes = score(policy, need, offer, far)
        better = None
        if verdict.eligible is not False:
            better = self._before(need, (rank(minutes, verdict), offering_id))
        return Answered(offer, verdict, far, minutes, better)

    def offers(self) -> Iterator[Offer]:
        """Everything that stands, as values: for a scan by hand."""
        for run in self._runs:
            for row in np.flatnonzero(~run.gone).tolist():
                yield self.lists.offer(run.columns.rows, row)

    def of_venue(self, venue_id: UUID) -> list[tuple[Run, Array]]:
        """The rows of each run that happen in a venue."""
        known = self.lists.venues.known(frozenset({venue_id}))
        if not known:
            return []
        return [
            (run, np.flatnonzero((run.columns.rows.venue == known[0]) & ~run.gone))
            for run in self._runs
        ]

    def put(self, entries: Iterable[Entry]) -> None:
        """Offerings, new or in the place of what stood under their ids."""
        latest = list({entry.id: entry for entry in entries}.values())
        if latest:
            self.drop([entry.id for entry in latest])
            self._add(self.lists.rows(latest))

    def fill(self, portions: Iterable[Sequence[Entry]]) -> None:
        """Many offerings at once on an empty shelf; of equal ids the last one stays."""
        self.lay([self.lists.rows(portion) for portion in portions if portion])

    def lay(self, parts: Sequence[Rows]) -> None:
        """Rows of this shelf's lists on the empty shelf; of equal ids the last one stays."""
        if parts:
            self._add(self.lists.weighed(Rows.joined(parts).latest()))

    def drop(self, ids: Iterable[UUID]) -> None:
        """Offerings that are no longer published."""
        for offering_id in ids:
            if (spot := self.find(offering_id)) is not None:
                spot.run.gone[spot.row] = True
                self._count = None

    def settle(self, venue_id: UUID, house: House) -> None:
        """A venue as it is now, with every offering in it."""
        self.lists.settle(venue_id, house)
        moved = []
        for run, places in self.of_venue(venue_id):
            if len(places):
                moved.append(self.lists.moved(run.columns.rows.take(places), house))
                run.gone[places] = True
        if moved:
            self._add(Rows.joined(moved))

    def take(self, offering: bytes, taken: Taken) -> None:
        """The places that are taken of an offering in each period; at once."""
        self.lists.places.put(offering, taken)
        self._recount(offering, self._runs)
        if self._merging:
            self._taken_meanwhile.add(offering)

    def retake(self, taken: Mapping[bytes, Taken]) -> None:
        """All places that are taken, counted anew."""
        self.lists.places.replace(taken)
        for run in self._runs:
            run.views.clear()
        self._is_retaken = True

    def rate(self, ratings: Mapping[UUID, tuple[UUID, str, float] | None]) -> None:
        """Ratings as they are now, by their own ids (`Lists.rate`); at once."""
        moved = {each for key, rating in ratings.items() for each in self.lists.rate(key, rating)}
        self._rate(moved, self._runs)
        if self._merging:
            self._rated_meanwhile |= moved

    def weigh(self, policy: Policy | None = None) -> None:
        """Take other weights, and all ratings and prices as `lists` holds them now."""
        if policy is not None:
            self.lists.weigh(policy)
        self._weights += 1
        for run in self._runs:
            self._weigh(run)

    @property
    def is_worn(self) -> bool:
        """Whether so much changed that merging is worth its time, and nobody is at it."""
        is_one = len(self._runs) <= 1 and not any(run.gone.any() for run in self._runs[:1])
        if is_one or self._merging:
            return False
        late = sum(len(run.gone) for run in self._runs[1:])
        gone = int(np.count_nonzero(self._runs[0].gone))
        return len(self._runs) > RUNS or late + gone > WORN * len(self._runs[0].gone)

    def frozen(self) -> list[tuple[Run, Array]]:
        """What a merge begins with: changes to these runs are noted until `swap` or `thaw`."""
        self._is_retaken, self._weights_then = False, self._weights
        today = self.lists.places.when(())
        self._taken_today = today, [self.lists.places.on(at) for at in today]
        self._merging = [(run, run.gone.copy()) for run in self._runs]
        return self._merging

    def merged(self, parts: Sequence[tuple[Run, Array]]) -> Run:
        """One run of several. Reads what `frozen` took hold of: it may happen in a thread."""
        rows = Rows.joined([run.columns.rows.take(np.flatnonzero(~gone)) for run, gone in parts])
        run, (today, taken) = self._arranged(rows), self._taken_today
        run.weights = self._weights_then  # others may have come since: `swap` looks
        if any(taken):
            run.views[today] = with_left(run.columns, taken)
        return run

    def swap(self, run: Run) -> None:
        """Put a merged run in the place of those it was made of, with what went meanwhile."""
        for old, gone_then in self._merging:
            for row in np.flatnonzero(old.gone & ~gone_then).tolist():
                place = run.columns.row_of(id_of(old.columns.rows, row).int)
                if place is not None:
                    run.gone[place] = True
        if run.weights != self._weights:
            self._weigh(run)
        self._rate(self._rated_meanwhile, [run])
        old_runs = {id(old) for old, _ in self._merging}
        self._count = None
        self._runs = [run, *(each for each in self._runs if id(each) not in old_runs)]
        if self._is_retaken:
            run.views.clear()
        for offering in self._taken_meanwhile:
            self._recount(offering, [run])
        self.thaw()

    def thaw(self) -> None:
        """No merge is under way, ended or not."""
        self._merging, self._taken_meanwhile, self._rated_meanwhile = [], set(), set()

    def merge(self) -> None:
        """Make one run of all, here and now."""
        if self._runs:
            self.swap(self.merged(self.frozen()))

    def _weigh(self, run: Run) -> None:
        rows = self.lists.weighed(run.columns.rows)
        run.columns = run.columns.weighed(rows, self.lists.standing(rows))
        run.weights = self._weights
        run.views.clear()

    def _rate(self, providers: Set[UUID], runs: Sequence[Run]) -> None:
        """Bring the ratings of some providers' rows up to date."""
        numbers = self.lists.providers.known(frozenset(providers))
        for run in runs if numbers else ():
            places = np.flatnonzero(np.isin(run.columns.rows.provider, numbers))
            rows = run.columns.rows.take(places)
            rows = replace(rows, rating=self.lists.rated(rows))
            run.columns.rate(places, rows.rating, self.lists.standing(rows))

    def _recount(self, offering: bytes, runs: Sequence[Run]) -> None:
        """Bring what is left of one offering up to date wherever it is seen."""
        for run in runs:
            row = run.columns.row_of(int.from_bytes(offering)) if run.views else None
            if row is None:
                continue
            there = int(run.columns.rows.left[row])
            for when, view in run.views.items():
                taken = min(self.lists.places.on(at).get(offering, 0) for at in when)
                view.rows.left[row] = left_after(there, taken)

    def _add(self, rows: Rows) -> None:
        """Put rows on the shelf, together with those that came last: each run costs each search."""
        self._count = None
        if self._is_joined_to_last(len(rows)):
            last = self._runs.pop()
            rows = Rows.joined([last.columns.rows.take(np.flatnonzero(~last.gone)), rows])
        self._runs.append(self._arranged(rows))

    def _is_joined_to_last(self, count: int) -> bool:
        """Whether the last run is a small one, still with so many more, and no merge has it."""
        if len(self._runs) < 2 or len(self._runs[-1].gone) + count > LATE:
            return False
        return all(run is not self._runs[-1] for run, _ in self._merging)

    def _arranged(self, rows: Rows) -> Run:
        weights, standing = self._weights, self.lists.standing(rows)
        asks = self.lists.terms.asks(rows.who, rows.where)
        columns = arranged(rows, tuple(self.lists.paths.values), standing, asks)
        return Run(columns, np.zeros(len(rows), dtype=np.bool_), weights)

    def _before(self, need: Need, key: tuple[float, UUID]) -> int:
        """How many eligible offerings rank before a key."""
        numbers, count = asked(need, self.lists), 0
        for run in self._runs:
            view = self.seen(run, numbers.when)
            found = plain.eligible(view, run.gone, self.lists.terms, numbers)
            count += int(np.count_nonzero(found.ranks < key[0]))
            equal = found.rows[found.ranks == key[0]].tolist()
            count += sum(id_of(run.columns.rows, row) < key[1] for row in equal)
        return count
