from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.auth.actor import (
    Actor,
    NotYourOrganisation,
    OutOfArea,
    OutOfLine,
    PermissionMissing,
    is_area,
)
from common.auth.permissions import Permission
from common.auth.roles import ActorKind, Role
from common.errors import Unauthenticated

STREET = "310101002"
ORG = UUID(int=7)


def staff(role: Role = Role.CLERK, **parts) -> Actor:
    return Actor("issuer", "li", ActorKind.STAFF, frozenset({role}), **parts)


def resident(**parts) -> Actor:
    return Actor("issuer", "wang", ActorKind.RESIDENT, frozenset({Role.RESIDENT}), **parts)


def test_nobody_may_read_what_is_published_and_nothing_else():
    nobody = Actor.anonymous()

    nobody.must(Permission.AREA_READ)
    with pytest.raises(Unauthenticated):
        nobody.must(Permission.AREA_WRITE)


def test_somebody_without_the_role_is_told_which_permission_is_missing():
    with pytest.raises(PermissionMissing, match="offering:publish"):
        staff(Role.GRID_WORKER).must(Permission.OFFERING_PUBLISH)


@pytest.mark.parametrize(
    ("mine", "code", "covered"),
    [
        (STREET, "310101002001", True),
        (STREET, "310101002", True),
        (STREET, "310101000000", False),  # the district above
        (STREET, "310101003001", False),
        ("310101", "310101002001", True),
        ("31", "310115000000", True),
        ("31", "320100000000", False),
        ("3101", "310000000000", False),  # the city is not inside its own 市辖区
        ("310101002001", "310101002001", True),
        ("310101002001", "310101002", False),
        (None, "310101002001", False),
        ("", "310101002001", False),
        ("3", "310101002001", False),
        ("31010100", "310101002001", False),
        ("31", None, False),
        ("31", "", False),
        ("31", "31010", False),
        ("31", "31x101002001", False),
        ("３１", "310101002001", False),
    ],
)
def test_an_area_covers_what_lies_under_its_digits(mine, code, covered):
    assert staff(area=mine).covers(code) is covered


@given(st.text(max_size=14), st.text(max_size=14))
def test_whatever_is_claimed_only_a_wellformed_prefix_covers(mine, code):
    covered = staff(area=mine).covers(code)

    assert covered == (is_area(mine) and is_area(code) and code.startswith(mine))


def test_a_record_outside_the_area_is_refused():
    with pytest.raises(OutOfArea):
        staff(area=STREET).must_cover("310104001001")


def test_a_clerk_sees_one_line_and_never_all():
    assert staff(line="民政").sees_line("民政")
    assert not staff(line="民政").sees_line("残联")
    assert not staff(line=None).sees_line("民政")
    assert not staff(line=None).sees_line(None)
    assert not staff(line="*").sees_line("民政")
    with pytest.raises(OutOfLine):
        staff(line="民政").must_see_line("残联")


@pytest.mark.parametrize("role", [Role.STREET_HEAD, Role.DISTRICT_OFFICE, Role.CITY_OFFICE])
def test_a_head_stands_over_all_lines_only_when_the_token_says_so(role):
    assert staff(role, line="*").sees_line("残联")
    assert not staff(role).sees_line("残联")
    assert not staff(role, line="民政").sees_line("残联")


def test_an_organisation_reaches_its_own_records_and_no_others():
    provider = staff(Role.PROVIDER, org=ORG)

    provider.must_reach("310104001001", ORG)
    provider.must_act_for(ORG)
    for other in (UUID(int=8), None):
        with pytest.raises(NotYourOrganisation):
            provider.must_reach("310104001001", other)


def test_an_organisation_of_nobody_is_not_everybodys():
    with pytest.raises(NotYourOrganisation):
        staff(Role.PROVIDER, org=None).must_act_for(None)


def test_staff_reach_by_area_whoever_owns_the_record():
    staff(area=STREET).must_reach("310101002001", ORG)
    with pytest.raises(OutOfArea):
        staff(area=STREET, org=ORG).must_reach("310104001001", ORG)


def test_staff_are_known_by_their_subject_and_residents_by_a_pseudonym():
    assert staff().alias("cases") == "li"
    assert resident(veil=lambda purpose: f"p-{purpose}").alias("votes") == "p-votes"


def test_a_resident_without_a_key_has_no_name_rather_than_the_plain_one():
    with pytest.raises(LookupError):
        resident().alias("cases")


def test_the_subject_never_shows_in_a_log_line():
    assert "wang" not in repr(resident())
