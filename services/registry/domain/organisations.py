"""Organisations: how each kind proves who it is, and which periods make sense. Pure; no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from common.codes import WrongCode, check_credit_code
from common.contracts.registry.organisations import OrganisationKind as Kind
from common.errors import FieldError, Text


class Identity(StrEnum):
    """How an organisation of a kind proves who it is."""

    CREDIT_CODE = "credit_code"  # must have one
    FILING = "filing"  # filed with a street, no credit code
    EITHER_OR_NONE = "optional"  # inner offices, committees and groups may have none of their own


IDENTITY: Final[Mapping[Kind, Identity]] = {
    Kind.DEPARTMENT: Identity.EITHER_OR_NONE,
    Kind.STREET: Identity.CREDIT_CODE,
    Kind.INSTITUTION: Identity.CREDIT_CODE,
    Kind.ASSOCIATION: Identity.CREDIT_CODE,
    Kind.PRIVATE_NON_ENTERPRISE: Identity.CREDIT_CODE,
    Kind.FOUNDATION: Identity.CREDIT_CODE,
    Kind.ENTERPRISE: Identity.CREDIT_CODE,
    Kind.RESIDENTS_COMMITTEE: Identity.EITHER_OR_NONE,
    Kind.VILLAGERS_COMMITTEE: Identity.EITHER_OR_NONE,
    Kind.VOLUNTEER_GROUP: Identity.EITHER_OR_NONE,
    Kind.COMMUNITY_ORGANISATION: Identity.FILING,
}

CREDIT_CODE_NEEDED: Final = frozenset(
    k for k, how in IDENTITY.items() if how is Identity.CREDIT_CODE
)
FILED: Final = frozenset(k for k, how in IDENTITY.items() if how is Identity.FILING)

# The first two characters of the code of a social organisation say what it is: 51 社会团体,
# 52 民办非企业单位, 53 基金会 (GB 32100-2015, table 1). Those of other kinds vary too much.
CODE_BEGINS: Final[Mapping[Kind, str]] = {
    Kind.ASSOCIATION: "51",
    Kind.PRIVATE_NON_ENTERPRISE: "52",
    Kind.FOUNDATION: "53",
}

# 社会组织评估等级 go to social organisations alone (《社会组织评估管理办法》, 民政部令第39号).
GRADED: Final = frozenset({Kind.ASSOCIATION, Kind.PRIVATE_NON_ENTERPRISE, Kind.FOUNDATION})


@dataclass(frozen=True, slots=True)
class Standing:
    """What must fit together in one organisation."""

    kind: Kind
    credit_code: str | None
    filing_number: str | None
    has_filing_street: bool
    evaluation_grade: str | None
    grade_valid_from: date | None
    grade_valid_to: date | None


def faults(standing: Standing) -> list[FieldError]:
    """Every way in which an organisation does not fit together, field by field; none when it does.

    Source: GB 32100-2015 for the code; filing with a street as issue 2 states it.
    """
    return [*_identity(standing), *_code(standing), *_grade(standing)]


def _identity(standing: Standing) -> Iterator[FieldError]:
    how = IDENTITY[standing.kind]
    if how is Identity.CREDIT_CODE and standing.credit_code is None:
        yield FieldError(
            "/credit_code",
            None,
            Text("该类机构须填统一社会信用代码", "this kind of organisation needs a credit code"),
        )
    if how is Identity.FILING:
        yield from _filing(standing)
    elif standing.filing_number is not None or standing.has_filing_street:
        yield FieldError(
            "/filing_number",
            standing.filing_number,
            Text(
                "只有街镇备案的社区组织才填备案号和备案街镇",
                "only filed organisations have a filing",
            ),
        )


def _filing(standing: Standing) -> Iterator[FieldError]:
    if standing.filing_number is None:
        yield FieldError(
            "/filing_number",
            None,
            Text("备案社区组织须填备案号", "a filed organisation needs its number"),
        )
    if not standing.has_filing_street:
        yield FieldError(
            "/filed_with_id", None, Text("须填备案街镇", "the street it is filed with is needed")
        )
    if standing.credit_code is not None:
        yield FieldError(
            "/credit_code",
            standing.credit_code,
            Text(
                "街镇备案的社区组织没有统一社会信用代码；已登记的请改用相应类型",
                "a filed organisation has no credit code; a registered one has another kind",
            ),
        )


def _code(standing: Standing) -> Iterator[FieldError]:
    code = standing.credit_code
    if code is None:
        return
    try:
        check_credit_code(code)
    except WrongCode as wrong:
        yield FieldError("/credit_code", code, wrong.text)
        return
    begins = CODE_BEGINS.get(standing.kind)
    if begins is not None and not code.startswith(begins):
        yield FieldError(
            "/credit_code",
            code,
            Text(
                f"该类机构的代码以 {begins} 开头，现为 {code[:2]}",
                f"codes of this kind begin with {begins}, not {code[:2]}",
            ),
        )


def _grade(standing: Standing) -> Iterator[FieldError]:
    grade, start, end = (
        standing.evaluation_grade,
        standing.grade_valid_from,
        standing.grade_valid_to,
    )
    if grade is None:
        if start is not None or end is not None:
            yield FieldError(
                "/evaluation_grade", None, Text("填了有效期须填等级", "a validity needs a grade")
            )
        return
    if standing.kind not in GRADED:
        yield FieldError(
            "/evaluation_grade",
            grade,
            Text("只有社会组织有评估等级", "only social organisations have grades"),
        )
    if start is None:
        yield FieldError(
            "/grade_valid_from", None, Text("有等级须填起始日期", "a grade needs its first day")
        )
    elif end is not None and end <= start:
        yield FieldError(
            "/grade_valid_to",
            str(end),
            Text("终止日期须晚于起始日期", "must be after the first day"),
        )
