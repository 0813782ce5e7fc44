"""Which figures of a published table stay hidden, so that none on fewer than ten people is told.

A figure of one to nine people is hidden. Then no difference may tell it: with all sums of rows and
columns published too, another table must exist that looks the same and differs in that figure. It
exists exactly when people can be moved round a circle of hidden cells: one more here, one less
there, and every cell stays within what is known of it. The circle is looked for in the graph whose
nodes are rows and columns and whose edges are hidden cells.
Source: rule `publish.minimum`; Gusfield (1988) on two-way tables with exact sums.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.contracts.shapes import SMALLEST_FIGURE

Counts = NDArray[np.int64]
Hidden = NDArray[np.bool_]
Cell = tuple[int, int]
_NO_CELL: Final = (-1, -1)


class Room(NamedTuple):
    """Which cells could hold more people than they do, and which fewer."""

    more: Hidden
    fewer: Hidden


class _Nodes(NamedTuple):
    rows: Hidden
    columns: Hidden


def is_few(counts: Counts) -> Hidden:
    """Where a count is about somebody, but about too few to be told."""
    found: Hidden = (counts > 0) & (counts < SMALLEST_FIGURE)
    return found


def hidden(
    table: Counts,
    *,
    least: Counts | None = None,
    most: Counts | None = None,
    also: Hidden | None = None,
) -> Hidden:
    """The cells to hide in a table (rows, columns) whose row and column sums are published.

    `least` and `most` are what a reader knows of each cell from elsewhere, for one that may be no
    smaller than its part and no greater than its whole; `also` are cells to be hidden for another
    reason and guarded alike. A guarded cell stays open only in a table too small to hide anything
    in, which is then hidden as a whole. The smallest figure that helps is hidden first, nobody's
    last. Deterministic.
    """
    guarded = is_few(table) if also is None else is_few(table) | also
    room = Room(
        np.ones_like(guarded) if most is None else table < most,
        table > (0 if least is None else least),
    )
    mask = _lines_closed(table, guarded)
    for row, column in np.argwhere(guarded).tolist():
        while not _may_differ(mask, room, (row, column)):
            helper = _helper(table, mask, room, (row, column))
            if helper == _NO_CELL:
                return np.ones_like(mask)
            mask[helper] = True
            mask = _lines_closed(table, mask)
    return mask


def _lines_closed(table: Counts, mask: Hidden) -> Hidden:
    """Hide more until every row and column with a hidden cell hides enough."""
    grown = mask.copy()
    changed = True
    while changed:
        changed = False
        for cells, covered in ((table, grown), (table.T, grown.T)):
            for line in np.flatnonzero(_hides_too_little(cells, covered)):
                while _hides_too_little(cells[[line]], covered[[line]])[0]:
                    covered[line][_smallest(cells[line], ~covered[line])] = True
                changed = True
    return grown


def _hides_too_little(cells: Counts, covered: Hidden) -> Hidden:
    """The lines that hide something, but not two cells, or not ten people, and could hide more."""
    number, people = covered.sum(axis=1), np.where(covered, cells, 0).sum(axis=1)
    could = np.where(number < 2, ~covered.all(axis=1), ((cells > 0) & ~covered).any(axis=1))
    found: Hidden = (number > 0) & ((number < 2) | (people < SMALLEST_FIGURE)) & could
    return found


def _smallest(cells: Counts, among: Hidden) -> Cell:
    """The place of the smallest figure among some cells, nobody's last; none of no cells."""
    if not among.any():
        return _NO_CELL
    order = np.where(cells > 0, cells, np.iinfo(np.int64).max - 1)
    at = int(np.argmin(np.where(among, order, np.iinfo(np.int64).max)))
    return tuple(int(each) for each in np.unravel_index(at, cells.shape))  # type: ignore[return-value]


def _may_differ(mask: Hidden, room: Room, cell: Cell) -> bool:
    """Whether a table that looks the same holds another figure in a hidden cell."""
    row, column = cell
    cut = _without(mask, cell)
    return any(
        its_room[cell] and _reached(cut & there, cut & back, row).columns[column]
        for its_room, there, back in _ways(room)
    )


def _ways(room: Room) -> tuple[tuple[Hidden, Hidden, Hidden], ...]:
    """Room of the cell itself, of the cells that go against it, and of those that go with it."""
    return (room.more, room.fewer, room.more), (room.fewer, room.more, room.fewer)


def _helper(table: Counts, mask: Hidden, room: Room, cell: Cell) -> Cell:
    """The smallest open cell that closes a circle through a cell, else one beside it, else any."""
    row, column = cell
    cut = _without(mask, cell)
    closing = np.zeros_like(mask)
    for its_room, there, back in _ways(room):
        if its_room[cell]:
            ahead = _reached(cut & there, cut & back, row)
            behind = _reached((cut & there).T, (cut & back).T, column)
            closing |= there & np.outer(ahead.rows, behind.rows)
            closing |= back & np.outer(behind.columns, ahead.columns)
    beside = np.zeros_like(mask)
    beside[row] = beside[:, column] = True
    for among in (closing, beside, np.ones_like(mask)):
        if (among & ~mask).any():
            return _smallest(table, among & ~mask)
    return _NO_CELL


def _reached(there: Hidden, back: Hidden, row: int) -> _Nodes:
    """Rows and columns that a row leads to: over `there` to a column, over `back` to a row."""
    rows = np.zeros(there.shape[0], dtype=bool)
    columns = np.zeros(there.shape[1], dtype=bool)
    rows[row] = True
    while True:
        more_columns = columns | there[rows].any(axis=0)
        more_rows = rows | back[:, more_columns].any(axis=1)
        if (more_rows == rows).all() and (more_columns == columns).all():
            return _Nodes(rows, columns)
        rows, columns = more_rows, more_columns


def _without(mask: Hidden, cell: Cell) -> Hidden:
    cut = mask.copy()
    cut[cell] = False
    return cut
