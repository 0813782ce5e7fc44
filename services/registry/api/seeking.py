"""What people ask of the published offerings: the parameters of their list and of their counts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from common.calendar import Calendar
from common.contracts.registry.offerings import OfferingStatus
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel, PriceKind
from common.contracts.written import IN_DIGITS
from common.opening import moment
from common.paging import After, Limit
from registry.api.finding import (
    ExternalCode,
    Latitude,
    Longitude,
    OpenAt,
    OpenNow,
    Radius,
    instant,
    near_point,
)
from registry.api.parameters import WGS84, AreaPrefix, CoordType, Words
from registry.api.service_items import Category, Group
from registry.queries.offerings import Filters


class Sought(BaseModel):
    """Which offerings: all that is said must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: Longitude = None
    lat: Latitude = None
    radius_m: Radius = None
    coordtype: CoordType = WGS84
    q: Words = None
    category: Category = None
    target_group: Group = None
    price: Annotated[PriceKind | None, Query(description="价格类型")] = None
    price_max_fen: Annotated[
        int | None, Query(ge=0, le=10**12, description="价格不高于，分 / at most, fen"), IN_DIGITS
    ] = None
    channel: Channel | None = None
    area: AreaPrefix = None
    code: ExternalCode = None
    provider_id: UUID | None = None
    venue_id: UUID | None = None
    service_item_id: UUID | None = None
    status: Annotated[
        OfferingStatus | None,
        Query(description="默认已发布；其余仅辖区工作人员与本机构可见 / published when absent"),
    ] = None
    open_at: OpenAt = None
    open_now: OpenNow = False
    accessibility: Annotated[
        Accessibility | None, Query(description="载体的无障碍设施 / a feature of the venue")
    ] = None

    def filters(self, now: datetime, days: Calendar) -> Filters:
        """What the index and the database filter by.

        Raises what `near_point` does, and `NotCovered` for an instant beyond the calendar.
        """
        at = instant(self.open_at, now, open_now=self.open_now)
        return Filters(
            words=self.q,
            category=self.category,
            group=self.target_group,
            price_kind=self.price,
            price_max_fen=self.price_max_fen,
            channel=self.channel,
            area=self.area,
            code=self.code,
            provider_id=self.provider_id,
            venue_id=self.venue_id,
            service_item_id=self.service_item_id,
            status=self.status,
            open_at=moment(at, days) if at else None,
            accessibility=self.accessibility,
            near=near_point(self.lon, self.lat, self.radius_m, self.coordtype),
        )


class ListAsked(Sought):
    """Which offerings, and which page of them."""

    after: After = None
    limit: Limit = 20
