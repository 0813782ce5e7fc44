"""What a demo street offers: kinds of venues with hours, services with price and places."""

from dataclasses import dataclass
from typing import Any, Final

from common.contracts.vocabulary import Channel, PriceKind, TargetGroup


@dataclass(frozen=True, slots=True)
class VenueForm:
    """A kind of venue: how many there are per 100 neighbourhoods, its size and its hours."""

    kind: str
    name: str
    per_hundred: int
    floor_m2: tuple[int, int]
    hours: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """A service: where it is given, to whom, for how much, for how many."""

    category: str
    name: str
    venues: tuple[str, ...]
    groups: tuple[TargetGroup, ...] = ()
    ages: tuple[int | None, int | None] = (None, None)
    price: PriceKind = PriceKind.FREE
    yuan: tuple[int, int] = (0, 0)
    unit: str | None = None
    places: tuple[int, int] = (10, 40)
    places_unit: str = "person"
    period: str = "day"
    channels: tuple[Channel, ...] = (Channel.ON_SITE,)
    funding: str = "government_purchase"
    line: str = "civil_affairs"


def _week(days: list[int], *times: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"weekdays": days, "opens": opens, "closes": closes} for opens, closes in times]


WORKDAYS, EVERY_DAY, WEEKEND = [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7], [6, 7]

OFFICE: Final = {"weekly": _week(WORKDAYS, ("08:30", "11:30"), ("13:00", "17:00"))}
LONG: Final = {
    "weekly": _week(EVERY_DAY, ("08:30", "20:30")),
    "on_holiday": "as_sunday",
}
MEALS: Final = {
    "weekly": _week(EVERY_DAY, ("06:30", "08:30"), ("10:30", "13:00"), ("16:30", "18:00")),
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "10:30", "closes": "13:00"}],
}
CARE: Final = {"weekly": _week([1, 2, 3, 4, 5, 6], ("07:30", "17:30")), "makeup_as_weekday": 1}
COURTYARD: Final = {
    "weekly": [
        *_week(WORKDAYS, ("08:00", "16:00")),
        *_week(WEEKEND, ("09:00", "15:00")),
    ],
    "on_holiday": "as_sunday",
}

VENUES: Final = (
    VenueForm("party_service_centre", "党群服务站", 62, (120, 600), LONG),
    VenueForm("community_complex", "社区综合体", 6, (1_500, 6_000), LONG),
    VenueForm("neighbourhood_hub", "邻里汇", 22, (600, 2_400), LONG),
    VenueForm("good_neighbour_centre", "睦邻中心", 24, (400, 1_600), LONG),
    VenueForm("four_halls", "四堂间", 20, (80, 220), COURTYARD),
    VenueForm("social_work_station", "社工站", 24, (60, 240), OFFICE),
    VenueForm("day_care_centre", "日间照料中心", 26, (200, 900), CARE),
    VenueForm("meal_site", "助餐点", 48, (60, 320), MEALS),
    VenueForm("charity_station", "慈善救助站", 12, (40, 160), OFFICE),
    VenueForm("mutual_help_station", "居民自治互助站", 40, (40, 180), COURTYARD),
    VenueForm("elderly_service_post", "养老服务驿站", 24, (120, 500), CARE),
)

_ELDERLY, _CHILD, _DISABLED = TargetGroup.ELDERLY, TargetGroup.CHILD, TargetGroup.DISABLED
_HUBS = ("community_complex", "neighbourhood_hub", "good_neighbour_centre")
_CARE = ("day_care_centre", "elderly_service_post", "community_complex")
_NEAR = (*_HUBS, "party_service_centre", "mutual_help_station", "four_halls")
_PUBLIC = PriceKind.PUBLIC

