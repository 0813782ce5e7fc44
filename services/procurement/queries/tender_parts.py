"""What belongs to the documents of a purchase, as readers see it: all of it in one statement."""

from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts import procurement_tender_cases as cases
from common.contracts.base import Model
from procurement import tables
from procurement.queries.told import listed


class Parts(Model):
    """The lists of a purchase, each in its order; when answers are due is not known here."""

    criteria: list[cases.Criterion]
    documents: list[cases.Document]
    questions: list[cases.Question]
    amendments: list[cases.Amendment]


_OF_IT: Final = "tender_id = :id"
_LISTS: Final = {
    "criteria": listed(tables.TenderCriterion, cases.Criterion, _OF_IT, "position"),
    "documents": listed(tables.TenderDocument, cases.Document, _OF_IT, "id"),
    "questions": listed(tables.TenderQuestion, cases.Question, _OF_IT, "id", answer_due_on="NULL"),
    "amendments": listed(tables.TenderAmendment, cases.Amendment, _OF_IT, "number"),
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
