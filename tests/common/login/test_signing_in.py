"""Signing in, as a browser does it: through a certified OpenID provider, and by a ticket."""

import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from common.auth.actor import Actor
from common.auth.jwks import KeySet
from common.auth.login.flow import Pending, Provider
from common.auth.login.identity import Assurance, Reading, SubjectKind
from common.auth.login.issuing import LoginIssuer
from common.auth.login.oidc import Addresses, OidcProvider
from common.auth.login.ticket import Exchange, TicketProvider
from common.auth.pseudonym import Pseudonyms
from common.auth.roles import SIGNED_IN, ActorKind, Role
from common.auth.token import Issuer, TokenVerifier
from common.clock import utc_now
from common.crypto.keys import Keys
from common.errors import Unavailable
from common.login_gateway import COOKIE, Gateway, Settings, build
from tests.node import node_with
from tests.portal_clients import free_port

BASE = "https://login.test"
HOME = "https://app.test/home"
CODE = "52310000MJ4900001K"
HALL = uuid4()
HERE = Path(__file__).parents[2] / "oidc"
READING = Reading(
    kinds={"person": SubjectKind.NATURAL, "corp": SubjectKind.LEGAL},
    levels={"L2": Assurance.L2, "L3": Assurance.L3},
)
SECRET = "a secret/with+signs"


async def organisation_of(code: str) -> UUID | None:
    return HALL if code == CODE else None


