"""Who may take part: a provider's status on a day, from what its file says.

Pure. Periods include both ends. What is not verified does not count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from common.contracts.procurement import ProviderStatus
from common.contracts.procurement_providers import (
    ExclusionReason,
    QualificationIn,
    QualificationStatus,
)
from common.contracts.registry.organisations import OrganisationKind
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.rules import Rule

REGISTRATION: Final = "registration"
STAFF: Final = "qualified_staff"
REQUIRED: Final = "provider.required"
PROVIDERS: Final = "102.6.providers"
NO_VIOLATION: Final = "gpl.22.major_violation"
BANS: Final = frozenset(
    {ExclusionReason.FALSE_MATERIAL, ExclusionReason.COLLUSION, ExclusionReason.BRIBERY}
)
# Order 102, articles 6 and 8: who governs buys, and never supplies.
NEVER: Final = frozenset({OrganisationKind.DEPARTMENT, OrganisationKind.STREET})
# Filed with a street and without a credit code: it cannot be a party to a contract.
WITHOUT_CODE: Final = frozenset(
    {OrganisationKind.COMMUNITY_ORGANISATION, OrganisationKind.VOLUNTEER_GROUP}
)


class CannotProvide(Conflict):
    """The kind of organisation cannot be a party to a contract."""

    slug = "cannot-provide"
    title = Text("不能作为承接主体", "It cannot be a provider")
    detail = Text(
        "“{name}”属于 {kind}，依据 102号令 第6、8条不能作为承接主体；请由具备主体资格的机构承接。",
        "{name} is a {kind}: under Order 102, articles 6 and 8, it cannot supply; another "
        "organisation has to.",
    )


class ProviderExcluded(Conflict):
    """Who is kept out by a decision, or dissolved, supplies nothing."""

    slug = "provider-excluded"
    title = Text("供应商不能承接", "The supplier is kept out")
    detail = Text(
        "{provider} {why}，不能成交、入围或签约；见其档案。",
        "{provider} {why}: no award, no place in a framework, no contract; see its file.",
    )


class CandidateUnfit(Conflict):
    """Who comes next in the ranking may not supply any more."""

    slug = "candidate-unfit"
    title = Text("候选供应商已不能成交", "The candidate may not supply")
    detail = Text(
        "按排序应成交的供应商现不能成交，见 errors；请将其列入 declined_supplier_ids 并写明公开的"
        "理由 reason，由排序中的下一名成交；无人可顺延的废标（failure）后重新采购。",
        "Who comes next in the ranking may not supply, see errors: name it in "
        "declined_supplier_ids with a public reason, and the next in the ranking is awarded; where "
        "nobody is left, end the purchase (failure) and begin anew.",
    )


class WrongProviderFile(Invalid):
    """What was sent does not fit into a file; `errors` says where and why."""

    slug = "wrong-provider-file"
    title = Text("承接者档案内容有误", "Wrong provider file")


class VerifiedByItself(Forbidden):
    """Who entered a qualification does not verify it."""

    slug = "verified-by-itself"
    title = Text("不能核验本人登记的资质", "Four eyes are needed")
    detail = Text(
        "该资质由 {who} 登记，须由另一名工作人员核验。",
        "{who} entered this qualification; somebody else has to verify it.",
    )


@dataclass(frozen=True, slots=True)
class Held:
    """A qualification as the rules need it."""

    code: str
    status: QualificationStatus
    valid_from_on: date
    valid_to_on: date | None
    persons: int | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """A period of exclusion."""

    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Ban(Barred):
    """A period of exclusion with the decision behind it."""

    reason: ExclusionReason
    document: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why somebody may not supply on a day: the rule, and the fact that it is held against."""

    rule: str
    why: Text

    def remark(self) -> str:
        """Both sentences, as a record keeps them."""
        return f"{self.why.zh} / {self.why.en}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a file amounts to on a day."""

    status: ProviderStatus
    missing: tuple[str, ...]
    qualified_staff: int


def holds_on(day: date, from_on: date, to_on: date | None) -> bool:
    """Whether a period covers a day; both ends belong to it."""
    return from_on <= day and (to_on is None or day <= to_on)


def standing(
    day: date,
    *,
    dissolved_on: date | None,
    required: Collection[str],
    held: Sequence[Held],
    barred: Iterable[Barred],
) -> Standing:
    """A provider's status on a day: dissolved, else excluded, else incomplete, else admitted.

    Source: 政府采购法 art. 22 (conditions of a supplier), 102号令 art. 6.
    """
    valid = [
        each
        for each in held
        if each.status is QualificationStatus.VERIFIED
        and holds_on(day, each.valid_from_on, each.valid_to_on)
    ]
    missing = tuple(sorted(set(required) - {each.code for each in valid}))
    staff = sum(each.persons or 0 for each in valid if each.code == STAFF)
    if dissolved_on is not None and dissolved_on <= day:
        return Standing(ProviderStatus.DISSOLVED, missing, staff)
    if any(holds_on(day, each.from_on, each.to_on) for each in barred):
        return Standing(ProviderStatus.EXCLUDED, missing, staff)
    status = ProviderStatus.INCOMPLETE if missing else ProviderStatus.ADMITTED
    return Standing(status, missing, staff)


