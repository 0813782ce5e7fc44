import re
from itertools import combinations

import pytest

from common.auth.permissions import GRANTS, Permission, Scope
from common.auth.roles import ADMINISTRATORS, EVERYONE, ActorKind, Role, compatible

PAIRS = list(combinations(sorted(ADMINISTRATORS), 2))
RESTRICTED = [p for p in Permission if p.roles != EVERYONE]


def test_every_permission_is_named_noun_verb_and_titled_in_both_languages():
    for permission in Permission:
        assert re.fullmatch(r"[a-z][a-z_]*:[a-z][a-z_]*", permission)
        assert re.search(r"[\u4e00-\u9fff]", permission.text.zh)
        assert permission.text.en.isascii()
        assert isinstance(permission.scope, Scope)


def test_a_permission_without_a_holder_would_be_a_dead_door():
    assert all(GRANTS[permission] for permission in Permission)


def test_what_everyone_may_do_needs_no_scope():
    assert [p for p in Permission if p.roles == EVERYONE and p.scope is not Scope.NONE] == []


def test_what_is_not_for_everyone_is_not_for_the_public():
    assert [p for p in RESTRICTED if Role.PUBLIC in p.roles] == []


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_two_administrators_share_a_permission(one, other):
    assert [p for p in RESTRICTED if {one, other} <= p.roles] == []


@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
def test_an_administrator_does_no_business(administrator):
    business = {Role.CLERK, Role.STREET_HEAD, Role.PROVIDER, Role.RESIDENT, Role.SERVICE}

    assert [p for p in RESTRICTED if administrator in p.roles and p.roles & business] == []


def test_no_role_holds_everything():
    for role in Role:
        assert any(role not in roles for roles in GRANTS.values())


def test_only_the_auditor_reads_the_audit_log():
    assert GRANTS[Permission.AUDIT_READ] == {Role.AUDITOR}


def test_unmasking_is_bound_to_the_line():
    unmasking = [p for p in Permission if p.endswith(":unmask")]

    assert len(unmasking) >= 3
    assert {p.scope for p in unmasking} == {Scope.LINE}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_administrators_are_never_combined(one, other):
    assert not compatible(ActorKind.STAFF, frozenset({one, other}))


@pytest.mark.parametrize("administrator", sorted(ADMINISTRATORS))
def test_an_administrator_holds_that_role_alone(administrator):
    assert compatible(ActorKind.STAFF, frozenset({administrator}))
    assert not compatible(ActorKind.STAFF, frozenset({administrator, Role.CLERK}))
    assert not compatible(ActorKind.RESIDENT, frozenset({administrator}))


def test_a_resident_is_never_staff_and_an_app_is_never_a_service():
    assert not compatible(ActorKind.RESIDENT, frozenset({Role.CLERK}))
    assert not compatible(ActorKind.APP, frozenset({Role.SERVICE}))
    assert not compatible(ActorKind.SERVICE, frozenset({Role.CITY_OFFICE}))
    assert compatible(ActorKind.RESIDENT, frozenset({Role.RESIDENT, Role.DEPUTY}))
