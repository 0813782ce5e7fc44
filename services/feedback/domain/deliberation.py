"""When a meeting is quorate and a resolution adopted: by the rules of its kind of body. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from common.codes.division import Division
from common.contracts.feedback_deliberation import BodyKind, MeetingStatus, ResolutionIn
from common.errors import Conflict, FieldError, Invalid, Text
from common.rules import NoRule, Rule, RulesInForce


class WrongDeliberation(Invalid):
    """What was sent cannot be; `errors` says where and why."""

    slug = "wrong-deliberation"
    title = Text("议事记录有误", "Wrong record")


class MeetingCannotMove(Conflict):
    """The step does not follow from where the meeting is."""

    slug = "meeting-cannot-move"
    title = Text("会议状态不允许", "The meeting cannot move there")
    detail = Text("会议当前为 {current}，不能{step}。", "The meeting is {current}: no {step}.")


class MeetingCancelled(Conflict):
    """What was cancelled stays so: no minutes, no resolution."""

    slug = "meeting-cancelled"
    title = Text("会议已取消", "The meeting was cancelled")
    detail = Text(
        "会议已于 {at} 取消，不能{step}；改期召开的，请另行召集。",
        "The meeting was cancelled at {at}: no {step}. For another day, call another one.",
    )


class TopicDecided(Conflict):
    """A topic of a meeting is decided once; a resolution is gone on from once."""

    slug = "topic-decided"
    title = Text("议题已有决议", "The topic is decided")
    detail = Text(
        "该议题已有决议，或所承接的决议已被另一决议承接。",
        "The topic has its resolution, or another one goes on from that resolution already.",
    )


class GoesOnAstray(WrongDeliberation):
    """A resolution goes on from one on the same matter, made in the area of its body."""

    detail = Text(
        "/previous_id 所指决议不是就同一提案（无提案的：本机构同一题目的议题）、在本机构区划之内"
        "作出的；请承接就同一事项作出的决议，或不承接。",
        "The resolution of /previous_id is not on the same proposal (without one: not on a topic of"
        " this body with the same title), or not of the area of the body; go on from one on the"
        " same matter, or from none.",
    )


def check_step(
    current: str, cancelled_at: datetime | None, step: Text, *, follows: MeetingStatus
) -> None:
    """Raises `MeetingCancelled` or `MeetingCannotMove` unless the step follows."""
    if cancelled_at is not None:
        raise MeetingCancelled(at=cancelled_at.isoformat(), step=step)
    if current != follows:
        raise MeetingCannotMove(current=current, step=step)


def quorum(kind: BodyKind, rules: RulesInForce) -> Rule:
    """The rule that says how many of the seats have to be present."""
    return rules.setting("quorum", kind)


def is_quorate(present: int, seats: int, rule: Rule) -> bool:
    """Whether enough of the seats are present. A body without seats decides nothing."""
    return seats > 0 and rule.admits(Fraction(present, seats))


def majority(kind: BodyKind, rules: RulesInForce) -> tuple[Rule, bool]:
    """The rule of the majority, and whether it counts all seats rather than those present."""
    try:
        return rules.setting("majority_of_seats", kind), True
    except NoRule:
        return rules.setting("majority_of_present", kind), False


def is_adopted(votes_for: int, whole: int, rule: Rule) -> bool:
    """Whether the votes for it are the majority of the seats that count."""
    return whole > 0 and rule.admits(Fraction(votes_for, whole))


def check_present(present: Sequence[UUID], seats: Sequence[UUID]) -> None:
    """Raises `WrongDeliberation`: only seats of the body are present, each once."""
    wrong = [
        FieldError(f"/present/{at}", str(each), Text("不是在席席位，或重复", "no seat, or twice"))
        for at, each in enumerate(present)
        if each not in seats or each in present[:at]
    ]
    if wrong:
        raise WrongDeliberation(errors=wrong)


def check_votes(said: ResolutionIn, present: int) -> None:
    """Raises `WrongDeliberation`: nobody votes who was not there."""
    cast = said.votes_for + said.votes_against + said.abstained
    if cast > present:
        told = Text(f"票数合计不超过实到 {present}", f"at most the {present} present together")
        raise WrongDeliberation(errors=[FieldError("/votes_for", cast, told)])


def check_term(from_on: date, to_on: date, pointer: str) -> None:
    """Raises `WrongDeliberation` unless the end comes after the beginning."""
    if to_on < from_on:
        told = Text(f"不早于 {from_on}", f"not before {from_on}")
        raise WrongDeliberation(errors=[FieldError(pointer, str(to_on), told)])


def check_in_term(day: date, from_on: date, to_on: date) -> None:
    """Raises `WrongDeliberation`: a body meets within its term."""
    if not from_on <= day <= to_on:
        told = Text(
            f"该机构任期为 {from_on} 至 {to_on}；届满请设立新一届",
            f"the term of the body is {from_on} to {to_on}; after it a new body is set up",
        )
        raise WrongDeliberation(errors=[FieldError("/starts_at", str(day), told)])


def matter(proposal_id: UUID | None, body_id: UUID, title: str) -> UUID | tuple[UUID, str]:
    """What a resolution is on: a proposal, or else a topic of its body, known by its title."""
    return proposal_id or (body_id, title)


def check_goes_on(
    previous_id: UUID, number: str, area: str, body_area: str, *, is_same_matter: bool
) -> None:
    """Raises `GoesOnAstray`: a resolution goes on from one on the same matter.

    That one was made in the area of the body, or within it: nobody overturns what is decided
    elsewhere, or above. `number` and `area` are those of the resolution `previous_id`.
    """
    wrong = []
    if not is_same_matter:
        wrong.append(
            Text(
                f"{number} 不是就同一提案作出的（无提案的：本机构同一题目的议题）；"
                "请承接就同一事项作出的决议，或不承接",
                f"{number} is not on the same proposal (without one: not on a topic of this body"
                " with the same title); go on from one on the same matter, or from none",
            )
        )
    if not Division.parse(body_area).contains(Division.parse(area)):
        wrong.append(
            Text(
                f"{number} 属 {area}；本机构只能承接 {body_area} 之内的决议，或不承接",
                f"{number} is of {area}; go on from one within {body_area}, or from none",
            )
        )
    if wrong:
        raise GoesOnAstray(
            errors=[FieldError("/previous_id", str(previous_id), why) for why in wrong]
        )


def check_areas(body_area: str, areas: Sequence[str | None]) -> None:
    """Raises `WrongDeliberation`: a body decides on proposals of its own area.

    `areas` are those of the topics, in their order; None: a topic without a proposal.
    """
    own = Division.parse(body_area)
    wrong = [
        FieldError(f"/topics/{at}/proposal_id", area, Text(f"不在 {body_area}", f"not {body_area}"))
        for at, area in enumerate(areas)
        if area is not None and not own.contains(Division.parse(area))
    ]
    if wrong:
        raise WrongDeliberation(errors=wrong)