def unfit(day: date, *, dissolved_on: date | None, bans: Iterable[Ban]) -> Unfit | None:
    """Why somebody may not supply on a day; None where nothing speaks against it.

    Source: 政府采购法 22, 77; 102号令 6 (a supplier exists, and no decision keeps it out).
    """
    if dissolved_on is not None and dissolved_on <= day:
        return Unfit(
            PROVIDERS,
            Text(
                f"已于 {dissolved_on} 注销（规则 {PROVIDERS}）",
                f"was dissolved on {dissolved_on} (rule {PROVIDERS})",
            ),
        )
    ban = next((each for each in bans if holds_on(day, each.from_on, each.to_on)), None)
    if ban is None:
        return None
    until = ban.to_on or "—"
    return Unfit(
        NO_VIOLATION,
        Text(
            f"自 {ban.from_on} 至 {until} 被禁入（{ban.reason}，{ban.document}，"
            f"规则 {NO_VIOLATION}）",
            f"is kept out from {ban.from_on} to {until} ({ban.reason}, {ban.document}, "
            f"rule {NO_VIOLATION})",
        ),
    )


def check_candidates(chosen: Iterable[UUID], kept_out: Mapping[UUID, Unfit]) -> None:
    """Raises `CandidateUnfit` where somebody would be awarded who may not supply any more.

    Source: 政府采购法 22, 77.
    """
    wrong = [
        FieldError("/declined_supplier_ids", str(each), kept_out[each].why)
        for each in chosen
        if each in kept_out
    ]
    if wrong:
        raise CandidateUnfit(errors=wrong)


def check_kind(kind: OrganisationKind, name: str) -> None:
    """Raises `CannotProvide` for who governs, or has no legal person. Source: 102号令 6, 8."""
    if kind in NEVER or kind in WITHOUT_CODE:
        raise CannotProvide(name=name, kind=kind)


def check_small(kind: OrganisationKind, is_small: bool) -> None:
    """Only an enterprise is a small enterprise. Source: 财库〔2020〕46号 art. 2."""
    if is_small and kind is not OrganisationKind.ENTERPRISE:
        told = Text(
            f"{kind} 不是企业，不能认定为小微企业", f"a {kind} is no enterprise, so not a small one"
        )
        raise WrongProviderFile(errors=[FieldError("/is_small_enterprise", True, told)])


def check_qualification(given: QualificationIn) -> None:
    """A period that runs forward; persons with qualified staff, and only there."""
    wrong = _period("/valid_to_on", given.valid_from_on, given.valid_to_on)
    if (given.code == STAFF) != (given.persons is not None):
        told = Text(
            f"仅 {STAFF} 须填写人数", f"a number of persons goes with {STAFF}, and only with it"
        )
        wrong.append(FieldError("/persons", given.persons, told))
    if wrong:
        raise WrongProviderFile(errors=wrong)


def check_period(pointer: str, from_on: date, to_on: date | None) -> None:
    """A period that does not run backwards."""
    if wrong := _period(pointer, from_on, to_on):
        raise WrongProviderFile(errors=wrong)


def check_exclusion(
    reason: ExclusionReason, from_on: date, to_on: date | None, shortest: Rule, longest: Rule
) -> None:
    """A ban under article 77 lasts from one to three years; other exclusions as they say.

    Source: 政府采购法 art. 77 (rules gpl.77.ban_shortest, gpl.77.ban_longest).
    """
    check_period("/to_on", from_on, to_on)
    if reason not in BANS:
        return
    least, most = years_on(from_on, shortest.number), years_on(from_on, longest.number)
    if to_on is None or not least <= to_on <= most:
        told = Text(
            f"依据{shortest.document}第{shortest.article}条，应在 {least} 至 {most} 之间",
            f"{shortest.document} art. {shortest.article}: from {least} to {most}",
        )
        raise WrongProviderFile(errors=[FieldError("/to_on", str(to_on), told)])


def years_on(day: date, years: int) -> date:
    """The last day of so many years that begin on a day."""
    try:
        after = day.replace(year=day.year + years)
    except ValueError:  # 29 February
        after = day.replace(year=day.year + years, month=3, day=1)
    return after - timedelta(days=1)


def check_tie(provider_id: UUID, other_id: UUID, from_on: date, to_on: date | None) -> None:
    """A tie leads to somebody else, and does not run backwards."""
    if provider_id == other_id:
        told = Text("不能与自身建立关系", "a tie leads to another organisation")
        raise WrongProviderFile(errors=[FieldError("/organisation_id", str(other_id), told)])
    check_period("/to_on", from_on, to_on)


def _period(pointer: str, from_on: date, to_on: date | None) -> list[FieldError]:
    if to_on is None or to_on >= from_on:
        return []
    told = Text(f"不应早于起始日 {from_on}", f"not before its first day, {from_on}")
    return [FieldError(pointer, str(to_on), told)]
