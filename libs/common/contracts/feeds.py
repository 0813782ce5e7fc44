"""Every feed of the platform: its kind, owner, visibility, since when, and who reads it for what.

A kind is a singular noun; `/feeds/{kind}` carries the state of each record, never events. Kinds
that are not served yet stand here so that reader and writer agree before they meet.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from common.contracts import feedback, handover, matching, procurement
from common.contracts.base import Model
from common.contracts.feedback_calendar import CalendarNotice
from common.contracts.registry.areas import AreaState
from common.contracts.registry.bookings import Booking
from common.contracts.registry.bundles import Bundle
from common.contracts.registry.concessions import Concession
from common.contracts.registry.delivery_lists import DeliveryList
from common.contracts.registry.dictionaries import Entry
from common.contracts.registry.duties import Duty
from common.contracts.registry.funds import FundState
from common.contracts.registry.offerings import Offering
from common.contracts.registry.organisations import OrganisationState
from common.contracts.registry.pledges import Pledge
from common.contracts.registry.population import PopulationState
from common.contracts.registry.programmes import Programme
from common.contracts.registry.service_items import ServiceItem
from common.contracts.registry.spaces import Space
from common.contracts.registry.venues import Venue
from common.contracts.vocabulary import Service
from common.errors import Text


class Visibility(StrEnum):
    """Who may read a feed."""

    PUBLIC = "public"  # open, cacheable
    PRIVATE = "private"  # a token with feed:read_private; answers are `private`


R, M, P, F = Service
OPEN, SHUT = Visibility


class Kind(StrEnum):
    """A feed on each line: name, owner, visibility, the issue whose release serves it, title."""

    service: Service
    visibility: Visibility
    issue: int
    text: Text

    def __new__(
        cls, name: str, service: Service, visibility: Visibility, issue: int, *text: str
    ) -> Self:
        """One line of the table."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.service, member.visibility, member.issue = service, visibility, issue
        member.text = Text(*text)
        return member

    AREA = "area", R, OPEN, 2, "区划与片区", "areas"
    ORGANISATION = "organisation", R, OPEN, 2, "机构", "organisations"
    VENUE = "venue", R, OPEN, 2, "载体", "venues"
    SERVICE_ITEM = "service_item", R, OPEN, 2, "服务事项", "service items"
    OFFERING = "offering", R, OPEN, 2, "已发布的服务", "published offerings"
    DICTIONARY_ENTRY = "dictionary_entry", R, OPEN, 2, "数据字典", "dictionary entries"
    PLEDGE = "pledge", R, OPEN, 3, "资源认领", "pledged resources"
    DELIVERY_LIST = "delivery_list", R, OPEN, 3, "资源配送清单", "delivery lists"
    POPULATION = "population", R, OPEN, 4, "区划人口", "people of areas"
    SPACE = "space", R, OPEN, 7, "可预约空间", "bookable spaces"
    BOOKING = "booking", R, SHUT, 7, "空间预约", "bookings"
    DUTY = "duty", R, OPEN, 7, "AB角值守", "duty rosters"
    FUND = "fund", R, SHUT, 7, "资金来源", "funds"
    PROGRAMME = "programme", R, OPEN, 7, "项目", "programmes"
    BUNDLE = "bundle", R, OPEN, 7, "资源组团", "bundles"
    CONCESSION = "concession", R, OPEN, 7, "经营授权", "concessions"

    NEED = "need", M, SHUT, 4, "需求", "needs"
    REFERRAL = "referral", M, SHUT, 4, "转介", "referrals"
    COLLECTIVE_NEED = "collective_need", M, OPEN, 4, "共性需求", "collective needs"
    GAP = "gap", M, OPEN, 4, "缺口", "gaps"
    ALLOCATION_RUN = "allocation_run", M, OPEN, 4, "统筹分配", "allocation runs"
    REFERRAL_MATTER = "referral_matter", M, SHUT, 8, "转介办件", "referrals as matters"

    PROVIDER = "provider", P, OPEN, 6, "承接者档案", "provider files"
    PROVIDER_RATING = "provider_rating", P, OPEN, 6, "承接者评级", "ratings of providers"
    TENDER = "tender", P, OPEN, 6, "采购过程", "tenders"
    CONTRACT = "contract", P, OPEN, 6, "合同", "contracts"
    AGENDA_OUTCOME = "agenda_outcome", P, OPEN, 6, "议题的落实", "outcomes of agenda items"

    RATING = "rating", F, SHUT, 5, "评价", "ratings"
    CASE = "case", F, SHUT, 5, "诉求工单", "cases"
    AGENDA = "agenda", F, OPEN, 5, "共治议题清单", "agendas"
    ASSESSMENT = "assessment", F, OPEN, 5, "考核结果", "assessments"
    CALENDAR_NOTICE = "calendar_notice", F, OPEN, 5, "节假日安排", "holiday notices"
    CASE_MATTER = "case_matter", F, SHUT, 8, "工单办件", "cases as matters"
    EVALUATION = "evaluation", F, SHUT, 8, "好差评", "ratings as evaluations"


