"""The rule table over HTTP, the same in every service: read by all, set by those who govern."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common import rules_setting, rules_table
from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import rules as contracts
from common.contracts.base import Page
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from common.rules import RuleValueOutOfBounds
from common.rules_setting import NotYourRule, RuleEndsWrong, RuleOverlaps, RuleValueUnfit
from common.rules_table import Wanted

router: Final = APIRouter(prefix="/v1", tags=["rules"], route_class=TransactionRoute)
CONSTRAINTS: Final = {"ex_rule_once": RuleOverlaps}

Reader = Annotated[Actor, needs(Permission.RULE_READ)]
Setter = Annotated[Actor, needs(Permission.RULE_WRITE)]
Verifier = Annotated[Actor, needs(Permission.RULE_VERIFY)]
Word = Annotated[str | None, Query(min_length=1, max_length=80)]
Place = Annotated[
    str | None,
    Query(
        pattern=r"^(CN|[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="适用于此地的规则，含上级 / rules that hold there, those from above included",
    ),
]
_VALUE: Final = (RuleValueUnfit, RuleValueOutOfBounds)
_EDIT: Final = (NotFound, NotYourRule, PreconditionFailed, PreconditionRequired)


@router.get("/rules", responses=problems(BadPageToken))
async def list_rules(
    session: Session,
    _: Reader,
    on: Annotated[date | None, Query(description="该日有效 / valid on that day")] = None,
    jurisdiction: Place = None,
    object: Word = None,  # noqa: A002 - the word of the wire
    parameter: Word = None,
    method: Word = None,
    is_set: Annotated[bool | None, Query(description="数值已核定 / has a value")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[contracts.Rule]:
    """法律与政策规定的数值及其依据、可信程度 / What laws and policies set, and how sure."""
    wanted = Wanted(on, jurisdiction, object, parameter, method, is_set)
    key = key_of(after, str, str, date.fromisoformat)
    rows = await rules_table.rules(session, wanted, after=key, limit=limit)
    shown = [contracts.Rule.model_validate(row) for row in rows]
    last = ("code", "jurisdiction", "valid_from")
    return Page[contracts.Rule](
        **page(shown, limit, lambda rule: tuple(str(getattr(rule, name)) for name in last))
    )


@router.get("/rules/{rule_id}", responses=problems(NotFound))
async def read_rule(
    rule_id: UUID, session: Session, _: Reader, response: Response
) -> contracts.RuleState:
    """一条规则及其历次变更 / One rule with all its changes."""
    row = await rules_table.rule(session, rule_id)
    changes = await rules_table.history(session, rule_id)
    tag(response, row.version)
    shown = contracts.Rule.model_validate(row).model_dump()
    return contracts.RuleState.model_validate({**shown, "history": changes})


@router.put(
    "/rules/{rule_id}/value",
    responses=problems(*_EDIT, *_VALUE, RuleEndsWrong, RuleOverlaps),
)
async def set_rule(
    rule_id: UUID,
    setting: contracts.RuleSetting,
    session: Session,
    actor: Setter,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Rule:
    """核定或更正数值，须说明理由 / Set or correct a value; it awaits verification."""
    row = await rules_setting.set_value(
        session, rule_id, setting, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return contracts.Rule.model_validate(row)


@router.post(
    "/rules/{rule_id}/successors",
    status_code=201,
    responses=problems(NotFound, NotYourRule, RuleOverlaps, *_VALUE, RuleEndsWrong),
)
async def succeed_rule(
    rule_id: UUID,
    successor: contracts.RuleSuccessor,
    session: Session,
    actor: Setter,
    now: Now,
    response: Response,
) -> contracts.Rule:
    """自某日起改为新值，原规则前一日终止 / A new value from a day on."""
    row = await rules_setting.succeed(session, rule_id, successor, by=actor, now=now)
    tag(response, row.version)
    return contracts.Rule.model_validate(row)


@router.put("/rules/{rule_id}/verification", responses=problems(*_EDIT))
async def verify_rule(
    rule_id: UUID,
    verification: contracts.RuleVerification,
    session: Session,
    actor: Verifier,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Rule:
    """核对过正式文本 / Say that the official text was read and agrees."""
    row = await rules_setting.verify(
        session, rule_id, verification, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return contracts.Rule.model_validate(row)
