"""The nearest eligible offerings of each need: the pairs that an allocation may choose from.

A pair is eligible when the need has every mark the offering requires, the offering is open at a
wanted time, costs no more than the budget, and lies within reach or comes to the need. Distances
are metres on the plane.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, NamedTuple, Self

import numpy as np
from scipy.spatial import cKDTree

from common.contracts.vocabulary import Channel
from matching.allocation.problem import Candidates, Ints, Keys, Mask

LEAST: Final = 60  # a shorter list loses more people than any solver
BLOCK: Final = 64  # neighbours, at most, that look at one list of offerings together
FIRST_LOOK: Final = 384  # offerings on that list at first
WIDER: Final = 4
NO_WIDER: Final = 2  # times the radius of the first list, for a second look at once
TABLE: Final = 1 << 22  # kinds of needs times kinds of offerings
CHANNELS: Final = tuple(Channel)  # in the order of their bits
REMOTE: Final = 1 << CHANNELS.index(Channel.AT_HOME) | 1 << CHANNELS.index(Channel.ONLINE)
ON_SITE: Final = 1 << CHANNELS.index(Channel.ON_SITE)
NO_LIMIT: Final = 1 << 40  # fen
NO_PRICE: Final = -1
PRICE: Final = 62  # the bit above all marks: whether a price nobody knows is within the budget
ROW_BITS: Final = 24  # a distance and a rank share 64 bits: sorting one sorts both
ANYTIME: Final = 1 << 48  # what is wanted by who names no time; open to them unless shut all day
NO_DAY: Final = 1 << 60  # what is wanted by whom no day is left: nothing is open then
NOWHERE: Final = 0  # the reach of a need whose place nobody knows
COST_BITS: Final = 32
COST_MASK: Final = (1 << COST_BITS) - 1
ABSENT: Final = np.iinfo(np.int64).max
FARTHEST: Final = ABSENT >> ROW_BITS

Rule = Callable[[Ints, Ints], Mask]


class _Table:
    """Columns of one length."""

    key: Keys

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: Ints) -> Self:
        """Some rows."""
        chosen = {f.name: getattr(self, f.name)[rows] for f in fields(self)}  # type: ignore[arg-type]
        return replace(self, **chosen)  # type: ignore[type-var]


@dataclass(frozen=True, slots=True, eq=False)
class Seekers(_Table):
    """What decides where a need may go.

    Who is at a place that nobody knows reaches nothing that stands.
    """

    key: Keys
    category: Ints
    x: Ints
    y: Ints
    has: Ints  # marks of the need, 64 bits
    sure: Ints  # those of them that wait for nothing to be verified
    wanted: Ints  # wanted times, 64 bits, or `ANYTIME`
    budget_fen: Ints
    reach_m: Ints  # walking, at most
    wished: Ints  # channels as bits; 0: any


@dataclass(frozen=True, slots=True, eq=False)
class Suppliers(_Table):
    """What decides whom an offering may take. Offerings without a place should not be here.

    Of one that comes to people, x and y only say which are looked at where there are very many.
    """

    key: Keys
    category: Ints
    x: Ints
    y: Ints
    required: Ints  # marks that a need must have, 64 bits
    open: Ints  # open times, 64 bits, `ANYTIME` among them unless it is shut all day
    price_fen: Ints  # `NO_PRICE` where nobody knows
    channels: Ints  # as bits


def allowed(seekers: Seekers, i: Ints, suppliers: Suppliers, j: Ints) -> Mask:
    """Whether need `i` may go to offering `j`, distance aside; both broadcast."""
    fits: Mask = (suppliers.required[j] & ~seekers.has[i]) == 0
    fits &= (seekers.wanted[i] & suppliers.open[j]) != 0
    fits &= suppliers.price_fen[j] <= seekers.budget_fen[i]
    return fits


def unsure(seekers: Seekers, i: Ints, suppliers: Suppliers, j: Ints) -> Ints:
    """The marks that offering `j` asks and need `i` has only until somebody looks; 0: none."""
    has_budget = (seekers.budget_fen < NO_LIMIT)[i]
    is_priceless = has_budget & (suppliers.price_fen[j] == NO_PRICE)
    marks = suppliers.required[j] & (seekers.has & ~seekers.sure)[i]
    found: Ints = marks | is_priceless.astype(np.int64) << PRICE
    return found


def lowest_mark(marks: Ints) -> Ints:
    """The lowest bit of each; -1 where there is none."""
    below = np.bitwise_count((marks & -marks) - 1).astype(np.int64)
    return np.where(marks != 0, below, -1)


def walks(seekers: Seekers, i: Ints, suppliers: Suppliers, j: Ints, detour: float) -> Ints:
    """Metres on foot from need `i` to offering `j`: none to what comes."""
    square = np.square(seekers.x[i] - suppliers.x[j]) + np.square(seekers.y[i] - suppliers.y[j])
    metres = np.rint(np.sqrt(square) * detour).astype(np.int64)
    walked: Ints = np.where(suppliers.channels[j] & REMOTE, 0, metres)
    return walked


class Scale(NamedTuple):
    """What pairings cost in metres: the straight line times `detour` unless the service comes,
    `wish_m` for a channel that was not wished, `unsure_m` for what is to be verified first.
    """

    detour: float
    wish_m: int = 0
    unsure_m: int = 0


def nearest(
    seekers: Seekers,
    suppliers: Suppliers,
    scale: Scale,
    *,
    count: int = LEAST,
    apply: Callable[..., Iterable[Ints]] = map,
) -> Candidates:
    """The `count` nearest eligible offerings of each need, fewer where there are fewer.

    And as many of those that come to people: the nearest too, though it costs nothing. Equally near
    ones in the order of their keys. `apply` may spread categories.
    """
    shared = np.intersect1d(seekers.category, suppliers.category)
    mine = [np.flatnonzero(seekers.category == category) for category in shared]
    theirs = [np.flatnonzero(suppliers.category == category) for category in shared]
    theirs = [rows[np.argsort(suppliers.key[rows])] for rows in theirs]
    looks = (
        Look(seekers.take(i), suppliers.take(j), count, scale)
        for i, j in zip(mine, theirs, strict=True)
    )
    lists = apply(Look.lists, looks)
    return _joined(len(seekers), [*zip(mine, theirs, lists, strict=True)])


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One category. Packed: a distance or a row in the high bits, so that sorting sorts by it."""

    seekers: Seekers
    suppliers: Suppliers  # by key
    count: int
    scale: Scale

    def lists(self) -> Ints:
        """Row and cost of each need's nearest, and of the nearest that come, packed."""
        comes = (self.suppliers.channels & REMOTE) != 0
        sides = [(np.flatnonzero(comes == side), side) for side in (False, True)]
        return np.concatenate([self._side(rows, side) for rows, side in sides if len(rows)], axis=1)

    def _side(self, theirs: Ints, comes: bool) -> Ints:
        side = replace(self, suppliers=self.suppliers.take(theirs))
        packed = side.packed(comes)
        present = packed != ABSENT
        row = np.where(present, packed & ((1 << ROW_BITS) - 1), 0)
        cost = side.fit(row)
        if not comes:
            cost += np.rint(np.sqrt(packed >> ROW_BITS) * self.scale.detour).astype(np.int64)
        found: Ints = np.where(present, theirs[row] << COST_BITS | cost, ABSENT)
        return found

    def fit(self, row: Ints) -> Ints:
        """Metres for each need at each of its rows, walking aside."""
        seekers, suppliers, scale = self.seekers, self.suppliers, self.scale
        ours, cost = np.arange(len(seekers))[:, None], np.zeros(row.shape, np.int64)
        if scale.wish_m and seekers.wished.any():
            wished = seekers.wished[ours]
            cost += scale.wish_m * ((wished != 0) & (wished & suppliers.channels[row] == 0))
        is_open = (seekers.has != seekers.sure).any() or (suppliers.price_fen == NO_PRICE).any()
        if scale.unsure_m and is_open:
            cost += scale.unsure_m * (unsure(seekers, ours, suppliers, row) != 0)
        return cost

    def packed(self, comes: bool) -> Ints:
        """Square of the distance and row of each need's nearest, however far if they come.

        Neighbours look at one list; whoever cannot be sure looks again, at a longer one.
        """
        reach = np.square(self.seekers.reach_m / self.scale.detour).astype(np.int64)
        found = np.full((len(self.seekers), self.count), ABSENT)
        tree = cKDTree(np.column_stack((self.suppliers.x, self.suppliers.y)))
        looking = _Looking(
            self.seekers,
            self.suppliers,
            np.full_like(reach, FARTHEST) if comes else reach,
            _rule(self.seekers, self.suppliers),
            found,
        )
        rows = np.arange(len(self.seekers))
        width = max(FIRST_LOOK, self.count)
        while len(rows):
            width = min(width, len(self.suppliers))
            places = np.column_stack((self.seekers.x[rows], self.seekers.y[rows]))
            rows = np.concatenate(
                [looking.around(rows[block], tree, width) for block in _blocks(places)]
            )
            width *= WIDER
        return found


