"""The speed figures: `make bench` runs them all and writes docs/benchmarks.md.

Every module has `rows() -> list[Row]`. Ratios come from one run, interleaved, as medians; the
machine's own yardsticks stand beside them.
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure. `bar` is what it should reach, in words; empty for a yardstick."""

    name: str
    figure: str
    bar: str = ""
