"""What belongs to the documents of a purchase, as readers see it: all of it in one statement."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import procurement_tender_cases as cases
from common.contracts.base import Model
from procurement import tables


class Parts(Model):
    """The lists of a purchase, each in its order; when answers are due is not known here."""

    criteria: list[cases.Criterion]
    documents: list[cases.Document]
    questions: list[cases.Question]
    amendments: list[cases.Amendment]


def _listed(table: Any, model: type[Model], order: str, **unknown: str) -> str:
    """The rows of a purchase as JSON, with the columns that readers see and no others."""
    names = ", ".join(unknown.get(name, name) for name in model.model_fields)
    return (
        f"(SELECT coalesce(json_agg(t), '[]') FROM (SELECT {names} FROM {table.__tablename__}"
        f" WHERE tender_id = :id ORDER BY {order}) AS t)"
    )


_LISTS: Final = {
    "criteria": _listed(tables.TenderCriterion, cases.Criterion, "position"),
    "documents": _listed(tables.TenderDocument, cases.Document, "id"),
    "questions": _listed(
        *(tables.TenderQuestion, cases.Question, "id"), answer_due_on="NULL AS answer_due_on"
    ),
    "amendments": _listed(tables.TenderAmendment, cases.Amendment, "number"),
}
_PARTS: Final = text(
    "SELECT CAST(json_build_object("
    + ", ".join(f"'{name}', {listed}" for name, listed in _LISTS.items())
    + ") AS text)"
).bindparams(bindparam("id", type_=Uuid))


async def parts(session: AsyncSession, tender_id: UUID) -> Parts:
    """The criteria, documents, questions and amendments of a purchase."""
    found = await session.scalar(_PARTS, {"id": tender_id})
    return Parts.model_validate_json(found)
