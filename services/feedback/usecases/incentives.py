"""Incentives 奖补: granted once from the final results of an assessment, by the formula."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_assessments as contracts
from common.records import made
from feedback import tables
from feedback.domain import incentives as rules
from feedback.queries import assessments as queries
from feedback.queries.ground import ground


async def grant(
    session: AsyncSession, wish: contracts.IncentiveIn, *, by: Actor, now: datetime
) -> tables.Incentive:
    """Compute the awards; nobody fills one in. A second grant is refused by the database."""
    scheme = await queries.scheme(session, wish.scheme_id)
    by.must_cover(scheme.area_code)
    results = await queries.results_of(session, scheme.id)
    waiting = [row for row in results if row.final_at is None]
    if waiting or not results:
        raise rules.NotFinal(open=len(waiting) or len(scheme.subject_ids))
    in_force = (await ground(session)).at(scheme.area_code, now)
    judged = [
        rules.Judged(row.subject_id, row.lower_bound, row.band)
        for row in results
        if row.lower_bound is not None and row.band is not None
    ]
    row = tables.Incentive(
        **wish.model_dump(),
        area_code=scheme.area_code,
        rules={code: str(in_force.rule(code).known) for code in rules.CODES},
        awards=[
            each.model_dump(mode="json") for each in rules.awards(judged, wish.pot_fen, in_force)
        ],
        granted_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    audit.note(
        session,
        by,
        action="incentive.grant",
        target=("incentive", row.id),
        area=row.area_code,
        after={"scheme_id": str(scheme.id), "pot_fen": row.pot_fen, "document": row.pot_document},
    )
    return row


def shown(row: tables.Incentive) -> contracts.Incentive:
    """An incentive with its formula."""
    names = set(contracts.Incentive.model_fields) - {"formula", "awards"}
    return contracts.Incentive(
        **{name: getattr(row, name) for name in names},
        formula=rules.FORMULA,
        awards=[contracts.Award.model_validate(each) for each in row.awards],
    )
