"""What the local run listens on, and what it loads on its first start."""

from pathlib import Path

import pytest

from deploy.local import demo
from deploy.local.plan import Plan
from deploy.local.programs import ProgramFailedError


def test_workers_that_run_apart_take_the_ports_after_the_services() -> None:
    plan = Plan("127.0.0.1", 8000, Path(), workers_apart=True)

    ports = [
        address.rpartition(":")[2] for address in (*plan.services.values(), *plan.workers.values())
    ]
    assert ports == [str(port) for port in range(8001, 8009)]
    assert list(plan.workers) == [f"{name}-worker" for name in plan.services]


def test_as_a_rule_each_service_works_in_the_background_itself() -> None:
    assert Plan("127.0.0.1", 8000, Path()).workers == {}


def test_the_demo_city_is_loaded_once_in_the_order_of_what_rests_on_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO", raising=False)
    offerings, organisations = tmp_path / "offerings.csv", tmp_path / "organisations.jsonl"
    listed = [*demo._loaders("0.5", offerings, organisations)]
    loaders = dict(listed)

    assert demo.is_due(tmp_path)
    assert listed[0][0] == "registry"
    assert set(loaders) == {"registry", "matching", "feedback", "procurement"}
    for handed in (("--offerings", str(offerings)), ("--organisations", str(organisations))):
        for loader in ("registry", "procurement"):
            assert " ".join(handed) in " ".join(loaders[loader])
    assert loaders["matching"][-2:] == ("--needs", "500000")
    of_feedback = [words[-2:] for service, words in listed if service == "feedback"]
    assert of_feedback == [("--ratings", "1000000"), ("--cases", "100000")]


def test_a_loader_that_fails_is_told_and_leaves_no_mark(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()

    with pytest.raises(ProgramFailedError, match="database_url"):
        demo.load(tmp_path, {"registry": {}, "matching": {}, "feedback": {}})

    assert demo.is_due(tmp_path)