class _Looking(NamedTuple):
    """A look under way: who seeks, who supplies, how far squared, who may go, what is found."""

    seekers: Seekers
    suppliers: Suppliers
    reach: Ints
    fits: Rule
    found: Ints

    def around(self, block: Ints, tree: cKDTree, width: int) -> Ints:
        """Fill a block from the `width` offerings around its middle; who needs a longer list.

        Whose list is full knows how far at most to look, and does so at once.
        """
        x, y = self.seekers.x[block], self.seekers.y[block]
        middle = x.mean(), y.mean()
        away, near = tree.query(middle, k=np.arange(1, width + 1))
        last = self.fill(block, near)
        if width == len(self.suppliers):
            return block[:0]
        off = np.hypot(x - middle[0], y - middle[1])
        far = np.minimum(last, self.reach[block])
        unsure = far >= np.square(np.maximum(away[-1] - off - 1, 0))
        bounded = unsure & (last < FARTHEST)
        radius = (np.sqrt(far) + off).max(where=bounded, initial=0) + 1
        if bounded.any() and radius < NO_WIDER * away[-1]:
            again = np.array(tree.query_ball_point(middle, radius), np.intp)
            self.fill(block[bounded], again)
            unsure &= ~bounded
        left: Ints = block[unsure]
        return left

    def fill(self, block: Ints, near: Ints) -> Ints:
        """The nearest among some offerings; the square of the last one's distance."""
        square = np.square(self.seekers.x[block, None] - self.suppliers.x[near])
        square += np.square(self.seekers.y[block, None] - self.suppliers.y[near])
        may_go = self.fits(block, near) & (square <= self.reach[block, None])
        packed = np.where(may_go, square << ROW_BITS | near, ABSENT)
        least = min(self.found.shape[1], len(near))
        packed = np.partition(packed, least - 1, axis=1)[:, :least]
        self.found[block, :least] = packed
        is_short = least < self.found.shape[1]
        return np.full(len(block), FARTHEST) if is_short else packed[:, -1] >> ROW_BITS


