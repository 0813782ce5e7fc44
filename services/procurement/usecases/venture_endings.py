"""Ways out of venture philanthropy: a call given up, a report sent back, a grant ended early.

Nothing is paid before a grant is closed, so what ends early frees all its money.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_ventures import (
    ApplicationStatus,
    CallStatus,
    GrantStatus,
    VentureEndIn,
)
from common.edge import must_match
from common.records import touch
from common.rules import RulesInForce
from common.rules_table import rule_table
from procurement import tables
from procurement.domain import ventures as rules
from procurement.queries import ventures as queries
from procurement.usecases import budgets
from procurement.usecases.ventures import APPLICATION, CALL, GRANT, holder, note

REPORT, REPORT_AGAIN = "venture.report", "venture.report_again"


async def cancel(
    session: AsyncSession,
    call_id: UUID,
    said: VentureEndIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.VentureCall:
    """Give up a call: what is undecided is declined for the same reason, grants stay as they are.

    So ends a call that cannot be reviewed as it promised; what it did not grant is free again.
    """
    await queries.submitted(session, call_id)
    row = await queries.locked(session, tables.VentureCall, call_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_running(CallStatus(row.status))
    waiting = await queries.submitted(session, call_id)  # who applied meanwhile among them
    for project in waiting:
        project.status, project.reason = ApplicationStatus.DECLINED, said.reason
        touch(project, by, now)
        after = {"status": project.status}
        note(session, by, "decline", APPLICATION, project.id, row.area_code, after)
    row.status, row.cancel_reason = CallStatus.CANCELLED, said.reason
    await budgets.release(session, holder(call_id), by=by, now=now)
    touch(row, by, now)
    note(session, by, "cancel", CALL, row.id, row.area_code, {"declined": len(waiting)})
    await session.flush()
    return row


async def send_back(
    session: AsyncSession, key: UUID, said: VentureEndIn, *, version: int, by: Actor, now: datetime
) -> tables.VentureGrant:
    """Send a report back that does not hold: the grantee has days to report anew.

    Nothing is paid yet, and nobody ends the grant before those days are over.
    """
    row = await queries.locked(session, tables.VentureGrant, key)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_grant(GrantStatus(row.status), GrantStatus.REPORTED)
    in_force = await _in_force(session, row, now)
    due_on = rules.report_due_anew(_due(row, in_force), city_day(now), in_force.rule(REPORT_AGAIN))
    after = {"spent_fen": row.spent_fen, "report_due_on": str(due_on)}
    note(session, by, "send_back", GRANT, row.id, row.area_code, after)
    row.report_due_on = due_on
    row.status, row.reason, row.reported_at = GrantStatus.AGREED, said.reason, None
    row.report = row.opinions = None
    row.people_reached = row.spent_fen = row.returned_fen = None
    touch(row, by, now)
    return row


async def renounce(
    session: AsyncSession, key: UUID, said: VentureEndIn, *, version: int, by: Actor, now: datetime
) -> tables.VentureGrant:
    """The grantee gives a grant up that it does not carry out."""
    row = await queries.locked(session, tables.VentureGrant, key)
    by.must_act_for(row.grantee_id)
    return await _end(session, row, said, version=version, by=by, now=now)


async def terminate(
    session: AsyncSession, key: UUID, said: VentureEndIn, *, version: int, by: Actor, now: datetime
) -> tables.VentureGrant:
    """The sponsor ends a grant of which no report came in time."""
    row = await queries.locked(session, tables.VentureGrant, key)
    by.must_cover(row.area_code)
    rule = REPORT if row.report_due_on is None else REPORT_AGAIN
    rules.check_overdue(_due(row, await _in_force(session, row, now)), city_day(now), rule)
    return await _end(session, row, said, version=version, by=by, now=now)


async def _in_force(session: AsyncSession, row: tables.VentureGrant, now: datetime) -> RulesInForce:
    return (await rule_table(session)).at(city_day(now), row.area_code)


def _due(row: tables.VentureGrant, in_force: RulesInForce) -> date:
    """The last day for a report: as it was set when one was sent back, else of the agreement."""
    return row.report_due_on or rules.report_due(city_day(row.agreed_at), in_force.rule(REPORT))


async def _end(
    session: AsyncSession,
    row: tables.VentureGrant,
    said: VentureEndIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.VentureGrant:
    must_match(row.version, version)
    rules.check_grant(GrantStatus(row.status), GrantStatus.AGREED)
    row.status, row.closed_at, row.reason = GrantStatus.CLOSED, now, said.reason
    row.spent_fen, row.returned_fen = 0, row.value_fen
    await budgets.give_back(session, holder(row.id), by=by, now=now)
    touch(row, by, now)
    note(session, by, "end", GRANT, row.id, row.area_code, {"returned_fen": row.value_fen})
    return row
