"""The pipeline of idle property: which step may follow which, and what each asks for. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from common.codes import Division
from common.contracts.registry.idle_properties import PropertyStatus as Status
from common.errors import Conflict, FieldError, Invalid, Text

_TOWN: Final = 9  # significant digits of a town's code
_DROP: Final = Status.DROPPED
NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.FOUND: frozenset({Status.SURVEYED, _DROP}),
    Status.SURVEYED: frozenset({Status.AGREED, _DROP}),
    Status.AGREED: frozenset({Status.FITTING_OUT, Status.IN_USE, _DROP}),
    Status.FITTING_OUT: frozenset({Status.IN_USE, _DROP}),
    Status.IN_USE: frozenset({_DROP}),
    _DROP: frozenset({Status.FOUND}),
}
NAMES: Final[Mapping[Status, Text]] = {
    Status.FOUND: Text("已发现", "found"),
    Status.SURVEYED: Text("已踏勘", "surveyed"),
    Status.AGREED: Text("已签约", "agreed upon"),
    Status.FITTING_OUT: Text("改造中", "being fitted out"),
    Status.IN_USE: Text("已启用", "in use"),
    Status.DROPPED: Text("已放弃", "dropped"),
}
_SURVEYED: Final = ("owner", "floor_area_m2")
_AGREED: Final = (*_SURVEYED, "tenure", "agreement_number", "agreed_from")
_ASKED: Final[Mapping[Status, tuple[str, ...]]] = {
    Status.SURVEYED: _SURVEYED,
    Status.AGREED: _AGREED,
    Status.FITTING_OUT: (*_AGREED, "planned_use", "fit_out_until"),
    Status.IN_USE: (*_AGREED, "venue_id"),
}


class PropertyCannotMove(Conflict):
    """The pipeline does not have this step."""

    slug = "property-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该房屋当前为“{current}”，不能变更为“{target}”。",
        "The property is {current} and cannot become {target}.",
    )


class PropertyIncomplete(Invalid):
    """The step asks for more than is known."""

    slug = "property-incomplete"
    title = Text("内容不完整", "Not complete enough")


class WrongProperty(Invalid):
    """Parts of a property's record that contradict each other."""

    slug = "wrong-property"
    title = Text("房屋信息前后矛盾", "The record contradicts itself")


def check(found: Mapping[str, Any]) -> None:
    """Refuse an agreement that ends before it begins. Raises `WrongProperty`."""
    begins, ends = found["agreed_from"], found["agreed_to"]
    if ends is not None and (begins is None or ends < begins):
        message = Text("截止不得早于起始", "the last day is not before the first")
        raise WrongProperty(errors=[FieldError("/agreed_to", str(ends), message)])


def must_lie_together(area_code: str, venue_area_code: str) -> None:
    """Refuse a venue of another street: that is for the street's own rooms. Raises `WrongProperty`.

    A property of a district or the city may have become any venue there.
    """
    if not venue_area_code.startswith(Division.parse(area_code).short[:_TOWN]):
        message = Text("载体不在该房屋所在的街镇", "the venue lies in another town")
        raise WrongProperty(errors=[FieldError("/venue_id", venue_area_code, message)])


def move(current: str, target: Status, found: Mapping[str, Any], *, reason: str | None) -> Status:
    """The new status. Raises `PropertyCannotMove`, or `PropertyIncomplete` naming what lacks."""
    if target not in NEXT[Status(current)]:
        raise PropertyCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    must_be_complete(target, found)
    if target is Status.DROPPED and reason is None:
        message = Text("放弃须说明原因", "say why it is dropped")
        raise PropertyIncomplete(errors=[FieldError("/reason", None, message)])
    return target


def must_be_complete(status: str, found: Mapping[str, Any]) -> None:
    """Refuse a record that lacks what its step asks for. Raises `PropertyIncomplete`."""
    if errors := list(_missing(Status(status), found)):
        raise PropertyIncomplete(errors=errors)


def _missing(status: Status, found: Mapping[str, Any]) -> Iterator[FieldError]:
    named = NAMES[status]
    for name in _ASKED.get(status, ()):
        is_there = (
            found["owner_id"] or found["owner_name"] if name == "owner" else found[name] is not None
        )
        if not is_there:
            field = "owner_id" if name == "owner" else name
            message = Text(f"“{named.zh}”须填写", f"needed for what is {named.en}")
            yield FieldError(f"/{field}", None, message)
