"""Schemathesis tries every operation with wild input: no 5xx, no undocumented answer.

`make fuzz` goes on for hours, or for `seconds=` with each service and caller, and asks besides that
nothing which breaks the document of the interface is accepted.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from common.auth.roles import Role
from deploy.local.environment import SERVICES, Secrets
from tests.harness import Databases
from tests.living import served

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
LONG = "FUZZ" in os.environ  # every bound of every field in turn
SECONDS = os.environ.get("FUZZ_S")
# A version that nobody has is refused by 412 before the body is looked at.
REFUSALS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
"""
EXAMPLES = {None: 2, Role.CITY_OFFICE: 3}  # per operation; most say no to who has no name
PHASES = "examples,coverage,fuzzing,stateful" if LONG else "examples,fuzzing"
# That these refuse who has no name is held of each in test_roles_on_routes.
FOR_CALLERS = '/security == [{"bearer": []}, {"signed": []}]'


@pytest.fixture(scope="module", params=SERVICES)
def base(request: pytest.FixtureRequest, databases: Databases, secrets: Secrets) -> Iterator[str]:
    """The address of a service, for one caller after the other."""
    name: str = request.param
    with databases.fresh(name) as urls, served(name, urls, secrets, long_poll_s="0") as base:
        httpx.get(f"{base}/openapi.json", timeout=90)  # it is made when it is first asked for
        yield base


@pytest.mark.parametrize("role", [None, Role.CITY_OFFICE])
def test_no_input_brings_a_server_error_or_an_undocumented_answer(
    base: str, bearer: Callable[..., dict[str, str]], tmp_path: Path, role: Role | None
) -> None:
    examples = "60" if LONG else str(EXAMPLES[role])
    token = bearer(role, area="31", line="*")["Authorization"] if role else None
    (config := tmp_path / "fuzz.toml").write_text(REFUSALS)
    command = [str(Path(sys.executable).with_name("schemathesis"))]
    command += ["--config-file", str(config), "run", f"{base}/openapi.json", "--url", base]
    command += ["--max-examples", examples]
    command += ["--checks", f"{CHECKS},negative_data_rejection" if LONG else CHECKS]
    command += ["--max-time", SECONDS, "--continue-on-failure"] if SECONDS else []
    command += ["--phases", PHASES]
    command += ["--seed", "20261123", "--no-color", "--request-timeout", "20"]
    command += ["--header", f"Authorization: {token}"] if token else []
    command += [] if token or LONG else ["--exclude-by", FOR_CALLERS]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout[:12_000]
