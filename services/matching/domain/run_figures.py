"""What anybody may be told of a run: no figure on fewer than ten people, none that gives one away.

Pure. The needs of a run fall into parts, served by tier or left for a reason. Where one of them is
on the few, neither their sum nor what all cost is told: from the sum, or from which part had to be
hidden beside it, the rule itself being public, the few would follow. All other parts are told.
Source: rule `publish.minimum`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from common.contracts.shapes import SMALLEST_FIGURE


class Figures(NamedTuple):
    """Numbers of needs, and what all cost together; None is withheld."""

    needs: int | None
    served: Sequence[int | None]
    unserved: Mapping[str, int | None]
    objective: int | None


def told(served: Sequence[int], unserved: Mapping[str, int], objective: int) -> Figures:
    """The figures of a run without those on the few, and without what these would follow from."""
    parts = [*served, *unserved.values()]
    is_whole = not any(map(_is_few, parts))
    return Figures(
        needs=sum(parts) if is_whole else None,
        served=[_unless_few(people) for people in served],
        unserved={why: _unless_few(people) for why, people in unserved.items()},
        objective=objective if is_whole else None,
    )


def _is_few(people: int) -> bool:
    return 0 < people < SMALLEST_FIGURE


def _unless_few(people: int) -> int | None:
    return None if _is_few(people) else people
