"""Why a need stays unserved: one reason of the closed set, with what makes it true.

Asked in this order: is any wished day left, is there anything of its category, may it go there, is
it open when wanted, is it within the budget, is it near enough; and if all that, the places are
taken. How near anything is to a need whose place nobody knows, nobody knows.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from common.contracts.matching import UnmetReason
from matching.allocation.candidates import NO_DAY, NOWHERE, Scale, Seekers, Suppliers, nearest
from matching.allocation.parts import Part
from matching.allocation.problem import TIERS, Ints, Mask
from matching.allocation.scarcity import competitions as joint

MARKS: Final = 63
REASONS: Final = tuple(UnmetReason)
_TAKEN: Final = REASONS.index(UnmetReason.ALL_PLACES_TAKEN)
_TOO_FAR: Final = REASONS.index(UnmetReason.TOO_FAR)


@dataclass(frozen=True, slots=True, eq=False)
class Reasons:
    """Of each need why it is unserved; -1 wherever there is nothing to say."""

    reason: Ints  # its place in `REASONS`
    mark: Ints  # the bit that most offerings ask for and the need lacks
    competition: Ints  # who competed with it: as many needs for as many places, and some over
    competitions: int  # how many there are

    @classmethod
    def none(cls, needs: int) -> "Reasons":
        """Nothing to say yet, of so many needs."""
        reason, mark, competition = np.full((3, needs), -1, np.int32)
        return cls(reason, mark, competition, 0)

    def totals(self) -> dict[UnmetReason, int]:
        """How many for each reason."""
        counts = np.bincount(self.reason[self.reason >= 0], minlength=len(REASONS))
        return dict(zip(REASONS, counts.tolist(), strict=True))


def reasons(
    part: Part, chosen: Ints, crowds: Mask, seekers: Seekers, suppliers: Suppliers, scale: Scale
) -> Reasons:
    """Why each unserved need of a category is unserved.

    Seekers are those of the category, suppliers too; `places` of the part tells who has any.
    """
    found = Reasons.none(len(seekers))
    competitions = 0
    for tier in range(TIERS):
        losers = (chosen < 0) & (part.tier == tier) & (np.diff(part.starts) > 0)
        if losers.any():
            of_need, _ = joint(part, crowds[tier], tier)
            lost, which = np.unique(of_need[losers], return_inverse=True)
            found.competition[part.needs[losers]] = competitions + which
            competitions += len(lost)
    found.reason[part.needs[chosen < 0]] = _TAKEN
    alone = np.sort(part.needs[np.diff(part.starts) == 0])
    _judge(found, alone, seekers, suppliers)
    far = np.flatnonzero(found.reason == _TOO_FAR)
    full = suppliers.take(part.offerings[part.places == 0])
    near = np.diff(nearest(seekers.take(far), full, scale, count=1).starts) > 0
    found.reason[far[near]] = _TAKEN
    is_unknown = (found.reason == _TOO_FAR) & (seekers.reach_m == NOWHERE)
    found.reason[is_unknown] = REASONS.index(UnmetReason.PLACE_UNKNOWN)
    return replace(found, competitions=competitions)


def _judge(found: Reasons, alone: Ints, seekers: Seekers, suppliers: Suppliers) -> None:
    """Needs with nowhere to go. Those alike in all but where they are have one reason so far."""
    asked = np.column_stack(
        [getattr(seekers, name)[alone] for name in ("has", "wanted", "budget_fen")]
    )
    _kinds, first, kind = np.unique(asked, axis=0, return_index=True, return_inverse=True)
    verdicts = [_verdict(seekers, row, suppliers) for row in alone[first].tolist()]
    told = np.array([(REASONS.index(reason), mark) for reason, mark in verdicts], np.int32)
    found.reason[alone], found.mark[alone] = told.reshape(-1, 2)[kind.ravel()].T


def _verdict(seekers: Seekers, need: int, suppliers: Suppliers) -> tuple[UnmetReason, int]:
    """The first question that no offering passes; distance is what is left."""
    if seekers.wanted[need] == NO_DAY:
        return UnmetReason.NO_DAY_LEFT, -1
    lacking = suppliers.required & ~seekers.has[need]
    eligible = lacking == 0
    is_open = eligible & ((suppliers.open & seekers.wanted[need]) != 0)
    if not len(suppliers):
        return UnmetReason.NO_OFFERING_IN_CATEGORY, -1
    if not eligible.any():
        return UnmetReason.NOT_ELIGIBLE, _commonest(lacking)
    if not is_open.any():
        return UnmetReason.CLOSED_AT_WANTED_TIME, -1
    if not (is_open & (suppliers.price_fen <= seekers.budget_fen[need])).any():
        return UnmetReason.OVER_BUDGET, -1
    return UnmetReason.TOO_FAR, -1


def _commonest(lacking: Ints) -> int:
    """The mark that is lacking most often; the lowest of equals."""
    bits: Mask = (lacking[:, None] >> np.arange(MARKS)) & 1 == 1
    return int(bits.sum(axis=0).argmax())
