"""Which edition of the ratings may be published: of the newest period that is over, once. Pure.

Editions follow each other in time: when a later one is published, an earlier one never comes.
"""

from datetime import date

from common.errors import Conflict, FieldError, Invalid, Text


class EditionPublished(Conflict):
    """The public has this edition, or a later one."""

    slug = "edition-published"
    title = Text("该期评级已公布", "The edition is published")
    detail = Text(
        "评级已公布到截至 {newest} 的一期，截至 {until_on} 的一期不再公布；"
        "每期只公布一次，两期之间不变。请等下一期结束。",
        "Ratings are published until {newest}, so the edition until {until_on} never comes again: "
        "each is published once, nothing moves in between. Wait for the end of the next period.",
    )


class NotTheNewestPeriod(Invalid):
    """The day ends no period, or one that is not over, or one that another has followed."""

    slug = "not-the-newest-period"
    title = Text("不是刚结束的一期", "Not the period that is over")
    detail = Text(
        "现在只能公布截至 {over} 的一期，详见 errors。",
        "Only the edition until {over} may be published now; see errors.",
    )


def check_period(until_on: date, *, over: date, newest: date | None) -> None:
    """Whether an edition may be published; `over` ends the newest period that is over.

    Raises `EditionPublished`, `NotTheNewestPeriod`.
    """
    if newest is not None and until_on <= newest:
        raise EditionPublished(until_on=until_on, newest=newest)
    if until_on != over:
        told = Text(f"应为 {over}", f"must be {over}")
        raise NotTheNewestPeriod(over=over, errors=[FieldError("/until_on", str(until_on), told)])
