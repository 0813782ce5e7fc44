from hypothesis import given
from hypothesis import strategies as st

from common.auth.pseudonym import Pseudonyms, Purpose

KEY = bytes(range(32))


def test_a_pseudonym_is_stable_for_one_person_and_purpose():
    assert Pseudonyms(KEY).of("i", "s", Purpose.VOTES) == Pseudonyms(KEY).of("i", "s", "votes")


def test_purposes_and_keys_cannot_be_joined():
    names = {Pseudonyms(KEY).of("i", "s", purpose) for purpose in Purpose}

    assert len(names) == len(Purpose)
    assert Pseudonyms(KEY[::-1]).of("i", "s", Purpose.VOTES) not in names


def test_the_names_are_pinned_since_a_change_would_make_everybody_a_stranger():
    assert Pseudonyms(KEY).of("https://id.example", "42", Purpose.CASES) == (
        "32df7e4e35bc51531cb7f3c3b85e481d"
    )


@given(st.text(), st.text(), st.text(), st.text())
def test_two_people_never_share_a_name(issuer, subject, other_issuer, other_subject):
    names = Pseudonyms(KEY)
    same = names.of(issuer, subject, "cases") == names.of(other_issuer, other_subject, "cases")

    assert same == ((issuer, subject) == (other_issuer, other_subject))
