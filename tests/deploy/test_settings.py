"""A site's examples tell each process what it needs, what it reads, and nobody else's secrets."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from common import login_gateway
from common.contracts.feeds import Visibility
from common.settings import ServiceSettings
from deploy.local.environment import SERVICES

DEPLOY = Path("deploy")
EXAMPLES = DEPLOY / "env.example"
NEEDED = {"base_url", "trusted_proxies", "token_issuer", "token_jwks", "key_ring", "anchor_dir"}
ADDRESSES = {f"{name}_url" for name in SERVICES}
CREDENTIAL = {"service_token_url", "service_client_id"}
OF_ITSELF = {"procurement": {"ocid_prefix"}}  # whose lack stops its work without a word at start


def settings_of(name: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = import_module(f"{name}.settings").Settings
    return found


def example(name: str) -> dict[str, str]:
    lines = (EXAMPLES / f"{name}.env").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key: value for key, _, value in pairs}


def config_map(name: str) -> dict[str, str]:
    (told,) = [
        document["data"]
        for path in (DEPLOY / "kubernetes").glob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "ConfigMap"
    ]
    return {key: value for key, value in told.items() if key.startswith(f"{name.upper()}_")}


def fields(told: dict[str, str], name: str) -> set[str]:
    return {key.removeprefix(f"{name.upper()}_").lower() for key in told}


def needed_by(name: str) -> set[str]:
    followed = import_module(f"{name}.consumers").FOLLOWED
    is_shut = any(kind.visibility is Visibility.PRIVATE for kind in followed)
    addresses = {f"{kind.service}_url" for kind in followed}
    return NEEDED | addresses | (CREDENTIAL if is_shut else set()) | OF_ITSELF.get(name, set())


@pytest.mark.parametrize("told_by", [example, config_map], ids=["compose", "kubernetes"])
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_what_it_needs_and_only_what_it_reads(told_by, name: str) -> None:
    told = fields(told_by(name), name)
    assert needed_by(name) <= told <= set(settings_of(name).model_fields)
    assert told & (ADDRESSES | CREDENTIAL) == needed_by(name) & (ADDRESSES | CREDENTIAL)


@pytest.mark.parametrize("name", SERVICES)
def test_an_example_is_a_setting_once_the_prefix_of_the_site_stands_in_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in example(name).items():
        monkeypatch.setenv(key, value.replace("ocds-CHANGE-ME", "ocds-a1b2c3"))

    settings = settings_of(name)()  # type: ignore[call-arg]  # the environment tells the rest
    assert settings.audit_database_url != settings.database_url
    assert (settings.service_client_secret is not None) == ("service_client_id" in needed_by(name))


def test_no_container_is_told_the_secrets_of_another() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    files = {name: told["env_file"] for name, told in composed.items() if "env_file" in told}
    for name in ("backup", "restore"):  # not under way but when somebody backs up or restores
        assert composed[name]["profiles"] == ["operations"]
        assert files.pop(name) == [f"env/{each}.env" for each in ("migrate", *SERVICES)]
    assert files == {
        name: f"env/{name}.env"
        for name in composed
        if name not in ("front-door", "backup", "restore")
    }
    assert {f"{name}.env" for name in files} == {path.name for path in EXAMPLES.iterdir()}

    for name in (*SERVICES, "login"):
        assert all(key.startswith(f"{name.upper()}_") for key in example(name)), name
        assert not any("MIGRATION" in key or "PASSWORD" in key for key in example(name)), name
    shown = {key for key, value in example("migrate").items() if ":change-me@" in value}
    assert shown == {f"{name.upper()}_MIGRATION_DATABASE_URL" for name in SERVICES}
    assert not composed["migrate"]["volumes"]  # and it opens nothing that is sealed


def test_what_compose_asks_for_reaches_no_container() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    told = set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.M))

    assert asked == told == {"LINLI_PORT", "KEY_RING", "LOGIN_KEYS", "BACKUPS"}


def test_the_gateway_of_sign_ins_is_told_only_what_it_reads() -> None:
    assert fields(example("login"), "login") <= set(login_gateway.Settings.model_fields)


def test_the_list_of_settings_is_the_settings_that_there_are() -> None:
    text = (DEPLOY / "README.md").read_text()
    rows = re.findall(r"^\| (`.*?`) \|", text[text.index("## 设置 Settings") :], re.M)
    listed = {name for row in rows for name in re.findall(r"`(\S+?)`", row)}
    ours = {name for name in listed if not re.match(r"HOST|PORT|OTEL_", name)}
    shared = set(ServiceSettings.model_fields)
    own = {
        f"{name}_{field}".upper()
        for name in SERVICES
        for field in set(settings_of(name).model_fields) - shared
    }

    assert ours == {f"…_{field.upper()}" for field in shared} | own
