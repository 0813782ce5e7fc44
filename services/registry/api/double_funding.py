"""Money given twice, over HTTP: findings with rule and records, and what was decided."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import funds as contracts
from common.edge import Now, Session
from common.errors import NotFound, problems
from common.paging import After, BadPageToken, Limit, key_of, token
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from registry.api.parameters import AreaPrefix
from registry.domain.double_funding import RULES
from registry.queries import double_funding as queries
from registry.usecases import double_funding as usecases

router = APIRouter(prefix="/v1/funding-findings", tags=["funds"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.FUND_READ)]
Writer = Annotated[Actor, needs(Permission.FUND_WRITE)]
RuleCode = Annotated[
    str | None,
    Query(
        max_length=60,
        pattern=f"^({'|'.join(map(re.escape, RULES))})$",
        description=f"规则编号 / one of {', '.join(RULES)}",
        examples=[RULES[0]],
    ),
]
Decided = Annotated[bool | None, Query(description="是否已处理 / whether it was decided")]


@router.get("", responses=problems(BadPageToken, NoRule, RuleNotSet))
async def list_findings(
    session: Session,
    actor: Reader,
    now: Now,
    area: AreaPrefix = None,
    rule: RuleCode = None,
    is_decided: Decided = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.FundingFinding]:
    """Money that seems to be given twice: one side lies in the caller's area."""
    wanted = queries.Filters(area, rule, is_decided)
    last = key_of(after, str, UUID, UUID)
    rows = await queries.page(session, actor, wanted, after=last, limit=limit)
    shown, more = rows[:limit], len(rows) > limit
    end = (shown[-1].rule, shown[-1].first_id, shown[-1].second_id) if more else ()
    return Page[contracts.FundingFinding](
        items=await usecases.findings(session, shown, by=actor, now=now),
        next=token(*end) if more else None,
    )


@router.post("/decisions", status_code=201, responses=problems(NotFound))
async def decide(
    said: contracts.FundingDecisionIn, session: Session, actor: Writer, now: Now
) -> contracts.FundingDecision:
    """Say of a finding that it is co-funded, to be recovered, corrected, or no double."""
    return await usecases.decide(session, said, by=actor, now=now)
