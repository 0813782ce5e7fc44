"""Delegation: whether a decision lies within what was delegated. Pure; money is integer fen."""

from datetime import date
from typing import Any
from uuid import UUID

from common.errors import Conflict, Forbidden, Text


class NotDelegated(Forbidden):
    """The venue's head has no such power now."""

    slug = "not-delegated"
    title = Text("未获授权", "Not delegated")
    detail = Text(
        "载体负责人当前没有“{power}”的授权，请由街镇决定。",
        "The venue's head does not hold the power {power} now; the street decides.",
    )


class BeyondDelegation(Conflict):
    """More than was delegated, or somebody who may not be called."""

    slug = "beyond-delegation"
    title = Text("超出授权", "Beyond the delegation")
    detail = Text(
        "授权每次不超过 {limit} 分，且限于指定单位；本次为 {amount} 分，请报街镇决定。",
        "At most {limit} fen a time, named bodies only; this is {amount} fen, ask the street.",
    )


def holds(delegation: Any, on: date) -> bool:
    """Whether a delegation is in force on a day; its last day is excluded."""
    in_time: bool = delegation.valid_from <= on < delegation.valid_to
    return in_time and delegation.revoked_at is None


def must_allow(delegation: Any, amount_fen: int, organisation_id: UUID | None, on: date) -> None:
    """Refuse what the delegation does not cover. An amount equal to the limit is within it."""
    if not holds(delegation, on):
        raise NotDelegated(power=delegation.power)
    named = delegation.organisation_ids
    if amount_fen > delegation.limit_fen or (named and organisation_id not in named):
        raise BeyondDelegation(limit=delegation.limit_fen, amount=amount_fen)
