"""An allocation that carries its own proof: who goes where, the prices and the contested sets.

With the problem it was made for, anybody can check it without a solver: see `checking`.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from common.crypto.digest import sm3
from matching.allocation.problem import Ints, Mask

FORM: Final = b"linli-certificate-1"


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Rows are those of the problem; prices, objective and margins are grains (1/16 m)."""

    inputs: bytes  # SM3 of the problem
    objective: int  # pairings, lots and fairness steps, margins left out
    served: tuple[int, ...]  # by tier
    chosen: Ints  # offering of each need, or -1
    prices: Ints  # of each offering: what one more place would save
    categories: Ints  # that have needs, rising
    margins: Ints  # what a tier more of urgency weighs, by category
    hub_categories: Ints  # street by street within a category, both rising
    hub_streets: Ints
    hub_prices: Ints
    crowds: Mask  # tier x offering: contested by needs up to the tier

    def digest(self) -> bytes:
        """SM3 of the canonical bytes."""
        numbers = np.array([self.objective, len(self.served), *self.served], "<i8")
        parts = [FORM, self.inputs, numbers.tobytes()]
        for field in fields(self)[3:]:
            column = getattr(self, field.name)
            parts += [np.array(column.shape, "<i8").tobytes(), column.astype("<i8").tobytes()]
        return sm3(*parts)
