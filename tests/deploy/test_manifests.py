"""Manifests, front door, dashboards and alerts name what exists."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from inspect import getsource
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from common import login_gateway
from common.auth.roles import Role
from common.clients.outside import Reach
from common.exchange import gauges as webhook_gauges
from common.feed import gauges as feed_gauges
from deploy.local.environment import SERVICES
from tests.harness import Apps

DEPLOY = Path("deploy")
MANIFESTS = sorted((DEPLOY / "kubernetes").rglob("*.yaml"))
RINGING = "tests/deploy/alerts_test.yml"
PROMETHEUS = DEPLOY / "prometheus"
DIRECTORIES = ("KEY_RING", "ANCHOR_DIR")
FROM_ELSEWHERE = {"up", "process_resident_memory_bytes", "linli_backup_timestamp_seconds"}


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


def test_the_namespace_comes_first_and_the_services_never_bring_the_migration() -> None:
    first, *others = [path for path in MANIFESTS if path.parent.name == "kubernetes"]
    assert documents(first)[0]["kind"] == "Namespace"
    assert all(
        each["kind"] not in ("Namespace", "Job") for path in others for each in documents(path)
    )

    steps = re.findall(r"^kubectl (.*)$", (DEPLOY / "README.md").read_text(), re.M)
    assert [step.split(" --")[0] for step in steps] == [
        "apply -f deploy/kubernetes/00-namespace.yaml -f deploy/kubernetes/network-policy.yaml",
        "-n linli create configmap front-door",
        "-n linli delete job migrate",
        "apply -f deploy/kubernetes/migration/",
        "-n linli wait job/migrate",
        "apply -f deploy/kubernetes/",
        "-n linli rollout restart deployment/front-door",
    ]
    assert [each["kind"] for each in documents(DEPLOY / "kubernetes/migration/job.yaml")] == ["Job"]


def test_every_service_has_copies_a_budget_and_room_to_grow() -> None:
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        assert set(SERVICES) <= set(of_kind(kind)), kind
    for name in SERVICES:
        assert of_kind("HorizontalPodAutoscaler")[name]["spec"]["minReplicas"] >= 2
        # A number there would undo, at each upgrade, what the autoscaler has set under load.
        assert "replicas" not in of_kind("Deployment")[name]["spec"]


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


def test_nothing_may_talk_unless_it_is_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    (selector,) = policies["services"]["spec"]["podSelector"]["matchExpressions"]
    assert set(selector["values"]) == {*SERVICES, "login"}


def test_the_nightly_backup_runs_the_script_of_the_site_with_what_it_reads() -> None:
    spec = of_kind("CronJob")["backup"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    told = of_kind("ConfigMap")["linli"]["data"]
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    (selector,) = of_kind("NetworkPolicy")["migrate"]["spec"]["podSelector"]["matchExpressions"]

    assert container["command"][-1] == "/scripts/backup.sh"
    assert {told[f"{name.upper()}_ANCHOR_DIR"] for name in SERVICES} <= mounted
    assert {each["value"] for each in container["env"]} <= mounted
    assert not any(key.endswith("_ATTACHMENT_DIR") for key in told)  # else its volume is mounted
    assert "backup" in selector["values"]


def asked_by(script: str) -> set[str]:
    """The settings of each service that a script asks for, without which it ends or leaves out."""
    told = (DEPLOY / script).read_text()
    return set(re.findall(r"\$\{\$\{upper\}_(\w+):", told.replace("\\", "")))


def test_restoring_has_a_place_on_kubernetes_that_knows_all_that_the_script_reads() -> None:
    spec = of_kind("Job")["restore"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    told = of_kind("ConfigMap")["linli"]["data"]
    mounted = {each["mountPath"] for each in container["volumeMounts"]}
    named = [next(iter(each.values()))["name"] for each in container["envFrom"]]
    (selector,) = of_kind("NetworkPolicy")["migrate"]["spec"]["podSelector"]["matchExpressions"]

    assert asked_by("restore.sh") == {"MIGRATION_DATABASE_URL", "ANCHOR_DIR", "ATTACHMENT_DIR"}
    assert named == ["linli", "linli-migration", *(f"linli-{each}" for each in SERVICES), "restore"]
    assert {told[f"{name.upper()}_{each}"] for name in SERVICES for each in DIRECTORIES} <= mounted
    assert "/scripts/restore.sh" in container["command"][-1]
    assert spec["volumes"][2]["persistentVolumeClaim"] == {"claimName": "backups"}
    assert "restore" in selector["values"]


def test_the_place_where_to_restore_has_the_scripts_and_the_programs_of_the_server() -> None:
    told = (DEPLOY / "Dockerfile").read_text()
    stages = dict(re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM |\Z)", told, re.M | re.S))
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    _, server = composed["postgres"]["image"].split(":")
    jobs = of_kind("Job")["restore"]["spec"], of_kind("CronJob")["backup"]["spec"]["jobTemplate"]
    pods = [each.get("spec", each)["template"]["spec"] for each in jobs]

    assert f"ARG POSTGRES={server}\n" in stages["operations"]
    assert "postgresql-client-$POSTGRES" in stages["operations"]
    assert (
        "COPY deploy/address.sh deploy/backup.sh deploy/restore.sh /scripts/"
        in stages["operations"]
    )
    assert {pod["containers"][0]["image"] for pod in pods} == {"linli-operations:0.1.0"}
    for name in ("backup", "restore"):
        service = composed[name]
        assert service["entrypoint"] == ["sh", f"/scripts/{name}.sh"]
        assert service["build"]["target"] == "operations"
        places = {each.removesuffix(":ro").rpartition(":")[2] for each in service["volumes"]}
        assert places == {"/keys", "/anchors", "/backups"}


def let_out(address: str) -> bool:
    """Whether the policy lets the services out to an address, as it does for webhooks."""
    (rule,) = (
        rule
        for rule in of_kind("NetworkPolicy")["services"]["spec"]["egress"]
        if {"cidr": "2000::/3"}.items() <= rule["to"][-1].get("ipBlock", {}).items()
    )
    blocks = [each["ipBlock"] for each in rule["to"]]
    return rule["ports"] == [{"protocol": "TCP", "port": 443}] and any(
        ip_address(address) in ip_network(block["cidr"])
        and not any(ip_address(address) in ip_network(out) for out in block.get("except", ()))
        for block in blocks
    )


def edges_of(network: IPv4Network | IPv6Network) -> Iterator[str]:
    """Its first and last address, and their neighbours on the other side."""
    first, last = network[0], network[-1]
    yield from (str(first), str(last))
    yield from (str(first - 1), str(last + 1)) if int(first) > 0 else ()


def test_the_policy_lets_a_webhook_out_where_the_services_call_and_nowhere_else() -> None:
    told = of_kind("ConfigMap")["linli"]["data"]
    policy = of_kind("NetworkPolicy")["services"]["spec"]["egress"]
    listed = [
        each["ipBlock"]["cidr"] for rule in policy for each in rule["to"] if "ipBlock" in each
    ]
    for name in SERVICES:
        named = json.loads(told[f"{name.upper()}_WEBHOOK_NETWORKS"])
        assert set(named) <= set(listed), f"{name} may call what the policy does not let out"
    excepted = [
        *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "203.0.113.0/24"),
    ]
    addresses = [each for text in excepted for each in edges_of(ip_network(text))]
    open_ones = ["59.192.0.1", "93.184.216.34", "223.255.255.255", "240e::1", "2400:3200::1"]
    inside = ["0.0.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "fd00::1", "fe80::1", "::1"]
    for address in [*addresses, *open_ones, *inside]:
        assert let_out(address) == Reach().admits(ip_address(address)), address
    assert all(map(let_out, open_ones))
    assert not any(map(let_out, inside))


def test_the_gateway_of_sign_ins_has_its_own_keys() -> None:
    (container,) = of_kind("Deployment")["login"]["spec"]["template"]["spec"]["containers"]
    volumes = of_kind("Deployment")["login"]["spec"]["template"]["spec"]["volumes"]
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["login"]
    told = {each["name"] for each in container["env"]}
    known = {f"LOGIN_{name}".upper() for name in login_gateway.Settings.model_fields}

    assert container["command"][1] == composed["entrypoint"][1] == "common.login_gateway:app"
    assert {each.get("secret", {}).get("secretName") for each in volumes} == {
        None,
        "linli-login-keys",
    }
    assert told <= known


def test_the_front_door_sees_whose_address_a_call_has() -> None:
    assert of_kind("Service")["front-door"]["spec"]["externalTrafficPolicy"] == "Local"
    networks = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["front-door"]
    address = networks["networks"]["default"]["ipv4_address"]
    for name in SERVICES:
        told = (DEPLOY / "env.example" / f"{name}.env").read_text()
        assert f'{name.upper()}_TRUSTED_PROXIES=["{address}"]' in told


def test_the_front_door_knows_each_copy_by_the_name_of_its_service() -> None:
    text = (DEPLOY / "nginx" / "linli.conf").read_text()
    named = set(re.findall(r"server (\w+)\.linli\.svc\.cluster\.local:8000 resolve", text))

    assert named == {*SERVICES, "login"}
    assert {of_kind("Service")[name]["spec"]["clusterIP"] for name in named} == {"None"}


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
    known = set(re.findall(r"^# TYPE (\w+) ", page, re.M)) | FROM_ELSEWHERE
    # What is read from tables is told of each row: a feed that is numbered or followed, a webhook.
    for source in (feed_gauges, webhook_gauges):
        known |= set(re.findall(r"AS ((?:feed|webhook)_\w+)", getsource(source)))
    families = {name.removesuffix("_total") for name in known} | known
    words = set(
        re.findall(
            r"\b((?:http|db|feed|metrics|process|job|audit|webhook|linli)_\w+|up)\b",
            " ".join(expressions()),
        )
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


def test_prometheus_is_told_to_scrape_under_the_names_that_alerts_and_dashboards_ask_for() -> None:
    told = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    jobs = {each["job_name"]: each for each in told["scrape_configs"]}
    set_to = {each.get("target_label") for each in jobs["linli"]["relabel_configs"]}
    wanted = set(re.findall(r'job="(\w+)"', " ".join(expressions())))
    pods = of_kind("Deployment")
    scraped = {
        name
        for name, each in pods.items()
        if "prometheus.io/scrape" in each["spec"]["template"]["metadata"].get("annotations", {})
    }

    assert told["rule_files"] == ["alerts.yml"]
    assert wanted == {"linli"} <= set(jobs)
    assert "service" in set_to
    assert scraped == set(SERVICES)


def test_alerts_ring_when_they_should_and_are_silent_else() -> None:
    promtool = shutil.which("promtool") or pytest.skip("promtool is not installed here")
    for command in (["check", "rules", "deploy/prometheus/alerts.yml"], ["test", "rules", RINGING]):
        told = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
