"""The life of a proposal: supported, assessed with a public reason, merged, withdrawn. Pure."""

from typing import Final

from common.codes.division import Division
from common.contracts.feedback_proposals import AssessmentOfProposalIn, ProposalStatus
from common.errors import Conflict, FieldError, Invalid, Text

S = ProposalStatus
STEPS: Final = {
    S.PROPOSED: frozenset({S.SUPPORTED, S.MERGED, S.WITHDRAWN}),
    S.SUPPORTED: frozenset({S.FEASIBLE, S.INFEASIBLE, S.MERGED, S.WITHDRAWN}),
    S.FEASIBLE: frozenset({S.FEASIBLE, S.INFEASIBLE, S.MERGED, S.WITHDRAWN}),
    S.INFEASIBLE: frozenset({S.FEASIBLE, S.INFEASIBLE, S.MERGED}),
}
OPEN_TO_SUPPORT: Final = frozenset({S.PROPOSED, S.SUPPORTED, S.FEASIBLE})


class ProposalCannotMove(Conflict):
    """The step does not follow from where the proposal is."""

    slug = "proposal-cannot-move"
    title = Text("提案状态不允许", "The proposal cannot move there")
    detail = Text(
        "提案当前为 {current}，不能转为 {wanted}；可转为：{allowed}。",
        "The proposal is {current} and cannot become {wanted}; it can become: {allowed}.",
    )


class NotOpenToSupport(Conflict):
    """Nobody can support what was merged, withdrawn or found infeasible."""

    slug = "not-open-to-support"
    title = Text("提案不再征集附议", "Not open to support")
    detail = Text("提案当前为 {current}，不能附议。", "The proposal is {current}: no more support.")


class ProposalOnBallot(Conflict):
    """What stands in a published vote stays as it is until the vote is over."""

    slug = "proposal-on-ballot"
    title = Text("提案已列入票决", "The proposal is on a ballot")
    detail = Text(
        "提案已列入票决 {number}，在其结束前不能改动。",
        "The proposal stands in the vote {number} and is not changed before that is over.",
    )


class ProposalBound(Conflict):
    """What a vote has chosen, or an agenda in force lists, is neither changed nor bought twice."""

    slug = "proposal-bound"
    title = Text("提案已列入票决或清单", "The proposal is bound")
    detail = Text(
        "提案已列入 {number}；在其结束或撤回前不能改动，也不能列入别处。可另提提案。",
        "The proposal stands in {number}: until that is over or withdrawn it is neither changed nor"
        " put elsewhere. Another proposal can be made.",
    )


class WrongProposal(Invalid):
    """What was sent cannot be; `errors` says where and why."""

    slug = "wrong-proposal"
    title = Text("提案内容有误", "Wrong proposal")


def check_step(current: ProposalStatus, wanted: ProposalStatus) -> None:
    """Raises `ProposalCannotMove` unless the step follows."""
    allowed = STEPS.get(current, frozenset())
    if wanted not in allowed:
        told = ", ".join(sorted(allowed)) or "-"
        raise ProposalCannotMove(current=current, wanted=wanted, allowed=told)


def check_support(current: ProposalStatus) -> None:
    """Raises `NotOpenToSupport`."""
    if current not in OPEN_TO_SUPPORT:
        raise NotOpenToSupport(current=current)


def check_price(said: AssessmentOfProposalIn) -> None:
    """What is feasible has a price, what is not has none."""
    if said.is_feasible != (said.price_fen is not None):
        told = Text("可行的须定价，不可行的不填造价", "a price goes with feasible alone")
        raise WrongProposal(errors=[FieldError("/price_fen", said.price_fen, told)])


def obstacle(status: str, area_code: str, *, of: str, bound_by: str | None) -> Text | None:
    """Why a proposal cannot be voted on or bought in the area `of`; None when it can.

    `bound_by`: the number of the vote or agenda in which it stands already.
    """
    if not Division.parse(of).contains(Division.parse(area_code)):
        return Text(f"提案属 {area_code}，不在 {of}", f"it is of {area_code}, outside {of}")
    if status != S.FEASIBLE:
        return Text(f"提案当前为 {status}，须可行并已定价", f"it is {status}, not feasible")
    if bound_by is not None:
        return Text(f"提案已列入 {bound_by}", f"it stands in {bound_by}")
    return None


def check_merger(same: bool, area: str, into_area: str) -> None:
    """A proposal goes into another one of the same area."""
    if same or area != into_area:
        told = Text("须并入同一区划的另一项提案", "another proposal of the same area")
        raise WrongProposal(errors=[FieldError("/into_id", into_area, told)])