def _blocks(places: Any) -> Iterator[Ints]:
    """Rows of points that lie close together, at most `BLOCK` in each."""
    tree = cKDTree(places, leafsize=BLOCK, balanced_tree=False)
    parts = [tree.tree]
    while parts:
        part = parts.pop()
        if part.lesser is None:
            yield tree.indices[part.start_idx : part.end_idx]
        else:
            parts += [part.greater, part.lesser]


def _rule(seekers: Seekers, suppliers: Suppliers) -> Rule:
    """`allowed` for some of both, looked up where few kinds of needs meet few of offerings."""
    ours, our = _kinds(seekers, ("has", "wanted", "budget_fen"))
    theirs, their = _kinds(suppliers, ("required", "open", "price_fen"))
    if len(ours) * len(theirs) > TABLE:
        return lambda i, j: allowed(seekers, i[:, None], suppliers, j[None, :])
    table = allowed(seekers, ours[:, None], suppliers, theirs[None, :])
    return lambda i, j: np.take(table[our[i]], their[j], axis=1)


def _kinds(table: _Table, names: Sequence[str]) -> tuple[Ints, Ints]:
    """A row of each kind, and the kind of each row."""
    number = np.zeros(len(table), np.int64)
    for name in names:
        different, which = np.unique(getattr(table, name), return_inverse=True)
        _, number = np.unique(number * len(different) + which, return_inverse=True)
    return np.unique(number, return_index=True)[1], number


def _joined(needs: int, lists: Sequence[tuple[Ints, Ints, Ints]]) -> Candidates:
    """The lists of all categories as pairs, by need, rising by offering."""
    table = np.full((needs, max((packed.shape[1] for *_, packed in lists), default=0)), ABSENT)
    for mine, theirs, packed in lists:
        present = packed != ABSENT
        row = theirs[np.where(present, packed >> COST_BITS, 0)]
        table[mine, : row.shape[1]] = np.where(
            present, row << COST_BITS | packed & COST_MASK, ABSENT
        )
    table.sort(axis=1)
    present = table != ABSENT
    pairs = table[present]
    starts = np.concatenate(([0], np.cumsum(present.sum(axis=1))))
    return Candidates(starts, pairs >> COST_BITS, pairs & COST_MASK)
