"""What an agenda may be: within its pot, its vote unless a public reason says why. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from common.contracts.feedback import AgendaStatus
from common.contracts.feedback_agendas import ResolvedAgendaIn, ResolvedItemIn
from common.contracts.procurement import AgendaOutcome, OutcomeStage
from common.errors import Conflict, FieldError, Invalid, Text
from feedback.domain.pots import unnamed

BEFORE_PURCHASE: Final = frozenset({OutcomeStage.RECEIVED, OutcomeStage.DROPPED})
AT_AN_END: Final = frozenset({OutcomeStage.DELIVERED, OutcomeStage.DROPPED})


class WrongAgenda(Invalid):
    """What was sent cannot be an agenda; `errors` says where and why."""

    slug = "wrong-agenda"
    title = Text("清单内容有误", "Wrong agenda")


class VoteNotCounted(Conflict):
    """Only a counted vote becomes an agenda."""

    slug = "vote-not-counted"
    title = Text("票决无结果", "The vote has no result")
    detail = Text(
        "票决 {number} 当前为 {status}，没有可列入清单的结果。",
        "The vote {number} is {status}: there is no result to put on an agenda.",
    )


class NothingChosen(Conflict):
    """The vote chose nothing, so there is nothing to buy."""

    slug = "nothing-chosen"
    title = Text("无项目当选", "Nothing was chosen")
    detail = Text("票决 {number} 没有项目当选。", "The vote {number} has chosen nothing.")


class AgendaInForce(Conflict):
    """A vote has one agenda in force."""

    slug = "agenda-in-force"
    title = Text("已有清单", "An agenda is in force")
    detail = Text(
        "该票决已有公布的清单；如需变更，请以公开理由替换。",
        "The vote has its agenda; replace that one, with a public reason.",
    )


class AgendaCannotMove(Conflict):
    """What is superseded or withdrawn stays so."""

    slug = "agenda-cannot-move"
    title = Text("清单状态不允许", "The agenda cannot move")
    detail = Text("清单当前为 {current}，不能变更。", "The agenda is {current}: no change.")


class ItemUnderWay(Conflict):
    """What is being bought is changed in procurement, as a deviation with its reason."""

    slug = "item-under-way"
    title = Text("项目已进入购买", "An item is being bought")
    detail = Text(
        "“{title}”已进入购买（{stage}），不能替换或撤回清单；偏离须在购买环节公开说明。",
        "“{title}” is being bought ({stage}): the agenda stays; a deviation is explained there.",
    )


class NotResolved(Conflict):
    """Without a vote an item needs a resolution that was adopted."""

    slug = "not-resolved"
    title = Text("缺少决议", "No resolution")
    detail = Text(
        "“{title}”没有通过的决议，不能列入会议票决的清单。",
        "No adopted resolution names “{title}”; it cannot stand on an agenda by resolution.",
    )


def check_items(items: Sequence[ResolvedItemIn], pot_fen: int, *, gone_fen: int = 0) -> None:
    """Raises `WrongAgenda`: each proposal once, all together within what is left of the pot."""
    wrong = []
    for at, item in enumerate(items):
        if item.proposal_id in [earlier.proposal_id for earlier in items[:at]]:
            told = Text("提案重复", "each proposal once")
            wrong.append(FieldError(f"/items/{at}/proposal_id", str(item.proposal_id), told))
    total, left_fen = sum(item.money_fen for item in items), pot_fen - gone_fen
    if total > left_fen:
        told = Text(f"合计不得超过已批准的 {pot_fen} 分", f"at most the pot of {pot_fen} fen")
        if gone_fen:
            told = Text(
                f"合计不得超过 {left_fen} 分：已批准 {pot_fen} 分，其中已花费或退回 {gone_fen} 分",
                f"at most {left_fen} fen: {gone_fen} of the pot of {pot_fen} are spent or freed",
            )
        wrong.append(FieldError("/items", total, told))
    if wrong:
        raise WrongAgenda(errors=wrong)


def check_pot(wish: ResolvedAgendaIn, today: date) -> None:
    """Raises `WrongAgenda`: a pot is approved before an agenda binds it, and bears what it asks."""
    wrong, total_fen = [], wish.pot_total_fen
    if wish.pot_approved_on > today:
        told = Text(f"不晚于今日 {today}", f"not after today, {today}")
        wrong.append(FieldError("/pot_approved_on", str(wish.pot_approved_on), told))
    if total_fen is not None and total_fen < wish.pot_fen:
        told = Text(f"不少于 pot_fen（{wish.pot_fen}）", f"at least pot_fen, {wish.pot_fen}")
        wrong.append(FieldError("/pot_total_fen", total_fen, told))
    if fault := unnamed(wish.pot_document):
        wrong.append(fault)
    if wrong:
        raise WrongAgenda(errors=wrong)


def check_wishes(wished: Sequence[UUID], chosen: Sequence[UUID]) -> None:
    """Raises `WrongAgenda`: a method is wished for what was chosen, once."""
    told = Text("不是当选项目，或重复", "not among the chosen, or twice")
    wrong = [
        FieldError(f"/wished_methods/{at}/proposal_id", str(each), told)
        for at, each in enumerate(wished)
        if each not in chosen or each in wished[:at]
    ]
    if wrong:
        raise WrongAgenda(errors=wrong)


def is_delivered(items: Collection[UUID], stages: Mapping[UUID, OutcomeStage]) -> bool:
    """Whether all of an agenda has come to an end, and something of it is there."""
    ended = all(stages.get(each) in AT_AN_END for each in items)
    return ended and OutcomeStage.DELIVERED in {stages.get(each) for each in items}


def is_given_up(items: Collection[UUID], stages: Mapping[UUID, OutcomeStage]) -> bool:
    """Whether each item of an agenda was given up, so that nothing is left of it."""
    return bool(items) and all(stages.get(each) is OutcomeStage.DROPPED for each in items)


def why_given_up(titles: Mapping[UUID, str], outcomes: Mapping[UUID, AgendaOutcome]) -> str:
    """Why an agenda ends of which all was given up, item by item: the public reasons of each."""
    each = "；".join(
        f"“{title}”：{outcomes[key].drop_reason or '未说明 / not told'}"
        for key, title in titles.items()
    )
    return f"各项均已放弃 / all items were given up：{each}"


def spent(carried_fen: int, outcomes: Collection[AgendaOutcome]) -> int | None:
    """What an agenda has cost, with what it took the place of; None: procurement does not know yet.

    Known of an item once no contract of it goes on. What it cost less than was decided is free
    again: money that a document approves for something is held for that, and no longer.
    """
    costs = [outcome.cost_fen for outcome in outcomes]
    known = [fen for fen in costs if fen is not None]
    return None if len(known) < len(costs) else carried_fen + sum(known)


def spent_so_far(carried_fen: int, outcomes: Collection[AgendaOutcome]) -> int:
    """The same of an agenda that ends before all of it is bought: no contract of it goes on.

    An outcome that was told without its cost tells at least what was paid.
    """
    costs = (o.paid_fen if o.cost_fen is None else o.cost_fen for o in outcomes)
    return carried_fen + sum(costs)


def freed(items: Mapping[UUID, int], outcomes: Mapping[UUID, AgendaOutcome]) -> int:
    """What the items that were given up, by their money, did not cost: it is held no longer.

    None is given up while a contract of it goes on. Fen.
    """
    dropped = (o for o in outcomes.values() if o.stage is OutcomeStage.DROPPED)
    return sum(max(0, items[o.id] - spent_so_far(0, [o])) for o in dropped)


def check_change(
    status: AgendaStatus, titles: Mapping[UUID, str], stages: Mapping[UUID, OutcomeStage]
) -> None:
    """Raises `AgendaCannotMove` or `ItemUnderWay`; stages are those that procurement has told."""
    if status is not AgendaStatus.PUBLISHED:
        raise AgendaCannotMove(current=status)
    for item_id, stage in stages.items():
        if stage not in BEFORE_PURCHASE:
            raise ItemUnderWay(title=titles[item_id], stage=stage)