@dataclass
class Site:
    """The gateway, the app that sends people to it, and what the clock says."""

    provider: Provider
    keys: Keys
    later: timedelta = timedelta(0)
    arrived: list[str] = field(default_factory=list)

    @property
    def gateway(self) -> Gateway:
        issuer = LoginIssuer(BASE, "linli", self.keys)
        providers = {"city": self.provider, "other": self.provider}
        return Gateway(providers, issuer, frozenset({HOME}), organisation_of, self.now)

    def now(self) -> datetime:
        return utc_now() + self.later

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Follows every redirect; our own sites answer in this process."""

        def home(request: httpx.Request) -> httpx.Response:
            self.arrived.append(str(request.url))
            return httpx.Response(200)

        ours = httpx.ASGITransport(build(self.gateway))
        mounts = {BASE: ours, "https://app.test": httpx.MockTransport(home)}
        return httpx.AsyncClient(mounts=mounts, headers=headers, follow_redirects=True)

    async def actor(self, token: str) -> Actor:
        """Who a service takes the bearer of a token for."""

        async def keys() -> bytes:
            return self.gateway.issuer.jwks()

        gateway = Issuer(KeySet(keys), frozenset({ActorKind.RESIDENT}), SIGNED_IN)
        verifier = TokenVerifier({BASE: gateway}, "linli", Pseudonyms(b"0" * 32))
        return await verifier.actor(token, now=utc_now())


def token_in(answer: httpx.Response) -> str:
    told = dict(parse_qsl(answer.url.fragment))
    assert (answer.status_code, told["token_type"], told["expires_in"]) == (200, "Bearer", "900")
    return told["access_token"]


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def leaving(name: str = "city") -> str:
    return f"{BASE}/sign-in/{name}?return_to={HOME}"


@contextmanager
def provider_running() -> Iterator[str]:
    """The certified provider on loopback; its issuer."""
    node, port = node_with(HERE, "the OpenID provider"), free_port()
    callback = f"{BASE}/sign-in/city/callback"
    command = [node, str(HERE / "provider.mjs"), str(port), callback]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    with provider_running() as address:
        yield address


@pytest.fixture
def site(issuer: str, keys: Keys) -> Site:
    return Site(OidcProvider("city", issuer, "linli", SECRET, READING), keys)


async def test_a_resident_signs_in_through_a_certified_provider(site: Site) -> None:
    async with site.browser(**{"X-Account": "wang"}) as browser:
        answer = await browser.get(leaving())
        actor = await site.actor(token_in(answer))
        kept = [cookie for cookie in browser.cookies.jar if cookie.name == COOKIE]

    assert (actor.issuer, actor.subject, actor.kind) == (BASE, "city:wang", ActorKind.RESIDENT)
    assert actor.roles == {Role.RESIDENT}
    assert actor.alias("cases") != actor.subject
    assert kept == []


async def test_a_legal_person_acts_for_the_organisation_of_its_credit_code(site: Site) -> None:
    async with site.browser(**{"X-Account": "hall"}) as browser:
        actor = await site.actor(token_in(await browser.get(leaving())))

    assert (actor.subject, actor.roles, actor.org) == ("city:hall", {Role.PROVIDER}, HALL)


async def test_who_is_refused_by_the_provider_is_refused_by_us(site: Site) -> None:
    async with site.browser() as browser:
        answer = await browser.get(leaving())

    assert slug(answer) == (401, "sign-in-refused")
    assert site.arrived == []


async def test_a_code_is_worth_nothing_in_another_browser_or_a_second_time(site: Site) -> None:
    async with site.browser(**{"X-Account": "wang"}) as browser:
        await browser.get(leaving())
        way = [str(each.url) for each in (await browser.get(leaving())).history]
    back = next(each for each in way if "/callback" in each)
    async with site.browser() as thief:
        stolen = await thief.get(back)
        begun = await thief.get(leaving(), follow_redirects=False)
        mixed = await thief.get(back)

    assert begun.status_code == 303
    assert slug(stolen) == slug(mixed) == (401, "sign-in-expired")


async def test_a_sign_in_ends_after_ten_minutes_and_stays_with_its_provider(site: Site) -> None:
    async with site.browser(**{"X-Account": "wang"}) as browser:
        away = await browser.get(leaving(), follow_redirects=False)
        state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
        cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
        query = f"callback?state={state}&code=x"
        other = await browser.get(f"{BASE}/sign-in/other/{query}", headers=cookie)
        site.later = timedelta(minutes=11)
        late = await browser.get(f"{BASE}/sign-in/city/{query}")

    assert slug(other) == slug(late) == (401, "sign-in-expired")


async def test_nobody_is_sent_to_an_address_that_is_not_listed(site: Site) -> None:
    async with site.browser() as browser:
        for return_to in ("https://evil.test/", f"{HOME}/../x", "", "//evil.test"):
            answer = await browser.get(f"{BASE}/sign-in/city", params={"return_to": return_to})
            assert slug(answer) == (422, "return-not-allowed")
        assert slug(await browser.get(leaving("nowhere"))) == (404, "not-found")


# The ticket exchange: the provider's pages and its server are played by a transport.

TICKETS = {"t-wang": "u-1", "t-hall": "u-2"}
USERS = {
    "u-1": {"user": {"id": 7001}, "type": "1", "level": 3},
    "u-2": {"user": {"id": 7002}, "type": "2", "level": 2, "corp": {"code": CODE}},
}


def ticket_server(request: httpx.Request) -> httpx.Response:
    said: dict[str, Any] = orjson.loads(request.content)
    if request.url.path == "/token":
        fits = said == {"appId": "linli", "secret": "s3cret", "ticket": said["ticket"]}
        user = TICKETS.pop(said["ticket"], None) if fits else None
        told = {"code": "0", "data": {"token": user}} if user else {"code": "401", "data": None}
        return httpx.Response(200, json=told)
    return httpx.Response(200, json={"code": 0, "data": USERS[said["token"]]})


@pytest.fixture
def ticket_site(keys: Keys) -> Site:
    reading = Reading(
        subject="user.id",
        kind="type",
        level="level",
        organisation="corp.code",
        kinds={"1": SubjectKind.NATURAL, "2": SubjectKind.LEGAL},
        levels={"2": Assurance.L2, "3": Assurance.L3},
    )
    steps = (
        Exchange(
            "https://id.test/token",
            {"appId": "linli", "secret": "{app_secret}", "ticket": "{ticket}"},
            takes="data.token",
        ),
        Exchange("https://id.test/user", {"token": "{token}"}),
    )
    provider = TicketProvider(
        *("city", "https://id.test/login?app=linli", steps, "s3cret", reading),
        transport=httpx.MockTransport(ticket_server),
    )
    return Site(provider, keys)


async def brought(site: Site, ticket: str, browser: httpx.AsyncClient) -> httpx.Response:
    """Leave, and come back with a ticket as the login page would send it."""
    away = await browser.get(leaving(), follow_redirects=False)
    query = parse_qs(urlsplit(away.headers["location"]).query)
    assert query["app"] == ["linli"]
    return await browser.get(f"{query['backUrl'][0]}&ticket={ticket}")


@pytest.mark.parametrize(
    ("ticket", "subject", "roles", "org"),
    [
        ("t-wang", "city:7001", {Role.RESIDENT}, None),
        ("t-hall", "city:7002", {Role.PROVIDER}, HALL),
    ],
)
async def test_a_ticket_is_changed_for_the_user_once(
    ticket_site: Site, ticket: str, subject: str, roles: set[Role], org: UUID | None
) -> None:
    async with ticket_site.browser() as browser:
        actor = await ticket_site.actor(token_in(await brought(ticket_site, ticket, browser)))
        again = await brought(ticket_site, ticket, browser)

    assert (actor.subject, actor.roles, actor.org) == (subject, roles, org)
    assert slug(again) == (401, "sign-in-refused")


async def test_a_ticket_without_the_browser_that_left_is_worth_nothing(ticket_site: Site) -> None:
    async with ticket_site.browser() as browser:
        bare = await browser.get(f"{BASE}/sign-in/city/callback?state=x&ticket=t-x")

    assert slug(bare) == (401, "sign-in-expired")


OIDC = {"kind": "oidc", "issuer": "https://id.test", "client_id": "x", "client_secret": SECRET}
TICKET = {"kind": "ticket", "login_url": "https://id.test/sso", "app_secret": SECRET}
STEP = {"url": "https://id.test/token", "sends": {"secret": "{app_secret}"}}


def told(environment: str, **provider: Any) -> Settings:
    return Settings(
        environment=environment, base_url=BASE, return_to=[HOME], providers={"city": provider}
    )


@pytest.mark.parametrize("host", ["id.test", "127.0.0.1"])
@pytest.mark.parametrize(
    "named",
    [
        lambda at: OIDC | {"issuer": f"http://{at}"},
        lambda at: OIDC | {"addresses": dict.fromkeys(Addresses.__slots__, f"http://{at}/token")},
        lambda at: TICKET | {"exchanges": [STEP, STEP | {"url": f"http://{at}/user"}]},
        lambda at: TICKET | {"exchanges": [STEP], "login_url": f"http://{at}/sso"},
    ],
    ids=["issuer", "addresses", "exchange", "login page"],
)
def test_no_secret_is_sent_over_plain_http(
    named: Callable[[str], dict[str, Any]], host: str
) -> None:
    with pytest.raises(ValueError, match=rf"city: http://{host}.* must be https"):
        told("production", **named(host))
    if host == "127.0.0.1":
        assert told("development", **named(host)).providers


async def test_nor_does_a_call_leave_that_was_not_checked_at_the_start() -> None:
    seen: list[httpx.Request] = []
    silent = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200))
    step = Exchange("http://id.test/token", {"secret": "{app_secret}"})
    provider = TicketProvider("city", "https://id.test", (step,), SECRET, transport=silent)

    with pytest.raises(Unavailable):
        pending = Pending.begun("city", HOME, utc_now())
        await provider.arrive({"ticket": "t"}, pending, HOME, now=utc_now())
    assert seen == []
