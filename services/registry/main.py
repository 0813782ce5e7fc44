"""The registry 资源库, put together: `uvicorn registry.main:app --factory`."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI

from common.app import Resources, Service, build_app
from common.errors import Problem, Text
from common.feed import FeedKind
from common.worker import Job
from registry import consumers, worker
from registry.api import (
    area_members,
    areas,
    bookings,
    bundles,
    burdens,
    careers,
    comparisons,
    concessions,
    delegations,
    delivery_lists,
    dictionaries,
    double_funding,
    duplicates,
    duties,
    editions,
    exports,
    funds,
    history,
    idle_properties,
    imports,
    merges,
    offerings,
    organisations,
    people,
    pledges,
    programmes,
    searches,
    service_items,
    space_use,
    spaces,
    ties,
    training,
    venues,
)
from registry.domain.areas import AreaCodeTaken, MemberOverlaps
from registry.domain.bundles import RunElsewhere
from registry.domain.concessions import SpaceGranted
from registry.domain.funds import FundNotEmpty
from registry.hsds.api import router as hsds_router
from registry.importing.working import import_jobs
from registry.queries import area_states, organisation_states, population
from registry.queries import bookings as booking_queries
from registry.queries import bundles as bundle_queries
from registry.queries import concessions as concession_queries
from registry.queries import delivery_lists as list_queries
from registry.queries import dictionaries as dictionary_queries
from registry.queries import duties as duty_queries
from registry.queries import funds as fund_queries
from registry.queries import offerings as offering_queries
from registry.queries import pledges as pledge_queries
from registry.queries import programmes as programme_queries
from registry.queries import service_items as item_queries
from registry.queries import spaces as space_queries
from registry.queries import venues as venue_queries
from registry.searching.following import Following
from registry.settings import Settings
from registry.tables import metadata
from registry.usecases.booking_plans import SlotTaken
from registry.usecases.bookings import BookingIdReused
from registry.usecases.bundles import BundleCodeTaken
from registry.usecases.careers import GradeOverlaps, StepRecorded, WageOverlaps
from registry.usecases.concessions import ConcessionCodeTaken
from registry.usecases.delegations import DelegationOverlaps
from registry.usecases.delivery_lists import ListOverlaps
from registry.usecases.dictionaries import WordExists
from registry.usecases.duties import RosterOverlaps, SubstitutionOverlaps
from registry.usecases.funds import FundCodeTaken
from registry.usecases.idle_properties import PropertyCodeTaken, VenueTaken
from registry.usecases.offerings import OfferingCodeTaken
from registry.usecases.organisations import (
    CreditCodeTaken,
    FilingNumberTaken,
    OrganisationCodeTaken,
)
from registry.usecases.people import PersonCodeTaken
from registry.usecases.programmes import ProgrammeCodeTaken
from registry.usecases.service_items import ServiceItemCodeTaken
from registry.usecases.spaces import SpaceCodeTaken
from registry.usecases.ties import TieOverlaps
from registry.usecases.venues import VenueCodeTaken

# What a constraint says when it refuses: the last word, whatever was checked before.
CONSTRAINTS: Final[Mapping[str, type[Problem]]] = {
    "uq_area_code_now": AreaCodeTaken,
    "ex_area_member_once": MemberOverlaps,
    "uq_dictionary_entry_dictionary_code": WordExists,
    "uq_organisation_code": OrganisationCodeTaken,
    "uq_organisation_credit_code": CreditCodeTaken,
    "uq_organisation_filed_with_id_filing_number": FilingNumberTaken,
    "ex_incubation_once": TieOverlaps,
    "ex_residency_once": TieOverlaps,
    "uq_venue_code": VenueCodeTaken,
    "uq_service_item_code": ServiceItemCodeTaken,
    "uq_offering_code": OfferingCodeTaken,
    "ex_delivery_list_one_at_a_time": ListOverlaps,
    "uq_idle_property_code": PropertyCodeTaken,
    "uq_idle_property_venue_id": VenueTaken,
    "uq_programme_code": ProgrammeCodeTaken,
    "uq_fund_code": FundCodeTaken,
    "ck_fund_closed_is_empty": FundNotEmpty,
    "uq_bundle_code": BundleCodeTaken,
    "uq_bundle_member_offering_once": RunElsewhere,
    "uq_bundle_member_venue_once": RunElsewhere,
    "ex_concession_space_once": SpaceGranted,
    "uq_space_venue_id_code": SpaceCodeTaken,
    "pk_booking": BookingIdReused,
    "ex_delegation_one_at_a_time": DelegationOverlaps,
    "ex_duty_one_at_a_time": RosterOverlaps,
    "ex_duty_substitution_one_at_a_time": SubstitutionOverlaps,
    "uq_person_code": PersonCodeTaken,
    "uq_concession_code": ConcessionCodeTaken,
    "ex_career_grade_code_once": GradeOverlaps,
    "ex_career_grade_rank_once": GradeOverlaps,
    "ex_wage_one_at_a_time": WageOverlaps,
    "uq_career_step_from_on": StepRecorded,
    "pk_booking_series": BookingIdReused,
    "ex_space_occupancy_one_at_a_time": SlotTaken,
}

KINDS: Final = (
    FeedKind("area", area_states.states),
    FeedKind("organisation", organisation_states.states),
    FeedKind("dictionary_entry", dictionary_queries.states),
    FeedKind("venue", venue_queries.states),
    FeedKind("service_item", item_queries.states),
    FeedKind("offering", offering_queries.states),
    FeedKind("pledge", pledge_queries.states),
    FeedKind("delivery_list", list_queries.states),
    FeedKind("population", population.states),
    FeedKind("programme", programme_queries.states),
    FeedKind("bundle", bundle_queries.states),
    FeedKind("concession", concession_queries.states),
    FeedKind("fund", fund_queries.states, public=False, area_of=lambda fund: fund.area_code),
    FeedKind("space", space_queries.states),
    FeedKind("booking", booking_queries.states, public=False),
    FeedKind("duty", duty_queries.states),
)


def _jobs(resources: Resources) -> Sequence[Job]:
    return [
        *import_jobs(resources, CONSTRAINTS),
        *worker.jobs(resources),
        *consumers.jobs(resources),
    ]


SERVICE: Final = Service(
    name="registry",
    title=Text("资源库", "Registry"),
    metadata=metadata,
    routers=(
        offerings.router,  # asked for most: routes are tried in this order
        areas.router,
        area_members.router,
        editions.router,
        organisations.router,
        ties.router,
        dictionaries.router,
        venues.router,
        service_items.router,
        history.router,
        pledges.router,
        idle_properties.router,
        delivery_lists.router,
        programmes.router,
        funds.router,
        double_funding.router,
        spaces.router,
        bookings.router,
        space_use.router,
        duties.router,
        duplicates.router,
        merges.router,
        bundles.router,
        concessions.router,
        comparisons.router,
        people.router,
        careers.router,
        training.router,
        burdens.router,
        delegations.router,
        imports.router,
        exports.router,
        hsds_router,
    ),
    kinds=KINDS,
    jobs=_jobs,
    lanes=(*searches.LANES, venues.LANE),
    own=lambda resources, waiters: Following.running(resources.database, waiters),
    constraints=CONSTRAINTS,
)


def app() -> FastAPI:
    """The ASGI app, configured by the environment."""
    return build_app(SERVICE, Settings())
