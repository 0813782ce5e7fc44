"""Offerings as the registry's generator hands them to those of the other services."""

from uuid import UUID

from common.demo import DemoOffering
from common.ids import uuid7


def demo_offering(street: int, category: str, *, office: UUID | None = None) -> DemoOffering:
    """A meal of 12 yuan for 40 a day, or something else of that price, of a body of its own."""
    return DemoOffering(
        *(uuid7(), category, uuid7(), uuid7(), None, f"31010100{street}001"),
        *(1200, 40, "day", 121.48, 31.23, ("elderly",)),
        department_id=office,
    )
