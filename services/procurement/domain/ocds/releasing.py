"""Releases and their merge: what is new since the last one, under which tags, compiled with it.

Pure. The merge follows the standard: objects by field, lists of objects by id, other lists whole.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from procurement.domain.ocds import contracts, tender
from procurement.domain.ocds.values import Facts, Json, compact, instant, party

LANGUAGE: Final = "zh"
# Lists of objects that are replaced whole: their items have no id in the schema.
WHOLE: Final = frozenset(
    {
        ("tender", "selectionCriteria", "criteria"),
        ("tender", "lots", "awardCriteria", "criteria"),
    }
)
_RELATED: Final = (
    ("framework", "framework", "framework_ocid"),
    ("failed", "unsuccessfulProcess", "failed_ocid"),
)
_BY_ID: Final = ("parties", "awards", "contracts", "challenges", "complaints", "relatedProcesses")
_OF_TENDER: Final = frozenset({"tender", "bids", "challenges", "complaints"})
_PLAIN: Final = ("buyer", "planning", "tender", "bids")


def state(facts: Facts) -> Json:
    """All that is public of a process now, without the head of a release."""
    row = facts.tender
    return compact(
        initiationType="tender",
        language=LANGUAGE,
        parties=_parties(facts),
        buyer=_buyer(facts),
        planning=tender.planning(facts),
        tender=tender.tender(facts),
        bids=tender.bids(facts),
        awards=[contracts.award(facts, each) for each in facts.awards],
        contracts=[contracts.contract(facts, each) for each in facts.contracts],
        challenges=[contracts.challenge(each) for each in facts.challenges],
        complaints=[contracts.complaint(each) for each in facts.complaints],
        relatedProcesses=[
            {"id": name, "relationship": [code], "scheme": "ocid", "identifier": row[column]}
            for name, code, column in _RELATED
            if row[column]
        ],
    )


def news(present: Json, known: Json) -> Json:
    """What a release has to tell: sections, or members of lists, that are not known so yet."""
    found: Json = {}
    for name in _PLAIN:
        if name in present and present[name] != known.get(name):
            found[name] = present[name]
    for name in _BY_ID:
        before = {each["id"]: each for each in known.get(name, ())}
        fresh = [each for each in present.get(name, ()) if before.get(each["id"]) != each]
        if fresh:
            found[name] = fresh
    return found


def tags(told: Json, known: Json) -> list[str]:
    """What a release is about, in the standard's closed list of tags."""
    found = [*_tender_tags(told, known), *_award_tags(told, known)]
    before = {each["id"]: each for each in known.get("contracts", ())}
    for each in told.get("contracts", ()):
        found += _contract_tags(each, before.get(each["id"]))
    return list(dict.fromkeys(found)) or ["tenderUpdate"]


def release(ocid: str, number: int, at: datetime, told: Json, tag: Sequence[str]) -> Json:
    """A release: its head and what it tells."""
    head = {"ocid": ocid, "id": f"{ocid}-{number}", "date": instant(at), "tag": list(tag)}
    return {**head, "initiationType": "tender", "language": LANGUAGE, **told}


def compiled_with(compiled: Json, new: Json) -> Json:
    """The compiled release with one more release merged into it.

    Source: OCDS 1.1, "Merging" (lists of objects with ids are merged by id, others replaced).
    """
    body = {name: value for name, value in new.items() if name not in {"id", "date", "tag"}}
    merged = _merged(compiled, body, ())
    head = {"id": f"{new['ocid']}-{new['date']}", "date": new["date"], "tag": ["compiled"]}
    return {**merged, **head}


def _merged(old: Any, new: Any, path: tuple[str, ...]) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        merged = dict(old)
        for name, value in new.items():
            merged[name] = _merged(old.get(name), value, (*path, name))
        return merged
    if isinstance(new, list) and path not in WHOLE and _have_ids(new):
        return list(_by_id(old or [], new, path))
    return new


def _have_ids(items: list[Any]) -> bool:
    return all(isinstance(each, dict) and "id" in each for each in items)


def _by_id(old: list[Json], new: list[Json], path: tuple[str, ...]) -> Iterator[Json]:
    fresh = {each["id"]: each for each in new}
    known = {each["id"] for each in old}
    for each in old:
        yield _merged(each, fresh[each["id"]], path) if each["id"] in fresh else each
    for each in new:
        if each["id"] not in known:
            yield _merged({}, each, path)


def _tender_tags(told: Json, known: Json) -> Iterator[str]:
    """Before the notice all is planning, the proposed tender with it."""
    before: Json = known.get("tender", {"status": "planned"})
    now = told.get("tender", before)
    is_planned = now["status"] == "planned"
    if "planning" in told or is_planned:
        yield "planningUpdate" if "planning" in known else "planning"
    if is_planned or not _OF_TENDER & told.keys():
        return
    if before["status"] == "planned":
        yield "tender"
    elif now["status"] == "cancelled" != before["status"]:
        yield "tenderCancellation"
    elif len(now.get("amendments", ())) > len(before.get("amendments", ())):
        yield "tenderAmendment"
    else:
        yield "tenderUpdate"


def _award_tags(told: Json, known: Json) -> Iterator[str]:
    before = {each["id"] for each in known.get("awards", ())}
    for each in told.get("awards", ()):
        if each["id"] not in before:
            yield "award"
        else:
            yield "awardCancellation" if each["status"] == "cancelled" else "awardUpdate"


def _contract_tags(now: Json, before: Json | None) -> list[str]:
    if before is None:
        return ["contract"]
    found = []
    if now["status"] == "terminated" != before["status"]:
        found.append("contractTermination")
    if len(now.get("amendments", ())) > len(before.get("amendments", ())):
        found.append("contractAmendment")
    if now.get("implementation") != before.get("implementation"):
        found.append("implementationUpdate" if "implementation" in before else "implementation")
    return found or ["contractUpdate"]


def _buyer(facts: Facts) -> Json:
    known = party(facts, facts.tender["buyer_id"], [])
    return compact(id=known["id"], name=known.get("name"))


def _parties(facts: Facts) -> list[Json]:
    """Everybody who has a part, with all the parts each has."""
    roles: dict[UUID, list[str]] = {facts.tender["buyer_id"]: ["buyer", "procuringEntity"]}
    is_told = facts.tender["announced_at"] is not None
    parts = [(bid["bidder_id"], "tenderer") for bid in facts.bids if is_told and bid["bidder_id"]]
    parts += [(award["supplier_id"], "supplier") for award in facts.awards]
    for row in facts.contracts:
        parts += [(row["buyer_id"], "payer"), (row["provider_id"], "payee")]
    for organisation_id, role in parts:
        held = roles.setdefault(organisation_id, [])
        if role not in held:
            held.append(role)
    found = [party(facts, each, held) for each, held in roles.items()]
    tied = {tie["organisation_id"] for tie in facts.ties if tie["provider_id"] in roles}
    return found + [party(facts, each, ["relatedParty"]) for each in sorted(tied - roles.keys())]