K = Kind

# The model of `data` in each feed. Kinds without one get it together with the feed itself.
STATES: Final[Mapping[Kind, type[Model]]] = {
    K.AREA: AreaState,
    K.ORGANISATION: OrganisationState,
    K.VENUE: Venue,
    K.SERVICE_ITEM: ServiceItem,
    K.OFFERING: Offering,
    K.DICTIONARY_ENTRY: Entry,
    K.PLEDGE: Pledge,
    K.DELIVERY_LIST: DeliveryList,
    K.POPULATION: PopulationState,
    K.SPACE: Space,
    K.BOOKING: Booking,
    K.DUTY: Duty,
    K.BUNDLE: Bundle,
    K.CONCESSION: Concession,
    K.FUND: FundState,
    K.PROGRAMME: Programme,
    K.NEED: matching.Need,
    K.REFERRAL: matching.Referral,
    K.COLLECTIVE_NEED: matching.CollectiveNeed,
    K.GAP: matching.Gap,
    K.ALLOCATION_RUN: matching.AllocationRun,
    K.REFERRAL_MATTER: handover.Matter,
    K.PROVIDER: procurement.Provider,
    K.PROVIDER_RATING: procurement.ProviderRating,
    K.TENDER: procurement.Tender,
    K.CONTRACT: procurement.Contract,
    K.AGENDA_OUTCOME: procurement.AgendaOutcome,
    K.RATING: feedback.Rating,
    K.CASE: feedback.Case,
    K.AGENDA: feedback.Agenda,
    K.ASSESSMENT: feedback.Assessment,
    K.CALENDAR_NOTICE: CalendarNotice,
    K.CASE_MATTER: handover.Matter,
    K.EVALUATION: handover.Evaluation,
}

_SCOPE = Text("数据范围与汇总", "data scope and totals by area")
_WORDS = Text("类别与人群的名称", "names of categories and groups")
_DAYS = Text("工作日、期限与开放时间", "working days, deadlines, opening hours")

