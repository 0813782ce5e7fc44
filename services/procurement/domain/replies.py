"""The right of reply: a statement at any time, an appeal before the evaluation counts.

Pure. An appeal is made once and decided once, by who stands above the body that judged.
"""

from datetime import date, timedelta

from common.contracts.procurement_ratings import ReplyKind, Verdict
from common.errors import Conflict, Text


class ReplyPeriodOver(Conflict):
    """The evaluation counts already."""

    slug = "reply-period-over"
    title = Text("答复期已过", "The reply period is over")
    detail = Text(
        "该评价的申诉期至 {last} 止（规则 rating.reply），现只能提交陈述（kind=statement）。",
        "Appeals against it ended on {last} (rule rating.reply); a statement is still taken.",
    )


class NothingToDecide(Conflict):
    """A statement, or an appeal that was decided."""

    slug = "nothing-to-decide"
    title = Text("没有待裁定的申诉", "Nothing to decide")
    detail = Text(
        "该答复为 {kind}，裁定结果为 {verdict}；只有未裁定的申诉可以裁定。",
        "The reply is a {kind} with the verdict {verdict}; only an open appeal is decided.",
    )


def check_reply(kind: ReplyKind, counts_from_on: date, today: date) -> None:
    """Raises `ReplyPeriodOver` for an appeal against what counts already."""
    if kind is ReplyKind.APPEAL and today >= counts_from_on:
        raise ReplyPeriodOver(last=counts_from_on - timedelta(days=1))


def check_open(kind: ReplyKind, verdict: Verdict | None) -> None:
    """Raises `NothingToDecide` for what is no open appeal. Who decides it: `judging`."""
    if kind is not ReplyKind.APPEAL or verdict is not None:
        raise NothingToDecide(kind=kind, verdict=verdict or "-")
