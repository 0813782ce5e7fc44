"""Why a need stays unserved: one reason of the closed set, with what makes it true.

Asked in this order: is there anything of its category, may it go there, is it open when wanted, is
it within the budget, is it near enough; and if all that, the places are taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from common.contracts.matching import UnmetReason
from matching.allocation.candidates import Seekers, Suppliers, nearest
from matching.allocation.certificate import Certificate
from matching.allocation.parts import Part, parts
from matching.allocation.problem import TIERS, Ints, Mask, Problem
from matching.allocation.scarcity import competitions

MARKS = 63


@dataclass(frozen=True, slots=True, eq=False)
class Competition:
    """As many needs for as many places: nobody of `needs` may go anywhere but to `offerings`."""

    category: int
    tier: int  # these needs are of this tier or a more urgent one
    needs: Ints
    offerings: Ints
    places: int

    @property
    def short(self) -> int:
        """How many of the needs must go without, whoever they are."""
        return len(self.needs) - self.places


@dataclass(frozen=True, slots=True)
class Reason:
    """Of one need. `mark` is the bit that most offerings ask for and the need lacks."""

    reason: UnmetReason
    mark: int | None = None
    competition: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """All unserved needs, by row, and the competitions they lost."""

    reasons: dict[int, Reason]
    competitions: list[Competition]

    def totals(self) -> dict[UnmetReason, int]:
        """How many for each reason."""
        counts = dict.fromkeys(UnmetReason, 0)
        for reason in self.reasons.values():
            counts[reason.reason] += 1
        return counts


def explain(
    problem: Problem,
    certificate: Certificate,
    seekers: Seekers,
    suppliers: Suppliers,
    *,
    detour: float,
) -> Explained:
    """Why each unserved need is unserved. Seekers and suppliers have the rows of the problem."""
    found: list[Competition] = []
    reasons: dict[int, Reason] = {}
    for part in parts(problem):
        for competition, losers in _lost(part, certificate):
            for need in losers.tolist():
                reasons[need] = Reason(UnmetReason.ALL_PLACES_TAKEN, competition=len(found))
            found.append(competition)
    alone = np.flatnonzero(np.diff(problem.candidates.starts) == 0)
    reasons |= _without_candidates(alone, seekers, suppliers, problem.offerings.places, detour)
    return Explained(reasons, found)


def _lost(part: Part, certificate: Certificate) -> Iterator[tuple[Competition, Ints]]:
    """The competitions of a category, each with those of its last tier who lost it."""
    unserved = certificate.chosen[part.needs] < 0
    for tier in range(TIERS):
        losers = unserved & (part.tier == tier) & (np.diff(part.starts) > 0)
        if not losers.any():
            continue
        crowd = certificate.crowds[tier][part.offerings]
        of_need, of_offering = competitions(part, crowd, tier)
        lost = np.unique(of_need[losers])
        needs, offerings = _grouped(of_need), _grouped(of_offering)
        for each in lost.tolist():
            mine = needs[each]
            theirs = offerings[each]
            yield (
                Competition(
                    part.category,
                    tier,
                    part.needs[mine],
                    part.offerings[theirs],
                    int(part.places[theirs].sum()),
                ),
                part.needs[mine[losers[mine]]],
            )


def _grouped(label: Ints) -> dict[int, Ints]:
    """Rows by label."""
    order = np.argsort(label, kind="stable")
    labels, first = np.unique(label[order], return_index=True)
    return dict(zip(labels.tolist(), np.split(order, first[1:]), strict=True))


def _without_candidates(
    alone: Ints, seekers: Seekers, suppliers: Suppliers, places: Ints, detour: float
) -> dict[int, Reason]:
    """Needs with nowhere to go. Those alike in all but where they are have one reason so far."""
    asked = np.column_stack(
        [getattr(seekers, name)[alone] for name in ("category", "has", "wanted", "budget_fen")]
    )
    _kinds, first, kind = np.unique(asked, axis=0, return_index=True, return_inverse=True)
    verdicts = [_verdict(seekers, int(alone[row]), suppliers) for row in first]
    reasons = {
        need: verdicts[of] for need, of in zip(alone.tolist(), kind.ravel().tolist(), strict=True)
    }
    far = [need for need, reason in reasons.items() if reason.reason is UnmetReason.TOO_FAR]
    full = suppliers.take(np.flatnonzero(places == 0))
    rows = np.asarray(far, np.int64)
    near = np.diff(nearest(seekers.take(rows), full, count=1, detour=detour).starts) > 0
    taken = Reason(UnmetReason.ALL_PLACES_TAKEN)
    return reasons | dict.fromkeys(rows[near].tolist(), taken)


def _verdict(seekers: Seekers, need: int, suppliers: Suppliers) -> Reason:
    """The first question that no offering passes; distance is what is left."""
    here = suppliers.category == seekers.category[need]
    lacking = suppliers.required & ~seekers.has[need]
    eligible = here & (lacking == 0)
    wanted = seekers.wanted[need]
    is_open = eligible & ((wanted == 0) | ((suppliers.open & wanted) != 0))
    if not here.any():
        return Reason(UnmetReason.NO_OFFERING_IN_CATEGORY)
    if not eligible.any():
        return Reason(UnmetReason.NOT_ELIGIBLE, mark=_commonest(lacking[here]))
    if not is_open.any():
        return Reason(UnmetReason.CLOSED_AT_WANTED_TIME)
    if not (is_open & (suppliers.price_fen <= seekers.budget_fen[need])).any():
        return Reason(UnmetReason.OVER_BUDGET)
    return Reason(UnmetReason.TOO_FAR)


def _commonest(lacking: Ints) -> int:
    """The mark that is lacking most often; the lowest of equals."""
    bits: Mask = (lacking[:, None] >> np.arange(MARKS)) & 1 == 1
    return int(bits.sum(axis=0).argmax())
