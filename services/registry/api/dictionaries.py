"""Dictionaries over HTTP: read by all, extended by staff."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.base import Page
from common.contracts.registry import dictionaries as contracts
from common.contracts.registry.dictionaries import Dictionary
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from registry.api.parameters import OnDay
from registry.domain.areas import WrongPeriod
from registry.queries import dictionaries as queries
from registry.usecases import dictionaries as usecases

router = APIRouter(prefix="/v1", tags=["dictionaries"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.DICTIONARY_READ)]
Writer = Annotated[Actor, needs(Permission.DICTIONARY_WRITE)]
Code = Annotated[str, Path(max_length=64)]


@router.get("/dictionaries")
async def list_dictionaries(_: Reader) -> list[Dictionary]:
    """The dictionaries that exist."""
    return list(Dictionary)


@router.get("/dictionaries/{dictionary}", responses=problems(BadPageToken))
async def list_entries(
    session: Session,
    _: Reader,
    dictionary: Dictionary,
    on: OnDay = None,
    parent: Annotated[str | None, Query(max_length=64, description="上级词条代码")] = None,
    after: After = None,
    limit: Limit = 200,
) -> Page[contracts.Entry]:
    """A dictionary's entries in the order in which they are shown; `on` leaves out ended ones."""
    rows = await queries.entries(
        session,
        dictionary,
        on=on,
        parent=parent,
        after=key_of(after, int, str),
        limit=limit,
    )
    shown = [contracts.Entry.model_validate(row) for row in rows]
    return Page[contracts.Entry](**page(shown, limit, lambda entry: (entry.sort, entry.code)))


@router.get("/dictionaries/{dictionary}/{code}", responses=problems(NotFound))
async def read_entry(
    session: Session, _: Reader, response: Response, dictionary: Dictionary, code: Code
) -> contracts.Entry:
    """One entry."""
    row = await queries.entry(session, dictionary, code)
    tag(response, row.version)
    return contracts.Entry.model_validate(row)


@router.post(
    "/dictionaries/{dictionary}",
    status_code=201,
    responses=problems(usecases.WordExists, queries.UnknownWord),
)
async def add_entry(
    dictionary: Dictionary,
    entry: contracts.EntryIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> contracts.Entry:
    """Extend a dictionary by a word."""
    row = await usecases.add_entry(session, dictionary, entry, by=actor, now=now)
    tag(response, row.version)
    return contracts.Entry.model_validate(row)


@router.patch(
    "/dictionaries/{dictionary}/{code}",
    responses=problems(
        NotFound, PreconditionFailed, PreconditionRequired, WrongPeriod, usecases.WordInUse
    ),
)
async def edit_entry(
    dictionary: Dictionary,
    code: Code,
    patch: contracts.EntryPatch,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Entry:
    """Rename, sort, end or revive a word; its code never changes."""
    row = await usecases.edit_entry(
        session, dictionary, code, patch, version=version, by=actor, now=now
    )
    tag(response, row.version)
    return contracts.Entry.model_validate(row)
