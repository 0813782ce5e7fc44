"""Evidence and visits: registered once, shared by all, never asked for again.

Pure. Source: rules `visit.cap`, `survey.contacts`; 整治形式主义为基层减负若干规定 (2024-08-06).
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from common.contracts.feedback_assessments import EvidenceIn
from common.errors import Conflict, FieldError, Invalid, Text


class EvidenceHeld(Conflict):
    """What is registered is cited, never asked for again."""

    slug = "evidence-held"
    title = Text("佐证已登记", "Evidence is held")
    detail = Text(
        "该对象同类佐证已登记，所属期有重叠：请直接引用，不得再次索取；登记有误的先撤回。",
        "Evidence of this kind and subject is registered for some of these days: cite it, do not"
        " ask again; what is wrong is withdrawn first.",
    )


class EvidenceWithdrawn(Conflict):
    """What was withdrawn stays so."""

    slug = "evidence-withdrawn"
    title = Text("佐证已撤回", "Evidence is withdrawn")
    detail = Text("该佐证已于 {at} 撤回。", "It was withdrawn at {at}.")


class VisitPlanned(Conflict):
    """A body is visited once a year, by all departments together."""

    slug = "visit-planned"
    title = Text("现场检查已安排", "A visit is planned")
    detail = Text(
        "该对象本年已有现场检查 {visit}（规则 visit.cap），请加入该次检查。",
        "This body has the visit {visit} this year (rule visit.cap): join that one.",
    )


class VisitOver(Conflict):
    """Nobody joins a visit that has taken place."""

    slug = "visit-over"
    title = Text("现场检查已结束", "The visit is over")
    detail = Text("该次检查已于 {day} 进行。", "That visit took place on {day}.")


class VisitCancelled(Conflict):
    """What was cancelled stays so."""

    slug = "visit-cancelled"
    title = Text("现场检查已取消", "The visit was cancelled")
    detail = Text(
        "该次检查已于 {at} 取消；如需检查请另行安排。",
        "It was cancelled at {at}: plan another one.",
    )


class VisitInUse(Conflict):
    """An assessment was counted with this visit, or counts nothing because of it."""

    slug = "visit-in-use"
    title = Text("考核方案依托该次检查", "An assessment rests on the visit")
    detail = Text(
        "已备案的方案依托检查 {visit} 计次，请先撤回（/v1/assessment-schemes/…/withdrawal）。",
        "Schemes that were filed are counted with the visit {visit}: withdraw them first"
        " (/v1/assessment-schemes/…/withdrawal).",
    )


class WrongEvidence(Invalid):
    """What was sent cannot be evidence; `errors` says where and why."""

    slug = "wrong-evidence"
    title = Text("佐证有误", "Wrong evidence")


def check_evidence(wish: EvidenceIn, today: date) -> None:
    """Evidence is about days that are over."""
    if not wish.period_from_on <= wish.period_to_on < today:
        told = Text("所属期须先后有序且已结束", "its days are in order, and over")
        raise WrongEvidence(errors=[FieldError("/period_to_on", str(wish.period_to_on), told)])


def achieved(records: Iterable[tuple[int, int]]) -> float:
    """The share of a period that several records make up: `(achieved, target)` of each, summed.

    Never more than 1. At least one record.
    """
    done, wanted = map(sum, zip(*records, strict=True))
    return min(1.0, done / wanted)


def check_joining(visited_on: date, today: date) -> None:
    """A department joins before the visit is over."""
    if visited_on < today:
        raise VisitOver(day=visited_on)


def joined(departments: list[UUID], department_id: UUID) -> list[UUID]:
    """The departments of a visit with one more; who takes part already does so once."""
    return list(dict.fromkeys([*departments, department_id]))
