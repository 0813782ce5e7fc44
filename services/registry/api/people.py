"""People over HTTP: masked for the staff of their area, in clear for a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common.auth.actor import Actor, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts.base import Page
from common.contracts.registry import people as contracts
from common.contracts.registry.pledges import Unmasking
from common.crypto.fields import FieldCipher
from common.edge import Cipher, IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, page
from common.route import TransactionRoute
from common.rules import NoRule
from registry import tables
from registry.api.finding import key
from registry.api.parameters import AreaPrefix
from registry.api.space_use import District
from registry.domain.people import WrongPerson, is_qualified
from registry.queries import people as queries
from registry.queries.dictionaries import UnknownWord
from registry.queries.references import UnknownArea, UnknownReference
from registry.usecases import people as usecases
from registry.usecases.people import PersonCodeTaken

router = APIRouter(prefix="/v1/people", tags=["people"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.PERSON_READ)]
Writer = Annotated[Actor, needs(Permission.PERSON_WRITE)]
Unmasker = Annotated[Actor, needs(Permission.PERSON_UNMASK)]
_INPUT = (OutOfArea, WrongPerson, UnknownWord, UnknownArea, UnknownReference, PersonCodeTaken)


@router.get("", responses=problems(BadPageToken))
async def list_people(
    session: Session,
    actor: Reader,
    cipher: Cipher,
    now: Now,
    area: AreaPrefix = None,
    kind: contracts.PersonKind | None = None,
    organisation_id: UUID | None = None,
    venue_id: UUID | None = None,
    qualification: contracts.Qualification | None = None,
    language: Annotated[str | None, Query(max_length=12, description="语言 / language")] = None,
    skill: Annotated[str | None, Query(max_length=64, description="服务类别 / category")] = None,
    status: contracts.PersonStatus | None = None,
    bundle_id: Annotated[UUID | None, Query(description="所在组团 / in a bundle")] = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Person]:
    """People of the caller's area, masked: who speaks a language, who is good at what."""
    wanted = queries.Filters(
        area, kind, organisation_id, venue_id, qualification, language, skill, status, bundle_id
    )
    rows = await queries.page(session, actor, wanted, after=key(after, None), limit=limit)
    told = page(rows, limit, lambda row: (row.area_code, row.id))
    items = [_masked(row, cipher, now) for row in told["items"]]
    return Page[contracts.Person](items=items, next=told["next"])


@router.get("/behind", responses=problems(OutOfArea, NoRule))
async def list_behind(
    session: Session, actor: Reader, now: Now, area: District
) -> list[contracts.Education]:
    """Registered social workers who learnt fewer hours than in proportion, the worst first."""
    actor.must_cover(area)
    return await usecases.behind(session, area, on=city_day(now))


@router.get("/{person_id}", responses=problems(NotFound))
async def read_person(
    session: Session,
    actor: Reader,
    cipher: Cipher,
    now: Now,
    response: Response,
    person_id: UUID,
) -> contracts.Person:
    """Somebody of the caller's area, masked."""
    row = await queries.found(session, actor, person_id)
    tag(response, row.version)
    return _masked(row, cipher, now)


@router.post("", status_code=201, responses=problems(*_INPUT))
async def add_person(
    person: contracts.PersonIn,
    session: Session,
    actor: Writer,
    cipher: Cipher,
    now: Now,
    response: Response,
) -> contracts.Person:
    """Record somebody who works or volunteers in the area."""
    row = await usecases.add_person(session, person, cipher=cipher, by=actor, now=now)
    response.headers["Location"] = f"people/{row.id}"
    tag(response, row.version)
    return _masked(row, cipher, now)


@router.patch(
    "/{person_id}",
    responses=problems(*_INPUT, NotFound, PreconditionFailed, PreconditionRequired),
)
async def edit_person(
    person_id: UUID,
    patch: contracts.PersonPatch,
    session: Session,
    actor: Writer,
    cipher: Cipher,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Person:
    """Change a record; the telephone of who leaves is forgotten."""
    row = await usecases.edit_person(
        session, person_id, patch, version=version, cipher=cipher, by=actor, now=now
    )
    tag(response, row.version)
    return _masked(row, cipher, now)


@router.post("/{person_id}/identity", responses=problems(NotFound, OutOfArea, OutOfLine))
async def read_identity(
    person_id: UUID,
    unmasking: Unmasking,
    session: Session,
    actor: Unmasker,
    cipher: Cipher,
) -> contracts.Identity:
    """Who it is, in clear, for a reason that the audit log keeps."""
    return await usecases.read_identity(
        session, person_id, reason=unmasking.reason, cipher=cipher, by=actor
    )


@router.get("/{person_id}/hours", responses=problems(NotFound, NoRule))
async def read_hours(
    session: Session, actor: Reader, now: Now, person_id: UUID
) -> contracts.PersonHours:
    """What somebody learnt, against what the registration asks for, and gave as a volunteer."""
    row = await queries.found(session, actor, person_id)
    return await usecases.hours_of(session, row, on=city_day(now))


@router.post(
    "/{person_id}/hours", status_code=201, responses=problems(NotFound, OutOfArea, WrongPerson)
)
async def record_hours(
    person_id: UUID, hours: contracts.HoursIn, session: Session, actor: Writer, now: Now
) -> contracts.HoursRecord:
    """Record hours of continuing education or of volunteering."""
    row = await usecases.record_hours(session, person_id, hours, by=actor, now=now)
    return contracts.HoursRecord.model_validate(row)


@router.delete(
    "/{person_id}/hours/{record_id}", status_code=204, responses=problems(NotFound, OutOfArea)
)
async def withdraw_hours(
    person_id: UUID, record_id: UUID, session: Session, actor: Writer, now: Now
) -> None:
    """Withdraw hours that were recorded by mistake; withdrawn already, they stay so."""
    await usecases.withdraw_hours(session, person_id, record_id, by=actor, now=now)


def _masked(row: tables.Person, cipher: FieldCipher, now: Now) -> contracts.Person:
    """A row, its sealed fields opened only to be masked."""
    sealed = {name: getattr(row, name) for name in ("id", *usecases.SEALED)}
    valid = is_qualified(row.qualified_from, row.qualified_to, city_day(now))
    shown = {each: getattr(row, each) for each in contracts.Person.model_fields if each in _PLAIN}
    return contracts.Person(
        is_qualified=valid,
        **shown,
        **usecases.masked(sealed, cipher),
    )


_PLAIN = {column.name for column in tables.Person.__table__.columns} - set(usecases.SEALED)
