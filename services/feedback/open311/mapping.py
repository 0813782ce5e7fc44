"""Cases in GeoReport's words: what each of ours is called there, and what strangers may not see."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from common.contracts.feedback import CaseKind, CaseStatus
from common.errors import Text
from feedback.domain import duplicates
from feedback.open311.shapes import (
    Attribute,
    AttributeValue,
    Service,
    ServiceDefinition,
    ServiceRequest,
    Update,
)
from feedback.tables import Case

KINDS: Final = {
    CaseKind.COMPLAINT: Text("投诉", "complaint"),
    CaseKind.SUGGESTION: Text("建议", "suggestion"),
    CaseKind.HELP: Text("求助", "request for help"),
    CaseKind.CONSULTATION: Text("咨询", "question"),
}
NOTES: Final = {
    CaseStatus.RECEIVED: Text("已收到", "received"),
    CaseStatus.ACCEPTED: Text("已受理", "accepted"),
    CaseStatus.IN_PROGRESS: Text("办理中", "in progress"),
    CaseStatus.PAUSED: Text("中止计时", "the clock is paused"),
    CaseStatus.ANSWERED: Text("已答复", "answered"),
    CaseStatus.FIXED: Text("办理单位称已解决", "fixed, as the body says"),
    CaseStatus.CONFIRMED: Text("居民已确认", "confirmed by the resident"),
    CaseStatus.REOPENED: Text("居民不认可，二次办理", "reopened by the resident"),
    CaseStatus.HANDED_OVER: Text("已移交", "handed over"),
    CaseStatus.DUPLICATE: Text("已并入先收到的工单", "merged into an earlier request"),
    CaseStatus.WITHDRAWN: Text("已撤回", "withdrawn"),
}
# The words of the updates extension for our states.
UPDATE_STATUS: Final = {
    CaseStatus.RECEIVED: "OPEN",
    CaseStatus.ACCEPTED: "INVESTIGATING",
    CaseStatus.IN_PROGRESS: "IN_PROGRESS",
    CaseStatus.PAUSED: "ACTION_SCHEDULED",
    CaseStatus.ANSWERED: "NO_FURTHER_ACTION",
    CaseStatus.FIXED: "FIXED",
    CaseStatus.CONFIRMED: "CLOSED",
    CaseStatus.REOPENED: "REOPEN",
    CaseStatus.HANDED_OVER: "NOT_COUNCILS_RESPONSIBILITY",
    CaseStatus.DUPLICATE: "DUPLICATE",
    CaseStatus.WITHDRAWN: "CANCELLED",
}


def service(entry: Mapping[str, Any], parents: Mapping[str, str], language: str) -> Service:
    """A category as a type of request."""
    return Service(
        service_code=entry["code"],
        service_name=_named(entry, language),
        description=entry["description"],
        metadata=True,
        type="realtime",
        keywords=f"{entry['name_zh']},{entry['name_en']}",
        group=parents.get(entry["parent_code"] or ""),
    )


def services(entries: Sequence[Mapping[str, Any]], language: str) -> list[Service]:
    """All types of requests, each in the group of its parent."""
    parents = {entry["code"]: _named(entry, language) for entry in entries}
    return [service(entry, parents, language) for entry in entries]


def definition(code: str, language: str) -> ServiceDefinition:
    """What more a request may say: of which kind it is. The same for all types."""
    kind = Attribute(
        variable=True,
        code="kind",
        datatype="singlevaluelist",
        required=False,
        datatype_description=Text("默认投诉", "a complaint by default").within(language),
        order=1,
        description=Text("诉求种类", "what kind of request it is").within(language),
        values=[
            AttributeValue(key=kind, name=name.within(language)) for kind, name in KINDS.items()
        ],
    )
    return ServiceDefinition(service_code=code, attributes=[kind])


def request(
    row: Case, names: Mapping[str, str], bodies: Mapping[UUID, str], language: str
) -> ServiceRequest:
    """A case as anybody may read it.

    A place is told as the middle of its cell; of who asks for help not even that, and the town.
    """
    is_help = row.kind == CaseKind.HELP
    there = None if is_help or row.cell is None else duplicates.middle(row.cell)
    return ServiceRequest(
        service_request_id=row.number,
        status="open" if row.closed_at is None else "closed",
        status_notes=NOTES[CaseStatus(row.status)].within(language),
        service_name=names.get(row.category),
        service_code=row.category,
        description=row.public_words,
        agency_responsible=bodies.get(row.responsible_body_id) if row.responsible_body_id else None,
        service_notice=None,
        requested_datetime=row.received_at,
        updated_datetime=row.updated_at,
        expected_datetime=row.due_at,
        address=None,
        address_id=row.area_code[:9].ljust(12, "0") if is_help else row.area_code,
        zipcode=None,
        lat=there and round(there.lat, 5),
        long=there and round(there.lon, 5),
        media_url=None,
    )


def update(number: str, seq: int, status: str, at: Any) -> Update:
    """A step of a case."""
    return Update(
        update_id=f"{number}.{seq}",
        service_request_id=number,
        status=UPDATE_STATUS[CaseStatus(status)],
        updated_datetime=at,
        description=None,
        media_url=None,
    )


def _named(entry: Mapping[str, Any], language: str) -> str:
    name: str = entry["name_en" if language == "en" else "name_zh"]
    return name
