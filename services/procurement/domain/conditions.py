"""The conditions of a purchase: a bid meets each by a file it came with, or one that was verified.

Pure. Who lets a bid through without its proof is told which is missing.
Source: 政府采购法 22, 23; 条例 17; 87号令 44.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.procurement_bids import ProofIn
from common.contracts.procurement_providers import QualificationStatus
from common.errors import FieldError, Invalid, Text


class ConditionUnproven(Invalid):
    """A bid is let through without what a published condition asks for; `errors` says which."""

    slug = "condition-unproven"
    title = Text("资格条件缺少证明", "A condition is not proven")


class Held(NamedTuple):
    """A qualification of the bidder's file."""

    status: QualificationStatus
    valid_from_on: date
    valid_to_on: date | None

    def counts(self, day: date) -> bool:
        """Whether somebody has read the original, and it is valid on a day."""
        last = self.valid_to_on
        is_valid = self.valid_from_on <= day and (last is None or day <= last)
        return self.status is QualificationStatus.VERIFIED and is_valid


_ONE: Final = Text(
    "请填写 attachment（响应所附文件摘要）或 qualification_id（档案资质）之一",
    "name either attachment, a file of the bid, or qualification_id, of the bidder's file",
)
_NO_CONDITION: Final = Text("不是已公布的资格条件", "no condition that was published")
_NOT_ATTACHED: Final = Text("响应未附该文件", "the bid came without this file")


def check_proofs(
    conditions: Mapping[int, str],
    proofs: Sequence[ProofIn],
    attachments: Collection[str],
    held: Mapping[UUID, Held],
    *,
    deadline_on: date,
) -> None:
    """Raises `ConditionUnproven` unless every condition has a proof, and every proof is one."""
    faults = [
        fault
        for place, proof in enumerate(proofs)
        if (fault := _fault(f"/proofs/{place}", proof, conditions, attachments, held, deadline_on))
    ]
    proven = {proof.criterion for proof in proofs}
    for number, name in conditions.items():
        if number not in proven:
            told = Text(
                f"第 {number} 项资格条件“{name}”没有证明：请指明响应所附文件或已核验的资质；"
                f"没有的，认定不符合（conforms 为 false，criterion 为 {number}）",
                f'nothing proves condition {number}, "{name}": name a file of the bid or a verified'
                f" qualification; where there is none, refuse it (conforms false, criterion"
                f" {number})",
            )
            faults.append(FieldError("/proofs", None, told))
    if faults:
        raise ConditionUnproven(errors=faults)


def _fault(
    at: str,
    proof: ProofIn,
    conditions: Mapping[int, str],
    attachments: Collection[str],
    held: Mapping[UUID, Held],
    deadline_on: date,
) -> FieldError | None:
    if proof.criterion not in conditions:
        return FieldError(f"{at}/criterion", proof.criterion, _NO_CONDITION)
    if (proof.attachment is None) == (proof.qualification_id is None):
        return FieldError(at, None, _ONE)
    if proof.attachment is not None:
        is_there = proof.attachment in attachments
        return None if is_there else FieldError(f"{at}/attachment", proof.attachment, _NOT_ATTACHED)
    found = None if proof.qualification_id is None else held.get(proof.qualification_id)
    if found is not None and found.counts(deadline_on):
        return None
    told = Text(
        f"不是该供应商档案中已核验、且在截止日 {deadline_on} 有效的资质",
        f"no verified qualification of this bidder that is valid on {deadline_on}",
    )
    return FieldError(f"{at}/qualification_id", str(proof.qualification_id), told)
