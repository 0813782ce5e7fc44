"""Panels: who may sit on one, and a draw that anybody can draw again.

Pure. The seed is made of a part that the service committed to in the notice and of the keys that
bidders committed to with their bids: nobody who commits knows the others' parts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from common.contracts.procurement_panels import RelationKind
from common.crypto.digest import sm3
from common.errors import Conflict, Invalid, Text
from common.rules import Rule
from procurement.domain.terms import Terms

SEED: Final = b"linli/panel/v1"


class PanelWrongSize(Invalid):
    """The law wants more members, an odd number, or more experts."""

    slug = "panel-wrong-size"
    title = Text("评审小组人数不合规定", "Wrong size of panel")
    detail = Text(
        "评审小组应为 {least} 人以上单数，专家不少于 {experts}；"
        "提交的是 {size} 人，其中专家 {given} 人（规则 {rule}）。",
        "A panel has {least} or more members, odd, {experts} of them experts; given: {size}, "
        "with {given} experts (rule {rule}).",
    )


class PoolTooSmall(Conflict):
    """Not enough experts without a relation to any bidder."""

    slug = "pool-too-small"
    title = Text("可抽取专家不足", "Too few experts to draw from")
    detail = Text(
        "需要 {wanted} 名专家，回避后仅有 {count} 名；请先扩充专家库。",
        "{wanted} experts are needed, {count} are left after recusal; enlarge the pool first.",
    )


@dataclass(frozen=True, slots=True)
class Tie:
    """A relation of an expert with an organisation."""

    organisation_id: UUID
    kind: RelationKind
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Partial:
    """Why an expert is left out of a draw."""

    kind: RelationKind
    organisation_id: UUID


def commit(service_seed: bytes) -> str:
    """What the notice publishes of the service's part."""
    return sm3(SEED, b"|commit|", service_seed).hex()


def seed(tender_id: UUID, round_: int, service_seed: bytes, keys: Iterable[bytes]) -> bytes:
    """The seed of a draw: the service's part, then the bidders' keys in order of their bytes."""
    head = b"|".join((SEED, str(tender_id).encode(), b"%d" % round_, service_seed))
    return sm3(head, *(b"|" + key for key in sorted(keys)))


def order(drawn_by: bytes, pool: Collection[UUID]) -> list[UUID]:
    """The pool in the order that the seed gives: ascending by SM3(seed, expert)."""
    return sorted(pool, key=lambda expert: (sm3(drawn_by, expert.bytes), expert))


def partial(
    ties: Sequence[Tie],
    bidders: Collection[UUID],
    nurtured_by: Mapping[UUID, Collection[UUID]],
    *,
    today: date,
    rule: Rule,
) -> Partial | None:
    """Why an expert must recuse; None when nothing is known.

    A relation counts while it lasts and for so many years after; kinship always. A relation with
    who nurtured a bidder is one with the bidder. Source: 政府采购法 12; 条例 9.
    """
    since = _years_before(today, rule.number)
    close = {each for bidder in bidders for each in (bidder, *nurtured_by.get(bidder, ()))}
    for tie in ties:
        lasts = tie.kind is RelationKind.KINSHIP or tie.to_on is None or tie.to_on >= since
        if tie.organisation_id in close and lasts and tie.from_on <= today:
            return Partial(tie.kind, tie.organisation_id)
    return None


def size_rule(value_fen: int, terms: Terms, *, is_complex: bool) -> Rule:
    """The rule of the size: the large one for large budgets and complex or weighty purchases.

    Source: 87号令 47; 74号令 7 (above the open-tender threshold the amount alone decides).
    """
    if "large_panel_size" not in terms:
        return terms["panel_size"]
    if is_complex:
        return terms["large_panel_size"]
    by_budget = "large_panel_budget" in terms and terms["large_panel_budget"].admits(value_fen)
    return terms["large_panel_size"] if by_budget else terms["panel_size"]


def check_size(size: int, representatives: int, size_of: Rule, share_of: Rule) -> None:
    """Raises `PanelWrongSize` for an even or small panel, or one with too few experts."""
    experts = size - representatives
    fits = size % 2 == 1 and size_of.admits(size) and experts >= 0
    if not fits or not share_of.admits(Fraction(experts, size)):
        raise PanelWrongSize(
            least=size_of.value,
            experts=share_of.value,
            size=size,
            given=experts,
            rule=f"{size_of.code}, {share_of.code}",
        )


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
