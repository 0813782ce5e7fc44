"""Where one more place, or several, would bring most people within the circle.

Maximal covering location: choose p sites so that the people covered are as many as possible.
Source: Church & ReVelle (1974); the greedy bound 1 - 1/e: Nemhauser, Wolsey & Fisher (1978).
"""

from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, eye_array

from matching.coverage.reach import Floats

GREEDY_SHARE: Final = 1 - 1 / np.e


class Sites(NamedTuple):
    """Chosen sites in the order of choice, how many people each adds, and what is proven.

    No choice of as many sites covers more than `at_most` people.
    """

    chosen: list[int]
    added: list[float]
    at_most: float


def greedy(circle: csr_array, people: Floats, sites: int) -> Sites:
    """The site that adds most, again and again. `circle` (units, sites) has ones within reach.

    `people` are those not covered yet. Ties go to the first site. The bound is the smaller one of
    what theory gives and of the best gains that were left at each step.
    """
    reach = csr_array(circle.T)
    waiting = people.astype(np.float64).copy()
    chosen: list[int] = []
    added: list[float] = []
    at_most = float(people.sum())
    for _ in range(min(sites, reach.shape[0])):
        gains = np.asarray(reach @ waiting)
        so_far = sum(added)
        at_most = min(at_most, so_far + float(np.sort(gains)[::-1][:sites].sum()))
        best = int(np.argmax(gains))
        if not gains[best] > 0:
            break
        chosen.append(best)
        added.append(float(gains[best]))
        waiting[reach.indices[reach.indptr[best] : reach.indptr[best + 1]]] = 0.0
    total = sum(added)
    return Sites(chosen, added, min(at_most, total / GREEDY_SHARE, float(people.sum())))


def exact(circle: csr_array, people: Floats, sites: int) -> Sites:
    """The proven best choice, for some hundreds of sites. Raises RuntimeError when HiGHS fails."""
    units, places = circle.shape
    # Variables: is the site open (places), is the unit covered (units).
    covered = block_array([[csr_array(circle), -eye_array(units)]])
    opened = csr_array(np.r_[np.ones(places), np.zeros(units)][None, :])
    result = milp(
        np.r_[np.zeros(places), -people.astype(np.float64)],
        integrality=np.r_[np.ones(places), np.zeros(units)],
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(covered, lb=0), LinearConstraint(opened, ub=sites)],
        options={"mip_rel_gap": 0.0},
    )
    if not result.success:
        raise RuntimeError(result.message)
    chosen = [int(site) for site in np.flatnonzero(result.x[:places] > 0.5)]
    return _told(circle, people, chosen)


def _told(circle: csr_array, people: Floats, chosen: list[int]) -> Sites:
    """What chosen sites add one after the other."""
    reach = csr_array(circle.T)
    waiting, added = people.astype(np.float64).copy(), []
    for site in chosen:
        here = reach.indices[reach.indptr[site] : reach.indptr[site + 1]]
        added.append(float(waiting[here].sum()))
        waiting[here] = 0.0
    return Sites(chosen, added, sum(added))
