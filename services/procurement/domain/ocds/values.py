"""The small shapes of OCDS: money, instants, periods, organisations; and the facts they are from.

What is not known is left out: OCDS reads a null as a deletion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from common.clock import CITY_ZONE

Row = Mapping[str, Any]
Json = dict[str, Any]
CREDIT_CODES: Final = "CN-USCC"  # 统一社会信用代码; OCDS lists no scheme for it
OWN_IDS: Final = "LINLI"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything public about one process, as rows."""

    tender: Row
    criteria: Sequence[Row] = ()
    documents: Sequence[Row] = ()
    amendments: Sequence[Row] = ()
    bids: Sequence[Row] = ()
    awards: Sequence[Row] = ()
    contracts: Sequence[Row] = ()
    funding: Sequence[Row] = ()
    milestones: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    changes: Sequence[Row] = ()
    failures: Sequence[Row] = ()
    stations: Sequence[Row] = ()
    challenges: Sequence[Row] = ()
    complaints: Sequence[Row] = ()
    outcome: Row | None = None
    deviations: Sequence[Row] = ()
    claims: Sequence[Row] = ()
    ties: Sequence[Row] = ()
    organisations: Mapping[UUID, Row] = field(default_factory=dict)


def compact(**fields: Any) -> Json:
    """An object without what is not known: no null, no empty list or object."""
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def money(fen: int | None) -> Json | None:
    """An amount in yuan."""
    if fen is None:
        return None
    amount = fen // 100 if fen % 100 == 0 else fen / 100
    return {"amount": amount, "currency": "CNY"}


def instant(at: datetime | None) -> str | None:
    """An instant, in UTC to the microsecond, so that text sorts as time."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def first_of(day: date | None) -> str | None:
    """The beginning of a day in the city."""
    return None if day is None else datetime.combine(day, time(), CITY_ZONE).isoformat()


def last_of(day: date | None) -> str | None:
    """The end of a day in the city: our last days belong to their periods."""
    return None if day is None else datetime.combine(day, time(23, 59, 59), CITY_ZONE).isoformat()


def of_contract(rows: Sequence[Row], contract: Row) -> list[Row]:
    """The rows that hang on a contract."""
    return [row for row in rows if row["contract_id"] == contract["id"]]


def reference(facts: Facts, organisation_id: UUID) -> Json:
    """An organisation as others refer to it."""
    known = facts.organisations.get(organisation_id, {})
    return compact(id=party_id(known, organisation_id), name=known.get("name"))


def party(facts: Facts, organisation_id: UUID, roles: Sequence[str]) -> Json:
    """An organisation with its identifier, its roles, and the ties that make others partial."""
    known = facts.organisations.get(organisation_id, {})
    code = known.get("credit_code")
    return compact(
        **reference(facts, organisation_id),
        identifier=compact(
            scheme=CREDIT_CODES if code else OWN_IDS,
            id=code or str(organisation_id),
            legalName=known.get("name"),
        ),
        roles=list(roles),
        ties=[
            compact(
                id=str(tie["id"]),
                kind=tie["kind"],
                organization=reference(facts, tie["organisation_id"]),
                period=compact(startDate=first_of(tie["from_on"]), endDate=last_of(tie["to_on"])),
            )
            for tie in facts.ties
            if tie["provider_id"] == organisation_id
        ],
    )


def party_id(known: Row, organisation_id: UUID) -> str:
    """The id of an organisation within the releases of a process."""
    code = known.get("credit_code")
    return f"{CREDIT_CODES}-{code}" if code else f"{OWN_IDS}-{organisation_id}"
