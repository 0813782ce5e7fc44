"""When two benefits are one too many 重复给付: same person, kinds that exclude, days in common.

Pure. Days are inclusive; no end means for good.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from common.contracts.matching_benefits import Overlap
from common.errors import Conflict, FieldError, Invalid, Text
from common.rules import Rule


class DoubleBenefit(Conflict):
    """The person has it already; `errors` names each benefit and the rule."""

    slug = "double-benefit"
    title = Text("重复给付", "Double benefit")
    detail = Text(
        "该居民在同一期间已有同类给付，详见 errors；确须并行的，填写 despite 说明理由。",
        "The person has such a benefit for that time, see errors; give a reason in `despite` "
        "where it is granted all the same.",
    )


class WrongBenefit(Invalid):
    """What was sent cannot be a benefit; `errors` says where and why."""

    slug = "wrong-benefit"
    title = Text("给付内容有误", "Wrong benefit")


class BenefitVoided(Conflict):
    """A benefit that was recorded by mistake stands for nothing, and is not changed any more."""

    slug = "benefit-voided"
    title = Text("给付已作废", "The benefit is void")
    detail = Text(
        "该给付已于 {voided_at} 作废，不能再修改；确须给付的，请另行登记。",
        "The benefit was voided at {voided_at} and is not changed any more; record a new one.",
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """A benefit as the rules read it. `id` is None for what is not granted yet."""

    id: UUID | None
    kind: str
    source: str
    from_on: date
    to_on: date | None
    area_code: str = ""
    line: str = ""


def overlaps(wanted: Grant, held: Iterable[Grant], rules: Iterable[Rule]) -> Iterator[Overlap]:
    """Each benefit of the person that stands in the way, with the rule that says so."""
    in_force = sorted(rules, key=lambda rule: rule.code)
    for grant in held:
        rule = excluding(wanted.kind, grant.kind, in_force)
        if rule is None or grant.id is None or not meet(wanted, grant):
            continue
        yield Overlap(
            benefit_id=grant.id,
            kind=grant.kind,
            source=grant.source,
            area_code=grant.area_code,
            line=grant.line,
            from_on=grant.from_on,
            to_on=grant.to_on,
            rule=rule.code,
            rule_text=rule.text.zh,
        )


def meet(one: Grant, other: Grant) -> bool:
    """Whether two periods have a day in common."""
    starts, ends = max(one.from_on, other.from_on), [one.to_on, other.to_on]
    return all(end is None or starts <= end for end in ends)


def excluding(one: str, other: str, rules: Iterable[Rule]) -> Rule | None:
    """The rule by which two kinds exclude each other: the same kind, or both in one list."""
    for rule in rules:
        if rule.value is None:
            continue
        same = rule.parameter == "same_kind_excludes" and rule.known is True and one == other
        listed = rule.parameter == "exclusive_kinds" and rule.admits(one) and rule.admits(other)
        if same or (listed and one != other):
            return rule
    return None


def check_period(from_on: date, to_on: date | None) -> None:
    """Refuse an end before the beginning."""
    if to_on is not None and to_on < from_on:
        told = Text("末日早于起始日期", "it ends before it begins")
        raise WrongBenefit(errors=[FieldError("/to_on", str(to_on), told)])


def check_end(on: date, *, from_on: date, to_on: date | None) -> None:
    """An end lies within what was granted: more days would be granted with no look at others."""
    if on < from_on:
        told = Text(
            f"早于起始日期 {from_on}；登记有误的，请作废（void）",
            f"before its first day {from_on}; void what was recorded by mistake",
        )
        raise WrongBenefit(errors=[FieldError("/on", str(on), told)])
    if to_on is not None and on > to_on:
        told = Text(
            f"晚于原定末日 {to_on}；延长须另行给付并核对",
            f"later than its last day {to_on}; grant a new benefit for more days",
        )
        raise WrongBenefit(errors=[FieldError("/on", str(on), told)])


def must_stand(voided_at: datetime | None) -> None:
    """Raises `BenefitVoided`."""
    if voided_at is not None:
        raise BenefitVoided(voided_at=voided_at.isoformat(timespec="seconds"))


def refusal(found: Iterable[Overlap]) -> DoubleBenefit:
    """The refusal that names each benefit in the way and its rule."""
    return DoubleBenefit(
        errors=[
            FieldError(
                f"/{each.rule}",
                f"{each.kind}，{each.source}，{each.from_on} – {each.to_on or '长期'}",
                Text(each.rule_text, f"rule {each.rule}: benefit {each.benefit_id}"),
            )
            for each in found
        ]
    )
