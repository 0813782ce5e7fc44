"""The base rates of categories from the city's evidence, counted by buyer, level and age."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from procurement.queries.ratings import EVERYWHERE
from procurement.rating.priors import Prior, prior_of
from procurement.rating.tallies import NOBODY, Tallies, ints


def priors_of(rows: Iterable[Any], least_providers: int) -> dict[tuple[str, str], Prior]:
    """The prior of each category and dimension that has providers enough, and of all categories."""
    by_topic: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_topic[row.category, row.dimension].append(row)
        by_topic[EVERYWHERE, row.dimension].append(row)
    found = {topic: _prior(told, least_providers) for topic, told in by_topic.items()}
    return {topic: prior for topic, prior in found.items() if prior is not None}


def _prior(rows: Sequence[Any], least_providers: int) -> Prior | None:
    """The prior of one topic; numbers go by id, so that the sums have one order."""
    cells = {
        each: at for at, each in enumerate(sorted({(r.provider_id, r.category) for r in rows}))
    }
    named = {row.buyer_id for row in rows if row.buyer_id is not None}
    buyers = {each: at for at, each in enumerate(sorted(named), start=NOBODY + 1)}
    spread = ints(len(row.pieces) for row in rows)
    tallies = Tallies(
        np.repeat(ints(cells[row.provider_id, row.category] for row in rows), spread),
        np.repeat(ints(buyers.get(row.buyer_id, NOBODY) for row in rows), spread),
        ints(chain.from_iterable(row.levels for row in rows)),
        np.ones(int(spread.sum())),
        ints(chain.from_iterable(row.ages for row in rows)),
        ints(chain.from_iterable(row.pieces for row in rows)),
    )
    return prior_of(tallies, len(cells), least_providers=least_providers)
