"""What residents fixed and where a purchase departs: each deviation has its reason. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from common.contracts.procurement import ContractStatus, DeviatingField, OutcomeStage
from common.contracts.procurement_endings import EndReason
from common.contracts.procurement_tenders import TenderStep
from common.contracts.vocabulary import PurchaseMethod
from common.errors import Conflict, FieldError, Invalid, Text


class Fixed(NamedTuple):
    """What residents decided, or what a purchase makes of it."""

    category: str
    money_fen: int
    method: PurchaseMethod | None


class Placed(NamedTuple):
    """A purchase for an item; of its contracts, renewals too, where they are and why over."""

    step: TenderStep
    contracts: frozenset[ContractStatus]
    endings: frozenset[EndReason]


# The stages of purchases that decide that of their item, the first one that any of them is at.
_LEADING: Final = (OutcomeStage.CONTRACTED, OutcomeStage.TENDERING, OutcomeStage.DELIVERED)
_FAILED: Final = frozenset({TenderStep.UNSUCCESSFUL, TenderStep.CANCELLED})


class DeviationUnexplained(Invalid):
    """A purchase departs from the residents' decision without saying why."""

    slug = "deviation-unexplained"
    title = Text("偏离居民决定未说明理由", "A deviation without a reason")
    detail = Text(
        "采购与居民决定不一致之处须逐项公开理由；见 errors。",
        "Where a purchase departs from the residents' decision it says why, in public; see errors.",
    )


class ItemUnderWay(Conflict):
    """The item is being bought already, or was dropped."""

    slug = "agenda-item-under-way"
    title = Text("议题已在办理", "The item is taken")
    detail = Text(
        "该议题当前为 {stage}，不能另行采购。", "The item is {stage}: it is not bought anew."
    )


class ItemNotGivenUp(Conflict):
    """What is being bought, was delivered or was given up before is not given up."""

    slug = "agenda-item-not-given-up"
    title = Text("议题不能放弃", "The item is not given up")
    detail = Text(
        "该议题当前为 {stage}；正在采购的，先取消采购或终止合同再放弃；已交付或已放弃的不变。",
        "The item is {stage}. While it is being bought, first cancel the purchase or end the "
        "contract; what was delivered or given up stays so.",
    )


def deviations(decided: Fixed, actual: Fixed) -> dict[DeviatingField, tuple[str, str]]:
    """What differs: the field, what was decided, what is done. No wish binds no method."""
    found = {}
    if decided.category != actual.category:
        found[DeviatingField.ITEM] = (decided.category, actual.category)
    if decided.money_fen != actual.money_fen:
        found[DeviatingField.MONEY] = (str(decided.money_fen), str(actual.money_fen))
    if decided.method is not None and decided.method is not actual.method:
        found[DeviatingField.METHOD] = (decided.method.value, str(actual.method))
    return found


def check_explained(
    found: Mapping[DeviatingField, tuple[str, str]], explained: Iterable[DeviatingField]
) -> None:
    """Raises `DeviationUnexplained` unless exactly what differs is explained."""
    given = set(explained)
    faults = [
        FieldError(
            "/deviations",
            field,
            Text(
                f"{field}：居民决定 {a}，实际 {b}，须说明理由", f"{field}: {a} became {b}, say why"
            ),
        )
        for field, (a, b) in found.items()
        if field not in given
    ]
    faults += [
        FieldError("/deviations", field, Text("并无偏离", "nothing differs"))
        for field in given - set(found)
    ]
    if faults:
        raise DeviationUnexplained(errors=faults)


def must_be_free(stage: OutcomeStage, *, taken: bool) -> None:
    """An item is bought once: while it is received or planned and no purchase carries it."""
    if not _is_free(stage, taken=taken):
        raise ItemUnderWay(stage=stage)


def must_be_left(stage: OutcomeStage, *, taken: bool) -> None:
    """Only what nobody is buying is given up: a purchase ends first, and says why itself."""
    if not _is_free(stage, taken=taken):
        raise ItemNotGivenUp(stage=stage)


def _is_free(stage: OutcomeStage, *, taken: bool) -> bool:
    return not taken and stage in {OutcomeStage.RECEIVED, OutcomeStage.PLANNED}


def stage_of(purchases: Collection[Placed]) -> OutcomeStage:
    """How far an item is: as far as the last of those that serve it, several under a framework.

    Delivered once none goes on and one was completed; received again where none was.
    """
    stages = {_stage_of(each) for each in purchases}
    return next((each for each in _LEADING if each in stages), OutcomeStage.RECEIVED)


def _stage_of(one: Placed) -> OutcomeStage:
    """The same of one supplier. A renewal takes nothing back; a revocation ends nothing."""
    if EndReason.COMPLETED in one.endings:
        return OutcomeStage.DELIVERED
    if ContractStatus.ACTIVE in one.contracts:
        return OutcomeStage.CONTRACTED
    if one.step in _FAILED or one.endings - {EndReason.REVOKED}:
        return OutcomeStage.RECEIVED
    return OutcomeStage.TENDERING
