"""Which contract pays for a service that somebody is referred to. Pure.

It is how a rating finds its buyer: contract -> referral -> rating -> the provider's rating.
Source: docs/contracts.md, "How an item travels".
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from common.codes import Division


@dataclass(frozen=True, slots=True)
class Contract:
    """What of a contract tells whom it serves, with what, and when; both days inclusive."""

    id: UUID
    category: str
    service_items: frozenset[UUID]
    areas: tuple[str, ...]  # significant digits
    from_on: date
    to_on: date
    signed_at: str  # ISO 8601 in UTC: sorts as it is

    @classmethod
    def told(cls, state: Mapping[str, Any]) -> Self:
        """From the state in procurement's feed."""
        return cls(
            id=UUID(state["id"]),
            category=state["category"],
            service_items=frozenset(map(UUID, state["service_item_ids"])),
            areas=tuple(Division.parse(code).short for code in state["area_codes"]),
            from_on=date.fromisoformat(state["period_start_on"]),
            to_on=date.fromisoformat(state["period_end_on"]),
            signed_at=state["signed_at"],
        )

    def names(self, service: "Service") -> bool:
        """Whether it buys the very item."""
        return service.service_item_id in self.service_items

    def fits(self, service: "Service") -> bool:
        """Whether it runs on the day, serves the area and buys the item or the category."""
        is_open = not self.service_items or service.service_item_id is None
        buys = self.names(service) or (is_open and self.category in service.categories)
        runs = self.from_on <= service.day <= self.to_on
        return runs and buys and self.serves(service.area_code) > 0

    def serves(self, area_code: str) -> int:
        """The digits of the narrowest of its areas that holds a place; 0: none does."""
        return max((len(area) for area in self.areas if area_code.startswith(area)), default=0)


@dataclass(frozen=True, slots=True)
class Service:
    """What is given: its category with all above it, its item, where the person lives, when."""

    categories: Collection[str]
    service_item_id: UUID | None
    area_code: str
    day: date


def paying(contracts: Iterable[Contract], service: Service) -> UUID | None:
    """The contract of the provider that pays for a service; None where no contract does.

    It runs on the day, serves the area, and buys the service item or, where it names no item or
    the service has none, the category or one above it. Of several the one that names the item,
    then the one of the narrowest area, then the one signed last, then by id.
    """
    fitting = [
        (each.names(service), each.serves(service.area_code), each.signed_at, each.id)
        for each in contracts
        if each.fits(service)
    ]
    return max(fitting)[-1] if fitting else None
