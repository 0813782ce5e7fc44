"""The provider answers an evaluation; an appeal suspends it, a verdict strikes or restores it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.procurement_ratings import (
    EvidenceSource,
    ReplyIn,
    ReplyKind,
    Verdict,
    VerdictIn,
    ViolationIn,
)
from common.contracts.vocabulary import RatingDimension
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from common.ids import uuid7
from common.records import made, touch
from procurement import tables
from procurement.domain import replies as rules
from procurement.domain.evidence import Told
from procurement.domain.judging import Judge, decided_from
from procurement.queries import evidence as evidence_queries
from procurement.queries import providers, replies
from procurement.queries.evidence import Source
from procurement.usecases import evidence, judging

KIND: Final = "grade_reply"


class AlreadyAppealed(Conflict):
    """An evaluation is appealed once."""

    slug = "already-appealed"
    title = Text("已提出申诉", "Already appealed")
    detail = Text(
        "该评价已提出过申诉，一项评价只能申诉一次；可补充陈述。",
        "This evaluation was appealed; one appeal is heard. Add a statement instead.",
    )


class WrongViolation(Invalid):
    """What was sent cannot be a violation; `errors` says where and why."""

    slug = "wrong-violation"
    title = Text("违规记录有误", "Wrong violation")


async def reply(
    session: AsyncSession, evaluation_id: UUID, wish: ReplyIn, *, by: Actor, now: datetime
) -> tables.Reply:
    """Say something about an evaluation of one's own organisation, or appeal against it."""
    judged = await evidence_queries.evaluation(session, evaluation_id)
    by.must_act_for(judged.provider_id)
    rules.check_reply(wish.kind, judged.counts_from_on, city_day(now))
    source = Source(judged.provider_id, judged.source, judged.source_id)
    row = tables.Reply(
        **source._asdict(), kind=wish.kind, words=wish.words, said_at=now, **made(by, now)
    )
    session.add(row)
    await session.flush()
    if wish.kind is ReplyKind.APPEAL:
        await evidence.suspend(session, source, is_suspended=True, now=now)
    audit.note(
        session,
        by,
        action=f"evaluation.{wish.kind}",
        target=(KIND, row.id),
        after={"provider": str(source.provider_id), "source": str(source.source_id)},
    )
    return row


async def decide(
    session: AsyncSession,
    reply_id: UUID,
    wish: VerdictIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Reply:
    """Decide an appeal: upheld, the evaluation is struck; dismissed, it counts again.

    From where it was decided is told with it: nobody decides on what their own body decided, but
    at the top another person does.
    """
    row = await replies.locked(session, reply_id)
    must_match(row.version, version)
    source = Source(row.provider_id, row.source, row.source_id)
    rules.check_open(ReplyKind(row.kind), Verdict(row.verdict) if row.verdict else None)
    row.decided_from = decided_from(await _judge(session, source), judging.decider(by))
    row.verdict, row.verdict_reason, row.decided_at = wish.verdict, wish.reason, now
    touch(row, by, now)
    await session.flush()
    if wish.verdict is Verdict.UPHELD:
        await evidence.strike(session, source, now=now)
    else:
        await evidence.suspend(session, source, is_suspended=False, now=now)
    audit.note(
        session,
        by,
        action=f"appeal.{wish.verdict}",
        target=(KIND, row.id),
        after={
            "provider": str(row.provider_id),
            "source": str(row.source_id),
            "decided_from": row.decided_from,
        },
        reason=wish.reason,
    )
    return row


async def _judge(session: AsyncSession, source: Source) -> Judge:
    """Who made an evaluation: who is on record for it, else the buyer of the contract."""
    stands = await evidence_queries.current(session, [source])
    buyers = frozenset(each["buyer_id"] for each in stands if each["buyer_id"] is not None)
    recorded = await session.get(tables.Judgement, source.source_id)
    if recorded is not None:
        return Judge(recorded.judged_area, recorded.judged_by, recorded.judged_for, buyers)
    contracts = [each["contract_id"] for each in stands if each["contract_id"] is not None]
    contract = await session.get(tables.Contract, contracts[0]) if contracts else None
    if contract is None:
        return Judge(parties=buyers)
    area = await judging.area_of(session, contract.buyer_id, contract.area_code)
    return Judge(area, None, contract.buyer_id, buyers)


async def record_violation(
    session: AsyncSession, provider_id: UUID, wish: ViolationIn, *, by: Actor, now: datetime
) -> tables.Evidence:
    """Record a violation that an authority has found; the provider may reply before it counts."""
    by.must_cover(wish.area_code)
    file = await providers.found(session, provider_id)
    if wish.happened_on > city_day(now):
        told = Text(f"不应晚于今日 {city_day(now)}", f"not after today, {city_day(now)}")
        raise WrongViolation(errors=[FieldError("/happened_on", str(wish.happened_on), told)])
    source = Source(file.id, EvidenceSource.VIOLATION, uuid7())
    said = Told(
        source=EvidenceSource.VIOLATION,
        source_id=source.source_id,
        provider_id=file.id,
        category=wish.category,
        levels={RatingDimension.OVERALL: wish.level},
        happened_on=wish.happened_on,
        buyer_id=wish.buyer_id,
        contract_id=wish.contract_id,
        document=wish.document,
    )
    await evidence.record(session, [said], now=now)
    judging.keep(session, source.source_id, file.id, by=by, now=now)
    audit.note(
        session,
        by,
        action="violation.record",
        target=("provider", file.id),
        area=wish.area_code,
        after=wish.model_dump(mode="json"),
    )
    (row,) = await evidence_queries.current(session, [source])
    return await evidence_queries.evaluation(session, row["id"])