# Which service reads which feed, and what for. Private feeds have no other reader.
READERS: Final[Mapping[tuple[Kind, Service], Text]] = {
    (K.AREA, M): Text("覆盖与缺口的单元", "units of coverage and gaps"),
    (K.AREA, P): _SCOPE,
    (K.AREA, F): _SCOPE,
    (K.ORGANISATION, M): Text("承接机构的名称与状态", "name and status of who serves"),
    (K.ORGANISATION, P): Text("承接者档案、培育关系回避", "provider file, incubation conflicts"),
    (K.ORGANISATION, F): Text("责任单位", "responsible bodies"),
    (K.VENUE, M): Text("位置、开放时间、无障碍", "place, opening hours, accessibility"),
    (K.VENUE, F): Text("诉求与评价所指的载体", "venue that a case or rating is about"),
    (K.SERVICE_ITEM, P): Text("购买内容对应的事项", "items that are bought"),
    (K.SERVICE_ITEM, F): Text("按权责清单分派诉求", "routing of cases by responsibility"),
    (K.OFFERING, M): Text("匹配索引", "the index of matching"),
    (K.OFFERING, P): Text("合同是否已变成服务、单位成本", "contract became a service; unit cost"),
    (K.OFFERING, F): Text("评价的对象", "what is rated"),
    (K.DICTIONARY_ENTRY, M): _WORDS,
    (K.DICTIONARY_ENTRY, P): _WORDS,
    (K.DICTIONARY_ENTRY, F): _WORDS,
    (K.PLEDGE, M): Text("回应共性需求、三张清单", "answers to collective needs; three lists"),
    (K.DELIVERY_LIST, M): Text("三张清单中的资源清单", "the resource list among the three"),
    (K.POPULATION, M): Text("覆盖与人均供给", "coverage and supply per person"),
    (K.SPACE, M): Text("需要场地的服务", "offerings that need a room"),
    (K.BOOKING, M): Text("转介所占场地的状态", "state of the room that a referral holds"),
    (K.DUTY, F): Text("现在由谁答复", "who answers now"),
    (K.FUND, M): Text("重复给付核对", "double-benefit check"),
    (K.FUND, P): Text("专款专用", "earmarked money of a contract"),
    (K.PROGRAMME, P): Text("多年期框架计划", "multi-year framework plans"),
    (K.BUNDLE, P): Text("打包委托运营", "bundled operation"),
    (K.CONCESSION, P): Text("承接者档案：所承诺的价格", "provider files: what was promised"),
    (K.NEED, F): Text("议题背后的需求走势", "course of the needs behind a topic"),
    (K.REFERRAL, P): Text("合同的服务量与净服务天数", "volume and service days of a contract"),
    (K.REFERRAL, F): Text("服务后邀请评价，一次一评", "invitation to rate, once per service"),
    (K.COLLECTIVE_NEED, R): Text("资源认领的去向", "what a pledge is for"),
    (K.COLLECTIVE_NEED, P): Text("购买的依据", "ground of a purchase"),
    (K.COLLECTIVE_NEED, F): Text("共治议题的来源", "source of topics"),
    (K.GAP, R): Text("平台空白、培训计划", "what no platform offers; training plans"),
    (K.GAP, P): Text("购买计划的起点", "start of purchase plans"),
    (K.GAP, F): Text("共治议题的起点", "start of topics"),
    (K.ALLOCATION_RUN, F): Text("考核指标", "indicators of assessments"),
    (K.PROVIDER, M): Text("对新承接者开放", "openness to new providers"),
    (K.PROVIDER, F): Text("考核的对象", "subject of assessments"),
    (K.PROVIDER_RATING, R): Text("培训计划", "training plans"),
    (K.PROVIDER_RATING, M): Text("匹配次序（下界）", "order of matches (lower bound)"),
    (K.PROVIDER_RATING, F): Text("向投票人回示", "shown back to the voters"),
    (K.TENDER, F): Text("议题的进度", "progress of an agenda item"),
    (K.CONTRACT, R): Text("新服务上架、重复资助核对", "the new offering; double funding"),
    (K.CONTRACT, M): Text("服务对象与除外、停服移交", "groups, exclusions, hand-over of users"),
    (K.CONTRACT, F): Text("评价与考核所属的合同", "contract behind a rating or assessment"),
    (K.AGENDA_OUTCOME, F): Text("向投票人回示，偏离须公开", "shown to voters, each deviation too"),
    (K.RATING, P): Text("动态评级的证据", "evidence of the dynamic rating"),
    (K.CASE, P): Text("属实投诉作为评级证据", "upheld complaints as evidence"),
    (K.AGENDA, P): Text("购买内容、金额、意愿方式", "what to buy, for how much, how"),
    (K.ASSESSMENT, R): Text("奖补与同类比较", "incentives, comparison of peers"),
    (K.ASSESSMENT, P): Text("评估次数上限，现场合并", "cap on evaluations, shared visits"),
    (K.CALENDAR_NOTICE, R): _DAYS,
    (K.CALENDAR_NOTICE, M): _DAYS,
    (K.CALENDAR_NOTICE, P): _DAYS,
}
