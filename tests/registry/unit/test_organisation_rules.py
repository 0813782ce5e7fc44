"""How each kind of organisation proves who it is."""

from dataclasses import replace
from datetime import date

import pytest

from common.codes import credit_check_character
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.organisations import OrganisationKind as Kind
from registry.domain.areas import MAY_HOLD, WrongPeriod, check_past, check_period, kind_of
from registry.domain.organisations import (
    CODE_BEGINS,
    GRADED,
    IDENTITY,
    Identity,
    Standing,
    faults,
)

EMPTY = Standing(Kind.VOLUNTEER_GROUP, None, None, False, None, None, None)


def code(begins: str) -> str:
    body = f"{begins}310101MJ0000001"
    return body + credit_check_character(body)


def pointers(standing: Standing) -> set[str]:
    return {fault.pointer for fault in faults(standing)}


def test_every_kind_says_how_it_is_identified():
    assert set(IDENTITY) == set(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_with_its_own_proof_is_admitted(kind: Kind):
    standing = replace(EMPTY, kind=kind)
    if IDENTITY[kind] is Identity.FILING:
        standing = replace(standing, filing_number="备1", has_filing_street=True)
    elif IDENTITY[kind] is Identity.CREDIT_CODE:
        standing = replace(standing, credit_code=code(CODE_BEGINS.get(kind, "91")))

    assert faults(standing) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_without_its_proof_is_refused(kind: Kind):
    expected = {
        Identity.CREDIT_CODE: {"/credit_code"},
        Identity.FILING: {"/filing_number", "/filed_with_id"},
        Identity.EITHER_OR_NONE: set(),
    }[IDENTITY[kind]]

    assert pointers(replace(EMPTY, kind=kind)) == expected


@pytest.mark.parametrize("kind", sorted(CODE_BEGINS))
def test_a_social_organisation_has_the_code_of_its_class(kind: Kind):
    assert pointers(replace(EMPTY, kind=kind, credit_code=code("91"))) == {"/credit_code"}


def test_a_mistyped_code_is_told_with_what_would_be_right():
    right = code("91")
    wrong = right[:17] + ("0" if right[17] != "0" else "1")

    (fault,) = faults(replace(EMPTY, kind=Kind.ENTERPRISE, credit_code=wrong))

    assert fault.value == wrong
    assert right[17] in fault.message.zh


@pytest.mark.parametrize("kind", list(Kind))
def test_only_social_organisations_are_graded(kind: Kind):
    graded = replace(EMPTY, kind=kind, evaluation_grade="3A", grade_valid_from=date(2024, 1, 1))

    assert ("/evaluation_grade" in pointers(graded)) == (kind not in GRADED)


def test_a_grade_runs_forward():
    graded = replace(
        EMPTY,
        kind=Kind.FOUNDATION,
        credit_code=code("53"),
        evaluation_grade="3A",
        grade_valid_from=date(2024, 1, 1),
        grade_valid_to=date(2024, 1, 1),
    )

    assert pointers(graded) == {"/grade_valid_to"}


@pytest.mark.parametrize(
    ("area", "kind"),
    [
        ("310000000000", (AreaKind.CITY, 1)),
        ("310100000000", (AreaKind.AGGREGATE, None)),
        ("310110000000", (AreaKind.DISTRICT, 2)),
        ("310110021000", (AreaKind.TOWN, 3)),
        ("310110021001", (AreaKind.NEIGHBOURHOOD, 4)),
    ],
)
def test_the_code_tells_the_level(area: str, kind: tuple[AreaKind, int | None]):
    assert kind_of(area) == kind


def test_what_may_hold_is_said_for_every_kind():
    assert set(MAY_HOLD) == set(AreaKind)
    assert not any(
        AreaKind.CITY in held or AreaKind.AGGREGATE in held for held in MAY_HOLD.values()
    )


def test_periods_end_after_they_begin_and_not_in_the_future():
    day = date(2026, 3, 2)

    check_period(day, None)
    check_period(day, date(2026, 3, 3))
    check_past(day, day, pointer="/x")
    with pytest.raises(WrongPeriod):
        check_period(day, day)
    with pytest.raises(WrongPeriod):
        check_past(date(2026, 3, 3), day, pointer="/x")
