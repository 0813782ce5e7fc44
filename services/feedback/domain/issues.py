"""Issues of several departments: one leads, the others help, until a day. Pure."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from common.contracts.feedback_issues import IssueStatus
from common.errors import Conflict, FieldError, Invalid, Text


class WrongIssue(Invalid):
    """What was sent cannot be an issue; `errors` says where and why."""

    slug = "wrong-issue"
    title = Text("议题内容有误", "Wrong issue")


class IssueSettled(Conflict):
    """A settled issue is not worked on any more."""

    slug = "issue-settled"
    title = Text("议题已办结", "The issue is settled")
    detail = Text("议题已办结，不能再修改。", "The issue is settled and is not changed any more.")


def check_open(status: str) -> None:
    """Raises `IssueSettled`."""
    if status == IssueStatus.SETTLED:
        raise IssueSettled


def check_bodies(lead: UUID, helping: Sequence[UUID]) -> None:
    """Who leads does not help, and nobody helps twice."""
    if lead in helping or len(set(helping)) != len(helping):
        told = Text("牵头单位不列入配合单位，配合单位不重复", "apart from who leads, each once")
        raise WrongIssue(errors=[FieldError("/helping_ids", None, told)])


def check_due(due_on: date, today: date) -> None:
    """An issue is due today or later."""
    if due_on < today:
        told = Text(f"应不早于 {today}", f"not before {today}")
        raise WrongIssue(errors=[FieldError("/due_on", str(due_on), told)])
