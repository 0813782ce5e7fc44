"""Who acts in the story, each with a token of the one role that may do it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from common.auth.development import DevelopmentIssuer
from common.auth.roles import Role
from common.clock import utc_now


@dataclass(frozen=True, slots=True)
class Place:
    """Where the story plays: a neighbourhood and a point in it."""

    home: str = "310101002001"
    lon: float = 121.4801
    lat: float = 31.2352

    @property
    def street(self) -> str:
        """The significant digits of the street."""
        return self.home[:9]

    @property
    def street_area(self) -> str:
        """The street's division code."""
        return f"{self.street}000"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls: the name in the story, the role and the header."""

    zh: str
    role: str
    header: dict[str, str]


NEXT_DOOR: Final = Place("310101013001", 121.4899, 31.2386)
PUBLIC: Final = Person("任何人", Role.PUBLIC, {})


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, from the development issuer."""

    issuer: DevelopmentIssuer
    place: Place = Place()

    @property
    def clerk(self) -> Person:
        """A clerk of civil affairs in the street."""
        return self._person("街道科员", Role.CLERK, area=self.place.street, line="civil_affairs")

    @property
    def head(self) -> Person:
        """The head of the street."""
        return self._person("街道负责人", Role.STREET_HEAD, area=self.place.street)

    @property
    def district(self) -> Person:
        """The district office, which keeps the pool of experts."""
        return self._person("区级部门", Role.DISTRICT_OFFICE, area=self.place.street[:6])

    @property
    def city(self) -> Person:
        """The city office, which sets the rules."""
        return self._person("市级部门", Role.CITY_OFFICE, area=self.place.street[:2])

    def resident(self, name: str) -> Person:
        """A resident with a verified home in the street."""
        subject = f"story-{self.place.street}-{name}"
        return self._person(f"居民 {name}", Role.RESIDENT, subject=subject, area=self.place.home)

    def provider(self, organisation: str) -> Person:
        """Somebody who acts for an organisation."""
        subject = f"story-agent-{organisation[-6:]}"
        return self._person("服务机构", Role.PROVIDER, subject=subject, org=UUID(organisation))

    def expert(self, account: str) -> Person:
        """A member of a panel."""
        return self._person("评审专家", Role.PANEL_EXPERT, subject=account)

    def _person(self, zh: str, role: Role, **claims: Any) -> Person:
        token = self.issuer.issue(role, now=utc_now(), **claims)
        return Person(zh, role.value, {"Authorization": f"Bearer {token}"})
