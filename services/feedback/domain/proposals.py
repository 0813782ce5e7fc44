"""The life of a proposal: supported, assessed with a public reason, merged, withdrawn. Pure."""

from typing import Final

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


def check_merger(same: bool, area: str, into_area: str) -> None:
    """A proposal goes into another one of the same area."""
    if same or area != into_area:
        told = Text("须并入同一区划的另一项提案", "another proposal of the same area")
        raise WrongProposal(errors=[FieldError("/into_id", into_area, told)])