SERVICES: Final = (
    ServiceForm(
        "meal_canteen",
        "长者食堂堂食助餐",
        ("meal_site", "four_halls", "community_complex"),
        (_ELDERLY,),
        (60, None),
        _PUBLIC,
        (8, 18),
        "份",
        (40, 260),
        "meal",
    ),
    ServiceForm(
        "meal_delivery",
        "老年助餐上门送餐",
        ("meal_site", "elderly_service_post"),
        (_ELDERLY, TargetGroup.LIVING_ALONE),
        (60, None),
        _PUBLIC,
        (10, 20),
        "份",
        (20, 120),
        "meal",
        channels=(Channel.AT_HOME,),
    ),
    ServiceForm(
        "day_care",
        "日间照料",
        _CARE,
        (_ELDERLY, TargetGroup.CARE_DEPENDENT),
        (60, None),
        _PUBLIC,
        (600, 1_800),
        "月",
        (12, 45),
        "bed",
    ),
    ServiceForm(
        "home_care",
        "居家照护",
        _CARE,
        (TargetGroup.CARE_DEPENDENT,),
        (60, None),
        PriceKind.MARKET,
        (40, 90),
        "小时",
        (8, 60),
        "visit",
        channels=(Channel.AT_HOME,),
    ),
    ServiceForm(
        "bathing",
        "助浴",
        _CARE,
        (TargetGroup.CARE_DEPENDENT, _DISABLED),
        (60, None),
        _PUBLIC,
        (30, 100),
        "次",
        (4, 20),
        "visit",
        channels=(Channel.ON_SITE, Channel.AT_HOME),
    ),
    ServiceForm(
        "rehabilitation",
        "社区康复训练",
        _CARE,
        (_DISABLED, _ELDERLY),
        (None, None),
        _PUBLIC,
        (0, 40),
        "次",
        (6, 30),
        "person",
        line="disability",
    ),
    ServiceForm(
        "health_check",
        "健康监测与咨询",
        _NEAR,
        (),
        (None, None),
        places=(20, 120),
        line="health",
        funding="special_fund",
    ),
    ServiceForm(
        "chronic_disease",
        "慢病管理小组",
        _HUBS,
        (_ELDERLY,),
        (50, None),
        places=(10, 30),
        period="session",
        line="health",
        funding="special_fund",
    ),
    ServiceForm(
        "mental_support",
        "心理疏导",
        ("social_work_station", *_HUBS),
        (),
        (None, None),
        places=(3, 12),
        period="day",
        channels=(Channel.ON_SITE, Channel.ONLINE),
    ),
    ServiceForm(
        "childcare",
        "宝宝屋托育",
        _HUBS,
        (_CHILD,),
        (1, 3),
        _PUBLIC,
        (20, 60),
        "次",
        (8, 30),
        "person",
        "session",
        line="women",
    ),
    ServiceForm(
        "after_school",
        "小学生爱心暑托与晚托",
        _HUBS,
        (_CHILD,),
        (6, 12),
        _PUBLIC,
        (10, 40),
        "天",
        (20, 60),
        line="youth_league",
    ),
    ServiceForm(
        "parent_child",
        "亲子活动",
        _NEAR,
        (_CHILD,),
        (0, 12),
        places=(10, 40),
        period="session",
        line="women",
    ),
    ServiceForm(
        "youth_activity",
        "青少年社会实践",
        _HUBS,
        (TargetGroup.YOUTH,),
        (12, 25),
        places=(15, 60),
        period="session",
        line="youth_league",
    ),
    ServiceForm(
        "casework",
        "社工个案服务",
        ("social_work_station", "charity_station"),
        (TargetGroup.HARDSHIP,),
        places=(6, 24),
        period="month",
        channels=(Channel.ON_SITE, Channel.AT_HOME),
    ),
    ServiceForm(
        "social_relief",
        "困难家庭救助申请协助",
        ("charity_station", "social_work_station"),
        (TargetGroup.HARDSHIP, TargetGroup.MINIMUM_LIVING),
        places=(10, 50),
    ),
    ServiceForm(
        "charity_goods",
        "慈善物资发放",
        ("charity_station",),
        (TargetGroup.MINIMUM_LIVING,),
        places=(30, 150),
        period="month",
        funding="community_foundation",
    ),
    ServiceForm(
        "legal_advice",
        "公益法律咨询",
        ("party_service_centre", *_HUBS),
        (),
        places=(6, 30),
        line="justice",
    ),
    ServiceForm(
        "mediation",
        "人民调解",
        ("party_service_centre", "mutual_help_station"),
        (),
        places=(4, 16),
        line="justice",
    ),
    ServiceForm(
        "employment",
        "就业援助与技能培训",
        ("party_service_centre", "community_complex"),
        (TargetGroup.JOB_SEEKER, TargetGroup.GIG_WORKER),
        (16, 60),
        places=(20, 80),
        period="session",
        line="human_resources",
    ),
    ServiceForm(
        "digital_help",
        "智能手机助老课堂",
        _NEAR,
        (_ELDERLY,),
        (55, None),
        places=(10, 30),
        period="session",
    ),
    ServiceForm(
        "elder_learning",
        "老年学堂",
        _NEAR,
        (_ELDERLY,),
        (50, None),
        _PUBLIC,
        (0, 200),
        "学期",
        (20, 50),
        period="session",
        line="education",
    ),
    ServiceForm(
        "culture_activity",
        "书画与合唱团队活动",
        _NEAR,
        (),
        places=(15, 60),
        period="session",
        line="culture",
    ),
    ServiceForm("reading_room", "社区图书阅览", _HUBS, (), places=(20, 80), line="culture"),
    ServiceForm(
        "fitness",
        "社区健身与太极",
        _NEAR,
        (),
        price=_PUBLIC,
        yuan=(0, 30),
        unit="次",
        places=(15, 50),
        period="session",
        line="sports",
    ),
    ServiceForm(
        "haircut",
        "便民理发",
        _NEAR,
        (),
        price=_PUBLIC,
        yuan=(5, 20),
        unit="次",
        places=(10, 40),
        funding="market_income",
    ),
    ServiceForm(
        "repair",
        "小家电维修与缝补",
        _NEAR,
        (),
        price=_PUBLIC,
        yuan=(5, 60),
        unit="件",
        places=(8, 30),
        funding="market_income",
    ),
    ServiceForm(
        "errand",
        "代办代购跑腿",
        ("mutual_help_station", "elderly_service_post"),
        (TargetGroup.LIVING_ALONE, _DISABLED),
        places=(5, 30),
        places_unit="visit",
        channels=(Channel.AT_HOME,),
        funding="micro_fund",
    ),
    ServiceForm(
        "visiting",
        "独居老人探访关爱",
        ("mutual_help_station", "social_work_station"),
        (TargetGroup.LIVING_ALONE,),
        (60, None),
        places=(10, 60),
        places_unit="visit",
        period="week",
        channels=(Channel.AT_HOME,),
    ),
    ServiceForm(
        "respite",
        "家庭照护者喘息服务",
        _CARE,
        (TargetGroup.CARER,),
        price=_PUBLIC,
        yuan=(50, 200),
        unit="天",
        places=(2, 10),
        places_unit="bed",
    ),
    ServiceForm(
        "volunteer_training",
        "志愿者培训与时间银行",
        _NEAR,
        (),
        places=(15, 60),
        period="session",
        funding="venture_philanthropy",
    ),
    ServiceForm(
        "deliberation",
        "居民议事厅",
        ("party_service_centre", "mutual_help_station", "four_halls"),
        (),
        places=(15, 50),
        period="session",
        funding="special_fund",
    ),
)
