"""Manifests, front door, dashboards and alerts name what exists."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import getsource
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from common import login_gateway
from common.auth.roles import Role
from common.feed import gauges
from deploy.local.environment import SERVICES
from tests.harness import Apps

DEPLOY = Path("deploy")
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
FROM_PROMETHEUS = {"up", "process_resident_memory_bytes"}


@pytest.fixture
def service() -> str:
    return "matching"


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def everything() -> Iterator[dict[str, Any]]:
    for path in MANIFESTS:
        yield from documents(path)


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in everything() if each["kind"] == kind}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_is_what_kubernetes_takes(path: Path) -> None:
    for document in documents(path):
        kubernetes_validate.validate(document, "1.33", strict=True)


def test_every_service_has_copies_a_budget_and_room_to_grow() -> None:
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        assert set(SERVICES) <= set(of_kind(kind)), kind
    assert all(of_kind("Deployment")[name]["spec"]["replicas"] >= 2 for name in SERVICES)


@pytest.mark.parametrize("name", SERVICES)
async def test_probes_and_arguments_are_those_of_the_service(apps: Apps, name: str) -> None:
    (container,) = of_kind("Deployment")[name]["spec"]["template"]["spec"]["containers"]
    probes = ("startupProbe", "livenessProbe", "readinessProbe")
    async with apps.client(name) as client:
        for probe in probes:
            answer = await client.get(container[probe]["httpGet"]["path"])
            assert answer.status_code == 200, probe
    assert container["args"] == [name]
    assert container["securityContext"]["readOnlyRootFilesystem"]


def test_every_setting_of_the_site_is_one_that_a_service_reads() -> None:
    told = of_kind("ConfigMap")["linli"]["data"]
    for name in SERVICES:
        known = import_module(f"{name}.settings").Settings.model_fields
        ours = {key for key in told if key.startswith(f"{name.upper()}_")}
        assert {key.removeprefix(f"{name.upper()}_").lower() for key in ours} <= set(known)


def test_nothing_may_talk_unless_it_is_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    (selector,) = policies["services"]["spec"]["podSelector"]["matchExpressions"]
    assert set(selector["values"]) == {*SERVICES, "login"}


def test_the_gateway_of_sign_ins_has_its_own_keys_and_is_told_only_what_it_reads() -> None:
    (container,) = of_kind("Deployment")["login"]["spec"]["template"]["spec"]["containers"]
    volumes = of_kind("Deployment")["login"]["spec"]["template"]["spec"]["volumes"]
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["login"]
    told = {each["name"] for each in container["env"]}
    told |= set(re.findall(r"^(LOGIN_\w+)=", (DEPLOY / "example.env").read_text(), re.M))
    known = {f"LOGIN_{name}".upper() for name in login_gateway.Settings.model_fields}

    assert container["command"][1] == composed["entrypoint"][1] == "common.login_gateway:app"
    assert {each.get("secret", {}).get("secretName") for each in volumes} == {
        None,
        "linli-login-keys",
    }
    assert told - {"LOGIN_KEYS"} <= known  # where compose finds the ring on its host


def test_the_front_door_is_a_configuration_that_nginx_takes(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    openssl = shutil.which("openssl")
    text = (DEPLOY / "nginx" / "linli.conf").read_text()
    assert all(f"location /{name}/" in text for name in (*SERVICES, "login"))
    if nginx is None or openssl is None:
        pytest.skip("nginx is not installed here: its configuration is not tried")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
    files = ["-keyout", str(tmp_path / "tls.key"), "-out", str(tmp_path / "tls.crt")]
    subprocess.run([*made, *files], check=True, capture_output=True)
    local = re.sub(r"server \w+:8000", "server 127.0.0.1:8000", text)
    (tmp_path / "linli.conf").write_text(local.replace("/etc/nginx/tls", str(tmp_path)))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ include {tmp_path}/linli.conf; }}\n"
    )
    tried = subprocess.run(
        [nginx, "-t", "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr


def expressions() -> Iterator[str]:
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    dashboard = json.loads((DEPLOY / "grafana" / "linli.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel["targets"])


async def test_dashboards_and_alerts_read_figures_that_exist(
    live_client: Any, bearer: Callable[..., dict[str, str]]
) -> None:
    await live_client.get("/v1/needs", headers=bearer(Role.CLERK, area="310101", line="*"))
    page = (await live_client.get("/metrics")).text
    known = set(re.findall(r"^# TYPE (\w+) ", page, re.M)) | FROM_PROMETHEUS
    known |= set(re.findall(r"AS (feed_followed_\w+)", getsource(gauges)))  # where one is followed
    families = {name.removesuffix("_total") for name in known} | known
    words = set(
        re.findall(r"\b((?:http|db|feed|metrics|process)_\w+|up)\b", " ".join(expressions()))
    )

    assert {re.sub(r"_(count|bucket|sum|total)$", "", word) for word in words} - families == set()


def test_every_alert_has_its_section_in_the_runbook() -> None:
    sections = set(re.findall(r"^## (\w+)", Path("docs/runbook.md").read_text(), re.M))
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    named = {
        rule["annotations"]["runbook"].partition("#")[2]
        for group in groups
        for rule in group["rules"]
    }

    assert alerts <= sections
    assert named == {name.lower() for name in alerts}
