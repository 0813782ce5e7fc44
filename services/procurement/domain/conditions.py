"""The conditions of a purchase: a bid meets each by a file it came with, or one that was verified.

Pure. Who lets a bid through without its proof is told which is missing.
Source: 政府采购法 22, 23; 条例 17; 87号令 44.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.procurement_bids import BidStatus, ProofIn
from common.contracts.procurement_providers import QualificationStatus
from common.errors import Conflict, FieldError, Invalid, Text


class ConditionUnproven(Invalid):
    """A bid is let through without what a published condition asks for; `errors` says which."""

    slug = "condition-unproven"
    title = Text("资格条件缺少证明", "A condition is not proven")


class CheckStands(Conflict):
    """Who was let through is not put out when last prices or scores are known."""

    slug = "check-stands"
    title = Text("审查结论不能再改", "The check stands")
    detail = Text(
        "该响应已审查合格，不能再改为不符合，详见 errors；审查有误的，在质疑答复或投诉处理决定中"
        "重新评审（remedy=re_evaluate），审查随之重新进行（条例第四十四条）。",
        "The bid was let through and is not put out any more, see errors. Where the check was "
        "wrong, the answer to a challenge or the decision on a complaint has the bids evaluated "
        "anew (remedy=re_evaluate), and checked anew with it (Regulation, article 44).",
    )


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


def check_putting_out(status: BidStatus, *, stage: int, is_scored: bool) -> None:
    """Raises `CheckStands` for a bid that was let through before last prices or scores were known.

    A first check comes before both, but in an evaluation anew: there it may find against a bid.
    Source: 条例 44 (nothing is evaluated anew but in the ministry's cases); 214号 21.
    """
    if status is not BidStatus.VALID or (stage == 1 and not is_scored):
        return
    told = Text("最后报价已经征集", "last prices have been asked for")
    if is_scored:
        told = Text("评审小组已提交评分表", "a sheet of the panel is in")
    raise CheckStands(errors=[FieldError("/conforms", False, told)])


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
