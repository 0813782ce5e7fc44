"""Steps that are late and not told far enough, of three kinds of records, many in one statement.

Conditions are spelt as in the indexes that find them (`ix_case_order_contact_late`,
`ix_bad_rating_awaited`, `ix_bad_rating_escalates`, `ix_supervision_late`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Row,
    SmallInteger,
    Uuid,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback_escalations import LateStep
from common.scope import by_area
from feedback import tables
from feedback.domain.late_steps import Late, Rung
from feedback.domain.rectifications import AWAITED
from feedback.tables.ratings import AWAITED_ON

C, B, S, E = tables.Case, tables.BadRating, tables.Supervision, tables.Escalation
_STEPS: Final[dict[Any, Any]] = {str(status): name for status, name in AWAITED.items()}
_MOMENT: Final = TIMESTAMP(timezone=True)
_CONTACT_AT: Final[Any] = literal_column("coalesce(contact_escalates_at, contact_due_at)", _MOMENT)
_ANSWER_AT: Final[Any] = literal_column("coalesce(escalates_at, due_at)", _MOMENT)
_ONCE: Final[Any] = literal_column("1").label("round")
_FIRST_LATE: Final = text(
    "late_level = 0 AND escalates_on IS NULL AND status NOT IN ('called_back', 'reviewed')"
    f" AND {AWAITED_ON} < :today"
)


def late(kind: Late, *, now: datetime, limit: int) -> Any:
    """Records of a kind to be told one level up, the longest late first; locked, none waited for.

    Each with `id`, `area_code`, `due`, `level`, `step`, `version`, `round`.
    """
    found = {Late.CONTACT: _contacts, Late.BAD_RATING: _loops, Late.SUPERVISION: _answers}[kind]
    return found(now).limit(limit).with_for_update(skip_locked=True)


def _contacts(now: datetime) -> Any:
    step: Any = literal_column(f"'{LateStep.CONTACT}'").label("step")
    return (
        select(
            *(
                C.id,
                C.area_code,
                C.contact_due_at.label("due"),
                C.contact_escalation_level.label("level"),
            ),
            *(step, C.status, C.version, _ONCE),
        )
        .where(text("accepted_at IS NULL AND closed_at IS NULL AND contact_escalation_level < 3"))
        .where(now >= _CONTACT_AT)
        .order_by(_CONTACT_AT)
    )


def _loops(now: datetime) -> Any:
    today = city_day(now)
    steps = case(_STEPS, value=B.status)
    due: Any = literal_column(AWAITED_ON).label("due")
    again = and_(text("escalates_on IS NOT NULL"), B.escalates_on <= today)
    return (
        select(
            *(B.rating_id.label("id"), B.area_code, due, B.late_level.label("level")),
            *(steps.label("step"), B.version, B.round),
        )
        .where(or_(_FIRST_LATE.bindparams(today=today.isoformat()), again))
        .order_by(B.rating_id)
    )


def _answers(now: datetime) -> Any:
    step: Any = literal_column(f"'{LateStep.ANSWER}'").label("step")
    return (
        select(
            *(S.id, S.area_code, S.due_at.label("due"), S.escalation_level.label("level")),
            *(step, S.version, _ONCE),
        )
        .where(text("answer IS NULL AND escalation_level < 3"))
        .where(now >= _ANSWER_AT)
        .order_by(_ANSWER_AT)
    )


async def raise_levels(
    session: AsyncSession, kind: Late, rungs: Mapping[UUID, Rung], *, by: str, now: datetime
) -> None:
    """How far each is told from now on, and when further; locked before."""
    agains: list[Any] = [each.again_at for each in rungs.values()]
    if kind is Late.BAD_RATING:
        agains = [at and city_day(at) for at in agains]
    moment: Any = Date() if kind is Late.BAD_RATING else _MOMENT
    given = (
        func.unnest(
            bindparam("ids", list(rungs), ARRAY(Uuid)),
            bindparam("levels", [each.level for each in rungs.values()], ARRAY(SmallInteger)),
            bindparam("agains", agains, ARRAY(moment)),
        )
        .table_valued(column("id", Uuid), column("level", SmallInteger), column("again", moment))
        .render_derived()
    )
    row, key, values = _columns(kind, given.c)
    touched = {} if kind is Late.BAD_RATING else {"updated_at": now, "updated_by": by}
    await session.execute(
        update(row)
        .where(key == given.c.id)
        .values(**values, version=row.version + 1, **touched)
        .execution_options(synchronize_session=False)
    )


def _columns(kind: Late, given: Any) -> tuple[Any, Any, dict[str, Any]]:
    """The table of a kind, its key, and what is written."""
    if kind is Late.CONTACT:
        return (
            C,
            C.id,
            {"contact_escalation_level": given.level, "contact_escalates_at": given.again},
        )
    if kind is Late.SUPERVISION:
        return S, S.id, {"escalation_level": given.level, "escalates_at": given.again}
    return B, B.rating_id, {"late_level": given.level, "escalates_on": given.again}


async def keep(
    session: AsyncSession, climbed: Sequence[dict[str, Any]], steps: Sequence[dict[str, Any]]
) -> None:
    """The ladder, and the history of cases. The key refuses a second time whatever happens."""
    await session.execute(insert(E), climbed)
    if steps:
        await session.execute(insert(tables.CaseStep), steps)


async def page(
    session: AsyncSession,
    actor: Actor,
    *,
    level: int | None,
    step: LateStep | None,
    is_open: bool | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Row[tables.Escalation, bool]]:
    """What was told upwards in the caller's area, by id; one more tells of a next page."""
    opened = _is_open()
    statement = select(E, opened.label("is_open")).where(by_area(actor, E.area_code))
    if level is not None:
        statement = statement.where(E.level == level)
    if step is not None:
        statement = statement.where(E.step == step)
    if is_open is not None:
        statement = statement.where(opened if is_open else ~opened)
    if after is not None:
        statement = statement.where(E.id > after)
    return (await session.execute(statement.order_by(E.id).limit(limit + 1))).all()


def _is_open() -> ColumnElement[bool]:
    """Whether the step that was late still waits."""
    contact = exists().where(C.id == E.record_id, C.accepted_at.is_(None), C.closed_at.is_(None))
    answer = exists().where(S.id == E.record_id, S.answer.is_(None))
    ways = [
        and_(E.step == LateStep.CONTACT, contact),
        and_(E.step == LateStep.ANSWER, answer),
    ]
    for status, name in AWAITED.items():
        turn = (B.rating_id == E.record_id) & (B.round == E.round)
        waits = exists().where(turn, B.status == status)
        ways.append(and_(E.step == name, waits))
    return or_(*ways)


def day_of(due: Any) -> date:
    """A day as the clocks of a loop tell it."""
    return date.fromisoformat(due)
