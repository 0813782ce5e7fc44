"""Additions from the same supplier 添购: to a named contract, in all within its legal share."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_panels import DirectAwardIn
from common.contracts.procurement_tenders import TenderIn
from common.errors import FieldError, Text
from common.rules import Rule
from procurement import tables
from procurement.domain import tenders as rules
from procurement.queries import awards as queries
from procurement.queries import contracts as contract_queries


async def check_original(session: AsyncSession, wish: TenderIn, contract_id: UUID) -> None:
    """What is added to is a contract that the buyer has signed."""
    original = await contract_queries.locked(session, contract_id)
    if original.signed_at is None or original.buyer_id != wish.buyer_id:
        told = Text("不是该购买主体已签订的合同", "no contract that this buyer has signed")
        raise rules.WrongTender(
            errors=[FieldError("/original_contract_id", str(contract_id), told)]
        )


async def check_addition(
    session: AsyncSession, row: tables.Tender, said: DirectAwardIn, share: Rule
) -> None:
    """The original's supplier, and with all that was added before still within the share.

    The original is locked: two additions at once do not pass its share together.
    """
    if row.original_contract_id is None:
        told = Text("未指明原合同，请重新立项", "no original contract is named; prepare it anew")
        raise rules.WrongTender(errors=[FieldError("/original_contract_id", None, told)])
    original = await contract_queries.locked(session, row.original_contract_id)
    if said.supplier_id != original.provider_id:
        told = Text("添购须向原供应商采购", "an addition is bought from the original's supplier")
        raise rules.WrongTender(errors=[FieldError("/supplier_id", str(said.supplier_id), told)])
    before = await queries.added_fen(session, original.id, but=row.id)
    rules.check_addition(
        said.value_fen, before + original.supplements_fen, original.original_fen, share
    )
