"""Wire models: every message has a sample that round-trips, and keeps the rules of the house."""

import pkgutil
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from pydantic import AwareDatetime, ValidationError

import common.contracts
from common.contracts import feedback, matching, procurement
from common.contracts.base import Model
from common.contracts.feeds import READERS, STATES, Kind, Visibility
from common.contracts.matching import GapReason, UnmetReason
from common.contracts.vocabulary import Service

SAMPLES = Path(__file__).parent / "samples"
OURS = (matching, procurement, feedback)
PERSONAL = {
    *("name", "phone", "mobile", "contact", "address", "lat", "lon", "point", "text", "words"),
    *("description", "comment", "subject", "issuer", "resident", "resident_id", "birth_on"),
}


def sample(kind: str) -> dict[str, Any]:
    return orjson.loads((SAMPLES / f"{kind}.json").read_bytes())


def models() -> Iterator[type[Model]]:
    modules = pkgutil.walk_packages(common.contracts.__path__, "common.contracts.")
    for module in modules:
        for made in vars(import_module(module.name)).values():
            if isinstance(made, type) and issubclass(made, Model) and made is not Model:
                yield made


def types_in(annotation: Any) -> set[Any]:
    return {annotation}.union(*(types_in(part) for part in get_args(annotation)))


def shapes_in(model: type[Model]) -> set[type[Model]]:
    """The model and every model inside it."""
    inside = {
        part
        for field in model.model_fields.values()
        for part in types_in(field.annotation)
        if isinstance(part, type) and issubclass(part, Model)
    }
    return {model}.union(*(shapes_in(part) for part in inside))


@pytest.mark.parametrize("kind", STATES, ids=str)
def test_the_sample_of_a_feed_is_what_its_model_writes(kind):
    read = STATES[kind].model_validate(sample(kind))

    assert orjson.loads(read.model_dump_json()) == sample(kind)


@pytest.mark.parametrize("kind", STATES, ids=str)
def test_a_reader_survives_a_field_that_it_does_not_know_yet(kind):
    STATES[kind].model_validate(sample(kind) | {"added_later": 1})


@pytest.mark.parametrize("kind", STATES, ids=str)
def test_a_record_carries_its_id(kind):
    assert STATES[kind].model_fields["id"].is_required()


def test_no_sample_is_left_over():
    assert {path.stem for path in SAMPLES.glob("*.json")} == {kind.value for kind in STATES}


def test_every_kind_that_is_read_before_it_is_served_has_its_words():
    first_read = {
        kind: min((ISSUE_OF[s] for k, s in READERS if k is kind), default=kind.issue)
        for kind in Kind
    }
    early = {kind for kind in Kind if first_read[kind] < kind.issue and kind.service not in LATE}

    assert early <= STATES.keys()


ISSUE_OF = {Service.REGISTRY: 2, Service.MATCHING: 4, Service.FEEDBACK: 5, Service.PROCUREMENT: 6}
LATE = {Service.REGISTRY}  # its rooms, funds and rosters bring their words along (issue 7)


@pytest.mark.parametrize("model", list(models()), ids=lambda model: model.__name__)
def test_an_answer_has_no_defaults(model):
    optional = [name for name, field in model.model_fields.items() if not field.is_required()]

    assert optional == []


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.__name__)
def test_names_tell_instants_days_and_money(module):
    for model in (m for m in models() if m.__module__ == module.__name__):
        for name, field in model.model_fields.items():
            types = types_in(field.annotation)
            assert (AwareDatetime in types) == name.endswith("_at"), f"{model.__name__}.{name}"
            assert (date in types) == name.endswith("_on"), f"{model.__name__}.{name}"
            assert (bool in types) == name.startswith(("is_", "has_", "can_")), name
            if any(word in name for word in ("price", "value", "money", "pot_", "paid")):
                assert name.endswith(("_fen", "_at", "_on", "_id", "_document")), name


@pytest.mark.parametrize("kind", [k for k in STATES if k.visibility is Visibility.PRIVATE], ids=str)
def test_a_private_feed_still_tells_no_person(kind):
    for model in shapes_in(STATES[kind]):
        assert PERSONAL.isdisjoint(model.model_fields), model.__name__


@pytest.mark.parametrize("kind", [k for k in STATES if k.service != "registry"], ids=str)
def test_no_point_leaves_with_a_need_or_a_case(kind):
    for model in shapes_in(STATES[kind]):
        assert {"lat", "lon"}.isdisjoint(model.model_fields)


def test_a_rating_leads_neither_to_its_rater_nor_to_the_referral():
    assert {"rater", "referral_id", "need_id", "rated_at"}.isdisjoint(feedback.Rating.model_fields)


@pytest.mark.parametrize("persons", [1, 9])
def test_a_figure_on_fewer_than_ten_people_cannot_be_written(persons):
    with pytest.raises(ValidationError):
        GapReason(reason=UnmetReason.TOO_FAR, needs=persons)


@pytest.mark.parametrize("persons", [None, 0, 10])
def test_a_suppressed_an_empty_and_a_large_figure_can(persons):
    assert GapReason(reason=UnmetReason.TOO_FAR, needs=persons).needs == persons


# The form in which the portal takes what others here read as it is.
FOR_THE_PORTAL = {Kind.REFERRAL_MATTER, Kind.CASE_MATTER, Kind.EVALUATION}


def test_every_feed_has_a_reader_other_than_its_owner():
    for kind in Kind:
        readers = {service for k, service in READERS if k is kind}
        assert readers or kind in FOR_THE_PORTAL, kind
        assert kind.service not in readers


def test_feeds_are_named_by_singular_nouns():
    for kind in Kind:
        assert kind.value.isidentifier()
        assert kind.value == kind.value.lower()
        assert kind.text.zh
        assert kind.text.en
