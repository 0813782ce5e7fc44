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
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
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


class WrongRepresentative(Invalid):
    """Somebody cannot sit for the buyer; `errors` says who and why."""

    slug = "wrong-representative"
    title = Text("采购人代表不合规定", "Wrong representative of the buyer")


class NotTheBuyers(Forbidden):
    """Who sits for the buyer signs in with the buyer's organisation."""

    slug = "not-the-buyers"
    title = Text("不是采购人的人员", "Not of the buyer")
    detail = Text(
        "采购人代表须以采购人（{buyer}）的身份登录后评审；确非采购人人员的，请申请回避，由专家递补。",
        "Who sits for the buyer ({buyer}) signs in with its organisation; who is not of the buyer "
        "recuses, and an expert takes the seat.",
    )


class BuyerChoosesNoPanel(Forbidden):
    """A member's absence is found by somebody else than the buyer."""

    slug = "buyer-chooses-no-panel"
    title = Text("采购人不得认定成员缺席", "Not for the buyer to say")
    detail = Text(
        "当前登录身份属于采购人（{buyer}），成员缺席须由其他上级单位的人员认定。",
        "This sign-in is of the buyer ({buyer}); that a member does not come is found by another "
        "body above.",
    )


class PartialMember(Forbidden):
    """A member signs in for the buyer or for somebody who bid."""

    slug = "partial-member"
    title = Text("应当回避", "A partial member")
    detail = Text(
        "当前登录身份属于本次采购的当事方 {organisation}，不能评审；"
        "请申请回避（recusal），由次序中的下一位递补。",
        "This sign-in is of {organisation}, a party of this purchase: recuse (recusal), and the "
        "next in the order takes the seat.",
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


@dataclass(frozen=True, slots=True)
class Around:
    """Whom a member must not be tied to: who bids, who nurtured them, and the years that count."""

    bidders: Collection[UUID]
    nurtured_by: Mapping[UUID, Collection[UUID]]
    buyer_id: UUID
    today: date
    rule: Rule

    def keeps_out(self, ties: Sequence[Tie], *, is_expert: bool = True) -> Partial | None:
        """Why somebody must recuse. An expert is not of the buyer; its representative is.

        Source: 政府采购法 12; 条例 9; 74号令 7, 87号令 45 (nobody is an expert of the own house).
        """
        close = [*self.bidders, self.buyer_id] if is_expert else self.bidders
        return partial(ties, close, self.nurtured_by, today=self.today, rule=self.rule)


@dataclass(frozen=True, slots=True)
class Representative:
    """Who is to sit for the buyer: by the blind index, with what is known and declared."""

    account: bytes
    ties: Sequence[Tie]


def commit(service_seed: bytes) -> str:
    """What the notice publishes of the service's part."""
    return sm3(SEED, b"|commit|", service_seed).hex()


def seed(tender_id: UUID, round_: int, service_seed: bytes, keys: Iterable[bytes]) -> bytes:
    """The seed of a draw: the service's part, then the bidders' keys in order of their bytes."""
    head = b"|".join((SEED, str(tender_id).encode(), b"%d" % round_, service_seed))
    return sm3(head, *(b"|" + key for key in sorted(keys)))


def supplementary(first: bytes, number: int) -> bytes:
    """The seed of a later draw of the same panel."""
    return sm3(SEED, b"|supplement|%d|" % number, first)


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


def check_representatives(
    asked: Sequence[Representative], bid_for: Mapping[bytes, UUID], around: Around
) -> None:
    """Raises `WrongRepresentative` for one named twice, who bid, or who is tied to a bidder.

    As one of the buyer's, each is tied to whom the buyer nurtured or supervises.
    Source: 政府采购法 12; 条例 9.
    """
    own = Tie(around.buyer_id, RelationKind.LABOUR, date.min, None)
    faults = []
    for place, each in enumerate(asked):
        at = f"/representatives/{place}"
        found = around.keeps_out([own, *each.ties], is_expert=False)
        if any(each.account == other.account for other in asked[:place]):
            told = Text("同一账号只占一席", "one account takes one seat")
            faults.append(FieldError(f"{at}/account", None, told))
        elif each.account in bid_for:
            bidder = bid_for[each.account]
            told = Text(
                f"该账号代供应商 {bidder} 提交了响应，请另派代表",
                f"this account handed in the bid of {bidder}; send somebody else",
            )
            faults.append(FieldError(f"{at}/account", None, told))
        elif found is not None:
            told = Text(
                f"与 {found.organisation_id} 有利害关系（{found.kind}，规则 {around.rule.code}），"
                "应当回避；请另派代表或由专家评审",
                f"tied to {found.organisation_id} ({found.kind}, rule {around.rule.code}): send "
                "somebody else, or leave it to experts",
            )
            faults.append(FieldError(f"{at}/relations", None, told))
    if faults:
        raise WrongRepresentative(errors=faults)


def check_excuser(org: UUID | None, *, buyer_id: UUID) -> None:
    """Raises `BuyerChoosesNoPanel` for whoever signs in for the buyer, whatever its level.

    Source: 87号令 49.
    """
    if org == buyer_id:
        raise BuyerChoosesNoPanel(buyer=buyer_id)


def check_member(
    org: UUID | None, *, is_expert: bool, buyer_id: UUID, bidders: Collection[UUID]
) -> None:
    """Raises `NotTheBuyers` or `PartialMember` for a sign-in that does not suit the seat.

    Source: 政府采购法 12; 条例 9; 87号令 45, 47.
    """
    if not is_expert and org != buyer_id:
        raise NotTheBuyers(buyer=buyer_id)
    if is_expert and org is not None and (org == buyer_id or org in bidders):
        raise PartialMember(organisation=org)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
