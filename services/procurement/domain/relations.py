"""Who is too close to a provider to judge it: incubators, superiors, and what binds the heads.

Pure. A relation counts while it lasts and for some years after (政府采购法 12, 条例 9).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from common.contracts.procurement_providers import TieKind

FARTHEST: Final = 8  # steps up a chain of superiors; a longer one is a circle


@dataclass(frozen=True, slots=True)
class Bond:
    """A provider's tie to an organisation. Both days belong to it."""

    provider_id: UUID
    organisation_id: UUID
    kind: TieKind
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Bodies:
    """The organisations around buyers and incubators, as the registry tells them now."""

    superior_of: Mapping[UUID, UUID] = field(default_factory=dict)
    incubators_of: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)

    def superiors(self, organisation_id: UUID) -> tuple[UUID, ...]:
        """Who stands above an organisation, the nearest first."""
        found: list[UUID] = []
        here = organisation_id
        for _ in range(FARTHEST):
            above = self.superior_of.get(here)
            if above is None or above in found or above == organisation_id:
                break
            found.append(above)
            here = above
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a buyer is partial: through whom, by which tie."""

    bond: Bond
    through: str  # buyer, superior, incubator


def lasts(bond: Bond, day: date, years: int) -> bool:
    """Whether a tie counts on a day: from its first day to so many years after its last."""
    if bond.from_on > day:
        return False
    return bond.to_on is None or bond.to_on >= years_before(day, years)


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def conflicts(
    provider_id: UUID,
    buyer_id: UUID,
    bonds: Iterable[Bond],
    bodies: Bodies,
    *,
    day: date,
    years: int,
) -> list[Conflict]:
    """What makes a buyer partial towards a provider on a day: the nearest first.

    A tie reaches the buyer itself, a superior of the buyer, or an incubator that the buyer runs
    (it stands under the buyer) or was raised by itself.

    Source: 政府采购法 art. 12, 条例 art. 9 (three years) and art. 18 (management relation).
    """
    above = frozenset(bodies.superiors(buyer_id))
    raised_by = bodies.incubators_of.get(buyer_id, frozenset())
    found = []
    for bond in bonds:
        if bond.provider_id != provider_id or not lasts(bond, day, years):
            continue
        if bond.organisation_id == buyer_id:
            found.append(Conflict(bond, "buyer"))
        elif bond.organisation_id in above:
            found.append(Conflict(bond, "superior"))
        elif bodies.superior_of.get(bond.organisation_id) == buyer_id or (
            bond.organisation_id in raised_by
        ):
            found.append(Conflict(bond, "incubator"))
    order = ("buyer", "superior", "incubator")
    return sorted(found, key=lambda each: (order.index(each.through), each.bond.from_on))


def is_related(
    provider_id: UUID,
    buyer_id: UUID | None,
    bonds: Sequence[Bond],
    bodies: Bodies,
    *,
    day: date,
    years: int,
) -> bool:
    """Whether a buyer's word on a provider weighs nothing. Nobody is related to no buyer."""
    if buyer_id is None:
        return False
    return buyer_id == provider_id or bool(
        conflicts(provider_id, buyer_id, bonds, bodies, day=day, years=years)
    )
