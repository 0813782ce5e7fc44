"""What anybody may be told of a run: no figure on fewer than ten people, none that gives one away.

Pure. The needs of a run fall into parts, served by tier or left for a reason, and their sum is told
beside the parts: a single part that is hidden would follow from the others. So they are guarded
together, by `common.suppression.flows`: each part is a way of its own from the source to the sink.
Source: rule `publish.minimum`.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from common.contracts.shapes import SMALLEST_FIGURE
from common.suppression.flows import SINK, SOURCE, Edge, Hidden, hidden

_NOTHING: Final = Hidden(set(), set())


class Figures(NamedTuple):
    """Numbers of needs, and what all cost together; None is withheld."""

    needs: int | None
    served: Sequence[int | None]
    unserved: Mapping[str, int | None]
    objective: int | None


def told(served: Sequence[int], unserved: Mapping[str, int], objective: int) -> Figures:
    """The figures of a run without those on the few.

    Where the parts are too small to hide each other their sum is withheld too. What all cost is
    nearly how far those walk who are served, so it is withheld where these are few.
    """
    parts = [*served, *unserved.values()]
    found = _hidden(parts)
    shown = [None if at in found.figures else people for at, people in enumerate(parts)]
    needs = None if found.exposed else sum(parts)
    are_few = 0 < sum(served) < SMALLEST_FIGURE
    return Figures(
        needs=needs,
        served=shown[: len(served)],
        unserved=dict(zip(unserved, shown[len(served) :], strict=True)),
        objective=None if needs is None or are_few else objective,
    )


def _hidden(parts: Sequence[int]) -> Hidden:
    """The places of parts to hide beside their sum; those exposed follow from it all the same."""
    some = [at for at, people in enumerate(parts) if people]
    found = hidden([Edge(SOURCE, SINK, parts[at]) for at in some]) if some else _NOTHING
    if found is None:  # fewer than ten in all
        return Hidden(set(some), set(some))
    return Hidden(*({some[at] for at in each} for each in found))
