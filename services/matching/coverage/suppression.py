"""Which figures of a published table stay hidden, so that none on fewer than ten people is told.

A figure of one to nine people is hidden. Then no difference may tell it: in a table with its sums,
what is hidden in a row or a column adds up to at least ten people over at least two cells, and no
hidden cell is fixed by the others. A cell is fixed exactly when it is a bridge of the graph whose
nodes are rows and columns and whose edges are hidden cells.
Source: rule `publish.minimum`; Gusfield (1988) on two-way tables with exact sums.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from common.contracts.shapes import SMALLEST_FIGURE

Counts = NDArray[np.int64]
Hidden = NDArray[np.bool_]
_NO_CELL: Final = (-1, -1)


def hidden(table: Counts) -> Hidden:
    """The cells to hide in a table (rows, columns) whose row and column sums are published.

    Never hides more rows or columns than it must by a simple rule: the smallest cell that helps is
    taken first, zeros before others never. Deterministic.
    """
    mask = (table > 0) & (table < SMALLEST_FIGURE)
    while True:
        grown = _lines_closed(table, mask)
        bridge = next(_bridges(grown), _NO_CELL)
        if bridge == _NO_CELL:
            return grown
        helper = _around(table, grown, bridge)
        if helper == _NO_CELL:
            return np.ones_like(grown)  # a table too small to tell anything
        mask = grown.copy()
        mask[helper] = True


def _lines_closed(table: Counts, mask: Hidden) -> Hidden:
    """Hide more until every row and column with a hidden cell hides enough."""
    grown = mask.copy()
    changed = True
    while changed:
        changed = False
        for cells, covered in ((table, grown), (table.T, grown.T)):
            for line in np.flatnonzero(covered.any(axis=1)):
                changed |= _close(cells[line], covered[line])
    return grown


def _close(cells: Counts, covered: Hidden) -> bool:
    """Hide the smallest open cells of a line until it tells nothing; whether any was hidden."""
    changed = False
    while covered.sum() < 2 or cells[covered].sum() < SMALLEST_FIGURE:
        open_cells = np.flatnonzero(~covered)
        if not len(open_cells):
            break
        filled = open_cells[cells[open_cells] > 0]
        candidates = filled if len(filled) else open_cells
        covered[candidates[np.argmin(cells[candidates])]] = True
        changed = True
    return changed


def _around(table: Counts, mask: Hidden, bridge: tuple[int, int]) -> tuple[int, int]:
    """The smallest open cell that closes a circle through a bridge, or none."""
    row_side, column_side = _sides(mask, bridge)
    open_cells = ~mask & (row_side[:, None] != column_side[None, :])
    rows, columns = np.nonzero(open_cells)
    if not len(rows):
        return _NO_CELL
    best = int(np.argmin(table[rows, columns]))
    return int(rows[best]), int(columns[best])


def _sides(mask: Hidden, bridge: tuple[int, int]) -> tuple[Hidden, Hidden]:
    """Rows and columns that hang on the bridge's row once the bridge is taken away."""
    cut = mask.copy()
    cut[bridge] = False
    rows = np.zeros(mask.shape[0], dtype=bool)
    columns = np.zeros(mask.shape[1], dtype=bool)
    rows[bridge[0]] = True
    while True:
        more_columns = columns | cut[rows].any(axis=0)
        more_rows = rows | cut[:, more_columns].any(axis=1)
        if (more_rows == rows).all() and (more_columns == columns).all():
            return rows, columns
        rows, columns = more_rows, more_columns


def _bridges(mask: Hidden) -> Iterator[tuple[int, int]]:
    """Hidden cells that no circle of hidden cells goes through: their value could be told."""
    walk = _Walk(mask)
    for row in range(mask.shape[0]):
        if row not in walk.seen:
            yield from walk.bridges_from(row)


class _Walk:
    """A walk in depth over rows and columns; columns are numbered behind the rows (Tarjan 1974)."""

    def __init__(self, mask: Hidden) -> None:
        self._rows = mask.shape[0]
        self._beside = [
            *((np.flatnonzero(row) + self._rows).tolist() for row in mask),
            *(np.flatnonzero(column).tolist() for column in mask.T),
        ]
        self.seen: dict[int, int] = {}
        self._lowest: dict[int, int] = {}

    def bridges_from(self, root: int) -> Iterator[tuple[int, int]]:
        """The bridges of the part that hangs together with a row."""
        path = [self._entered(root, -1)]
        while path:
            node, parent, left = path[-1]
            step = next(left, None)
            if step is None:
                path.pop()
                if path and self._is_bridge(node, parent):
                    yield min(node, parent), max(node, parent) - self._rows
            elif step not in self.seen:
                path.append(self._entered(step, node))
            elif step != parent:
                self._lowest[node] = min(self._lowest[node], self.seen[step])

    def _entered(self, node: int, parent: int) -> tuple[int, int, Iterator[int]]:
        self.seen[node] = self._lowest[node] = len(self.seen)
        return node, parent, iter(self._beside[node])

    def _is_bridge(self, node: int, parent: int) -> bool:
        """Whether nothing under a node that was left leads back above its parent."""
        self._lowest[parent] = min(self._lowest[parent], self._lowest[node])
        return self._lowest[node] > self.seen[parent]
