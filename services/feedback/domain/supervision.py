"""Who may supervise, and what follows a request: an answer in time, then a verdict. Pure."""

from datetime import date

from common.contracts.feedback_supervision import Verdict
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text


class NotOnTheRoster(Forbidden):
    """Deputies ask for supervision, in their area and term."""

    slug = "not-on-the-roster"
    title = Text("不在名册或任期", "Not on the roster")
    detail = Text(
        "当前账号不在 {area} 的两代表一委员名册中，或不在任期内。",
        "This account is on the roster of {area} for no term that runs today.",
    )


class SupervisionCannotMove(Conflict):
    """An answer comes once, a verdict once after it."""

    slug = "supervision-cannot-move"
    title = Text("督办状态不允许", "The supervision cannot move there")
    detail = Text("{reason}", "{reason}")


class WrongVerdict(Invalid):
    """Who is not satisfied says why."""

    slug = "wrong-verdict"
    title = Text("评判有误", "Wrong verdict")


class WrongDeskDay(Invalid):
    """Deputies of the area receive residents, and nobody else."""

    slug = "wrong-desk-day"
    title = Text("接待日有误", "Wrong desk day")


class WrongTerm(Invalid):
    """A term ends after it began, and is never made longer by its end."""

    slug = "wrong-term"
    title = Text("任期有误", "Wrong term")


def check_end(term_from: date, term_to: date | None, wanted: date) -> None:
    """Raises `WrongTerm` unless a term can end that day."""
    if wanted < term_from or (term_to is not None and wanted > term_to):
        until = term_to or "-"
        told = Text(f"须在任期 {term_from} 至 {until} 内", f"within {term_from} and {until}")
        raise WrongTerm(errors=[FieldError("/term_to", str(wanted), told)])


def serves(term_from: date, term_to: date | None, today: date) -> bool:
    """Whether a term runs today. Both ends belong to it."""
    return term_from <= today and (term_to is None or today <= term_to)


def may_judge(account: str, asked: str, *, asker_serves: bool) -> bool:
    """Whether an account in office judges an answer: who asked, in whatever term; else a successor.

    `asked` is the account that asked; somebody else judges only when that one serves no more.
    """
    return account == asked or not asker_serves


def check_answerable(answer: str | None) -> None:
    """Raises `SupervisionCannotMove` when there is an answer already."""
    if answer is not None:
        raise SupervisionCannotMove(reason=Text("督办已答复。", "It is answered already."))


def check_verdict(
    answer: str | None, verdict: Verdict | None, wanted: Verdict, words: str | None
) -> None:
    """A verdict follows the answer, once; a bad one with words."""
    if answer is None or verdict is not None:
        raise SupervisionCannotMove(
            reason=Text("答复后评判，且只评判一次。", "A verdict follows the answer, once.")
        )
    if wanted is not Verdict.SATISFIED and words is None:
        told = Text("不满意须说明", "say what is missing")
        raise WrongVerdict(errors=[FieldError("/words", None, told)])
