"""How an import can end other than well, and how a file's fault is kept and told."""

from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from common.errors import FieldError, Problem, Text
from common.problem_details import sqlstate_of
from common.tabular.faults import FileFault

# Connection, resources, shutdown, rollback, a lock not had in time.
_PASSING: Final = ("08", "53", "57", "40", "55P03")


class LeaseLost(Exception):  # a fact: another process has taken over
    """This process no longer works on the import."""


class Cancelled(Exception):  # a fact
    """Its owner has called the import off."""


class NothingImported(Problem):
    """All or nothing, and some rows were wrong."""

    status, slug = 422, "nothing-imported"
    title = Text("未导入任何数据", "Nothing was imported")
    detail = Text(
        "有 {failed} 行有误，按“全部成功才导入”的要求未导入任何数据。",
        "{failed} rows are wrong; as asked, nothing was imported.",
    )


class Broken(Problem):
    """A fault of ours; the log has it."""

    status, slug = 500, "import-broken"
    title = Text("导入程序出错", "The import broke")
    detail = Text(
        "导入程序出错（{fault}），已提交的行保留；请联系系统管理员。",
        "The import broke ({fault}); rows that were committed stay. Tell the administrators.",
    )


def will_pass(fault: Exception) -> bool:
    """Whether a fault is the database's being away, and not a fault of file or program."""
    if isinstance(fault, DBAPIError):
        state = sqlstate_of(fault)
        return fault.connection_invalidated or not state or state.startswith(_PASSING)
    return isinstance(fault, OSError | TimeoutError | PoolTimeout)


class ToldFault(FileFault):
    """A fault that the other process found; its words are carried over as they are."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.slug = told["slug"]  # type: ignore[misc]  # each told fault has its own
        self.title = Text(*told["title"])  # type: ignore[misc]
        self._sentence = Text(*told["detail"])
        errors = [FieldError(at, value, Text(zh, en)) for at, value, zh, en in told["errors"]]
        super().__init__(errors=errors)

    def sentence(self) -> Text:
        """What was told."""
        return self._sentence


def told_again(told: dict[str, Any]) -> Problem:
    """The fault of a file, from the other process's message."""
    return ToldFault(told)


def kept_problem(problem: Problem) -> dict[str, Any]:
    """A fault as a job keeps it, in both languages."""
    return {
        "type": problem.slug,
        "title": list(problem.title),
        "detail": list(problem.sentence()),
        "errors": [list(error.message) for error in problem.errors],
    }
