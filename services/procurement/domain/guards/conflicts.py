"""Incubation conflicts: a contract with a provider that the buyer's side has raised."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from common.contracts.procurement_flags import Guard, SubjectKind
from common.errors import Text
from procurement.domain.guards.finding import Deal, Finding
from procurement.domain.relations import Bodies, Bond, Conflict, conflicts

RULE: Final = "gpl.12.recusal_relation"
_THROUGH: Final = {
    "buyer": Text("购买方", "the buyer"),
    "superior": Text("购买方的上级单位", "a superior of the buyer"),
    "incubator": Text("购买方的孵化机构", "an incubator of the buyer"),
}


def incubation(
    deals: Iterable[Deal], bonds: Mapping[UUID, Sequence[Bond]], bodies: Bodies, *, years: int
) -> list[Finding]:
    """Contracts whose buyer was partial towards the provider on the day of signing.

    Source: 政府采购法 art. 12, 条例 art. 9 and 18; the paper's finding that streets buy from the
    organisations they raised.
    """
    found = []
    for deal in deals:
        ties = conflicts(
            deal.provider_id,
            deal.buyer_id,
            bonds.get(deal.provider_id, ()),
            bodies,
            day=deal.signed_on,
            years=years,
        )
        if ties:
            found.append(_finding(deal, ties, years))
    return found


def _finding(deal: Deal, ties: Sequence[Conflict], years: int) -> Finding:
    first = ties[0].bond
    through, end = _THROUGH[ties[0].through], first.to_on
    return Finding(
        Guard.INCUBATION,
        SubjectKind.CONTRACT,
        str(deal.id),
        deal.street,
        RULE,
        Text(
            f"{through.zh}与承接者有 {first.kind} 关系（{first.from_on} 起"
            f"{f'，{end} 止' if end else ''}），签约时在 {years} 年之内。",
            f"{through.en} is tied to the provider ({first.kind}, from {first.from_on}"
            f"{f' to {end}' if end else ''}), within {years} years of the signing.",
        ),
        {"ties": [_told(each) for each in ties], "signed_on": str(deal.signed_on)},
        (str(deal.id), *(str(each.bond.organisation_id) for each in ties)),
        buyer_id=deal.buyer_id,
        provider_id=deal.provider_id,
    )


def _told(conflict: Conflict) -> dict[str, str | None]:
    bond = conflict.bond
    return {
        "through": conflict.through,
        "kind": bond.kind.value,
        "organisation_id": str(bond.organisation_id),
        "from_on": str(bond.from_on),
        "to_on": str(bond.to_on) if bond.to_on else None,
    }
