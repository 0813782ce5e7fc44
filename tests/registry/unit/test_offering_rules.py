"""The life of offerings: which step may follow which, what publishing asks, what a price is."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from common.contracts.registry.offerings import OfferingStatus as Status
from common.contracts.registry.service_items import ItemStatus
from registry.domain import offerings

SOMEBODY = UUID(int=1)
COMPLETE: dict[str, Any] = {
    "provider_id": SOMEBODY,
    "channels": ["on_site"],
    "venue_id": SOMEBODY,
    "schedule": None,
    "price_kind": "free",
    "price_fen": 0,
    "price_unit": None,
    "capacity": None,
    "capacity_unit": None,
    "capacity_period": None,
    "responsible_department_id": SOMEBODY,
}
ALLOWED = {
    ("draft", "published"),
    ("draft", "retired"),
    ("published", "suspended"),
    ("published", "retired"),
    ("suspended", "published"),
    ("suspended", "retired"),
}


@pytest.mark.parametrize(("current", "target"), list(product(Status, Status)))
def test_only_the_listed_steps_are_possible(current: Status, target: Status) -> None:
    if (current.value, target.value) in ALLOWED:
        assert offerings.move(current, target, "装修") is target
    else:
        with pytest.raises(offerings.CannotMove):
            offerings.move(current, target, "装修")


@pytest.mark.parametrize(("current", "target"), list(product(ItemStatus, ItemStatus)))
def test_a_service_item_is_published_once_and_ends_once(
    current: ItemStatus, target: ItemStatus
) -> None:
    if (current.value, target.value) in ALLOWED:
        assert offerings.move_item(current, target) is target
    else:
        with pytest.raises(offerings.CannotMove):
            offerings.move_item(current, target)


def test_those_who_relied_on_a_service_are_told_why_it_stops() -> None:
    for target in (Status.SUSPENDED, Status.RETIRED):
        with pytest.raises(offerings.ReasonNeeded):
            offerings.move("published", target, None)
    assert offerings.move("suspended", Status.PUBLISHED, None) is Status.PUBLISHED


def test_publishing_names_everything_that_is_missing_in_order() -> None:
    empty = dict.fromkeys(COMPLETE)

    with pytest.raises(offerings.Incomplete) as refused:
        offerings.must_be_complete({**empty, "channels": []}, venue_has_hours=False)

    assert [error.pointer for error in refused.value.errors] == [
        "/provider_id",
        "/channels",
        "/price_kind",
        "/price_fen",
        "/responsible_department_id",
    ]
    assert "提供机构、服务方式" in refused.value.sentence().zh


def test_service_on_site_needs_a_venue_and_hours_of_its_own_or_of_the_venue() -> None:
    nowhere = {**COMPLETE, "venue_id": None}

    assert offerings.missing(COMPLETE, venue_has_hours=True) == []
    assert offerings.missing(COMPLETE, venue_has_hours=False) == ["schedule"]
    assert offerings.missing(nowhere, venue_has_hours=False) == ["venue_id"]
    assert offerings.missing({**nowhere, "channels": ["at_home"]}, venue_has_hours=False) == []


@pytest.mark.parametrize(
    ("kind", "fen", "unit", "pointers"),
    [
        ("free", 0, None, []),
        ("public", 800, "份", []),
        (None, None, None, []),
        ("market", None, None, []),
        ("free", 1, "次", ["/price_fen"]),
        ("free", None, None, ["/price_fen"]),
        ("public", 0, None, ["/price_kind"]),
        ("market", 800, None, ["/price_unit"]),
        (None, 800, "次", ["/price_kind"]),
    ],
)
def test_free_costs_nothing_and_everything_else_costs_something_per_unit(
    kind: str | None, fen: int | None, unit: str | None, pointers: list[str]
) -> None:
    assert [error.pointer for error in offerings.price_faults(kind, fen, unit)] == pointers


def test_half_a_capacity_names_the_missing_half() -> None:
    found = offerings.capacity_faults(30, None, "day")

    assert [error.pointer for error in found] == ["/capacity_unit"]
    assert not list(offerings.capacity_faults(None, None, None))


def test_a_contradiction_is_refused_in_a_draft_too() -> None:
    with pytest.raises(offerings.WrongOffering) as refused:
        offerings.check({**COMPLETE, "price_fen": 5, "channels": ["online", "online"]})

    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/price_fen", "/price_unit", "/channels"]
