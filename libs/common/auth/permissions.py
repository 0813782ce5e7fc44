"""Every permission of the platform on one line each: name, meaning, scope, and who holds it.

Deny by default: who is not on the line may not. The names of rooms still to be built stand here
already, so that services agree on them before they meet.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self

from common.auth.roles import DESKS, EVERYONE, HOUSES, OFFICES, STAFF, SUPERIORS, Role
from common.errors import Text


class Scope(StrEnum):
    """What else must fit before the permission counts for one record.

    - none: nothing.
    - area: staff by the record's area; a provider by its organisation; a resident by own records.
    - own: only the record's owner: the organisation's own file, the resident's own case.
    - line: as area, and staff only within their department line.
    """

    NONE = "none"
    AREA = "area"
    OWN = "own"
    LINE = "line"


NONE, AREA, OWN, LINE = Scope
RESIDENT: Final = frozenset({Role.RESIDENT})
PROVIDER: Final = frozenset({Role.PROVIDER})
ANSWERING: Final = PROVIDER | {Role.VENUE_HEAD}
EXPERT: Final = frozenset({Role.PANEL_EXPERT})
DEPUTY: Final = frozenset({Role.DEPUTY})
CITY: Final = frozenset({Role.CITY_OFFICE})
PORTAL: Final = frozenset({Role.PORTAL_APP})
SERVICE: Final = frozenset({Role.SERVICE})
SYSTEM: Final = frozenset({Role.SYSTEM_ADMIN})
SECURITY: Final = frozenset({Role.SECURITY_ADMIN})
AUDITOR: Final = frozenset({Role.AUDITOR})
PEOPLE: Final = RESIDENT | PROVIDER | STAFF


class Permission(StrEnum):
    """`noun:verb`. A route names exactly one."""

    text: Text
    scope: Scope
    roles: frozenset[Role]

    def __new__(cls, name: str, zh: str, en: str, scope: Scope, roles: frozenset[Role]) -> Self:
        """One line of the table."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.text, member.scope, member.roles = Text(zh, en), scope, roles
        return member

    # The house
    PROBE_READ = "probe:read", "查看运行状态", "See whether the service runs", NONE, EVERYONE
    FEED_READ = "feed:read", "读取公开变更流", "Read public feeds", NONE, EVERYONE
    FEED_READ_PRIVATE = "feed:read_private", "读取内部变更流", "Read private feeds", NONE, SERVICE
    RULE_READ = "rule:read", "查看规则表", "Read rules", NONE, EVERYONE
    RULE_WRITE = "rule:write", "维护规则表", "Write rules", NONE, SUPERIORS
    RULE_VERIFY = "rule:verify", "核定规则", "Verify rules", NONE, CITY
    CALENDAR_READ = "calendar:read", "查看工作日历", "Read the calendar", NONE, EVERYONE
    CALENDAR_WRITE = "calendar:write", "载入工作日历", "Load the calendar", NONE, CITY
    AUDIT_READ = "audit:read", "查看审计日志", "Read the audit log", NONE, AUDITOR
    AUDIT_VERIFY = "audit:verify", "校验审计链", "Verify the audit chain", NONE, AUDITOR
    APP_MANAGE = "app:manage", "管理接入应用", "Manage portal apps", NONE, SECURITY
    KEY_ROTATE = "key:rotate", "轮换密钥", "Rotate keys", NONE, SECURITY
    SYSTEM_OPERATE = "system:operate", "系统运维", "Operate the system", NONE, SYSTEM
    RETENTION_RUN = "retention:run", "执行留存清理", "Run retention", NONE, SYSTEM
    JOB_READ = "job:read", "查看后台任务", "Read jobs", AREA, DESKS
    ATTACHMENT_WRITE = "attachment:write", "上传附件", "Upload attachments", OWN, PEOPLE
    CONSENT_WRITE = "consent:write", "给予或撤回同意", "Give or withdraw consent", OWN, RESIDENT
    SUBJECT_REQUEST_WRITE = (
        "subject_request:write", "提出个人信息请求", "Ask about own data", OWN, RESIDENT
    )  # fmt: skip
    SUBJECT_REQUEST_HANDLE = (
        "subject_request:handle", "办理个人信息请求", "Handle data-subject requests", LINE, DESKS
    )  # fmt: skip

    # Registry: the inventory
    AREA_READ = "area:read", "查看区划", "Read areas", NONE, EVERYONE
    AREA_WRITE = "area:write", "维护网格、小区、片区", "Write grids and catchments", AREA, DESKS
    AREA_IMPORT = "area:import", "导入区划新版本", "Import a division edition", NONE, CITY
    DICTIONARY_READ = "dictionary:read", "查看字典", "Read dictionaries", NONE, EVERYONE
    DICTIONARY_WRITE = "dictionary:write", "扩充字典", "Extend dictionaries", NONE, DESKS
    ORGANISATION_READ = "organisation:read", "查看机构", "Read organisations", NONE, EVERYONE
    ORGANISATION_WRITE = "organisation:write", "维护机构", "Write organisations", AREA, DESKS
    VENUE_READ = "venue:read", "查看载体", "Read venues", NONE, EVERYONE
    VENUE_WRITE = "venue:write", "维护载体", "Write venues", AREA, HOUSES
    SERVICE_ITEM_READ = "service_item:read", "查看事项", "Read service items", NONE, EVERYONE
    SERVICE_ITEM_WRITE = "service_item:write", "维护事项", "Write service items", AREA, DESKS
    OFFERING_READ = "offering:read", "查看已发布服务", "Read offerings", NONE, EVERYONE
    OFFERING_READ_DRAFT = (
        "offering:read_draft", "查看未发布服务", "Read drafts", AREA, HOUSES | PROVIDER
    )  # fmt: skip
    OFFERING_WRITE = "offering:write", "维护服务", "Write offerings", AREA, HOUSES | PROVIDER
    OFFERING_PUBLISH = "offering:publish", "发布、暂停、终止服务", "Publish offerings", AREA, DESKS
    IMPORT_RUN = "import:run", "批量导入", "Import files", AREA, DESKS
    IMPORT_READ = "import:read", "查看导入任务", "Read imports", AREA, DESKS
    EXPORT_RUN = "export:run", "批量导出", "Export files", AREA, DESKS
    HISTORY_READ = "history:read", "查看变更历史", "Read history", AREA, DESKS
    LEAD_READ = "lead:read", "查看资源线索", "Read resource leads", AREA, STAFF | PROVIDER
    LEAD_WRITE = "lead:write", "登记资源线索", "Write resource leads", AREA, STAFF | PROVIDER
    LEAD_UNMASK = "lead:unmask", "查看资源联系人明文", "Unmask a contact of a lead", LINE, DESKS
    PLEDGE_READ = "pledge:read", "查看资源认领", "Read pledges", NONE, EVERYONE
    PLEDGE_WRITE = "pledge:write", "认领资源", "Pledge resources", AREA, DESKS | PROVIDER
    PLEDGE_VERIFY = "pledge:verify", "核验资源", "Verify pledges", AREA, DESKS
    DELIVERY_LIST_READ = "delivery_list:read", "查看资源配送清单", "Read lists", NONE, EVERYONE
    DELIVERY_LIST_WRITE = (
        "delivery_list:write", "拟订资源配送清单", "Draft delivery lists", AREA, DESKS
    )  # fmt: skip
    DELIVERY_LIST_PUBLISH = (
        "delivery_list:publish", "发布资源配送清单", "Publish delivery lists", AREA, OFFICES
    )  # fmt: skip
    PROPERTY_READ = "property:read", "查看存量房屋", "Read idle property", AREA, DESKS
    PROPERTY_WRITE = "property:write", "维护存量房屋", "Write idle property", AREA, DESKS

    # Registry: rooms, people, money
    SPACE_READ = "space:read", "查看空间", "Read spaces", NONE, EVERYONE
    SPACE_WRITE = "space:write", "维护空间", "Write spaces", AREA, HOUSES
    SPACE_USE_READ = "space_use:read", "查看空间使用", "Read use of space", AREA, HOUSES
    BOOKING_READ = "booking:read", "查看预约", "Read bookings", AREA, PEOPLE | SERVICE
    BOOKING_WRITE = "booking:write", "预约空间", "Book spaces", AREA, PEOPLE | SERVICE
    BOOKING_APPROVE = "booking:approve", "审批预约", "Approve bookings", AREA, HOUSES
    DUTY_READ = "duty:read", "查看值守", "See who is on duty", NONE, EVERYONE
    DUTY_WRITE = "duty:write", "维护AB角值守", "Write duty rosters", AREA, HOUSES
    PERSON_READ = "person:read", "查看人员（脱敏）", "Read people, masked", AREA, HOUSES
    PERSON_WRITE = "person:write", "维护人员", "Write people", AREA, HOUSES
    PERSON_UNMASK = "person:unmask", "查看人员明文", "Unmask people, with a reason", LINE, DESKS
    BURDEN_READ = "burden:read", "查看减负账本", "Read the burden ledger", AREA, STAFF
    BURDEN_WRITE = "burden:write", "事务准入登记", "Admit tasks", AREA, OFFICES
    BURDEN_LOG = "burden:log", "登记工时", "Log hours", AREA, STAFF
    DELEGATION_READ = "delegation:read", "查看授权", "Read delegations", AREA, HOUSES
    DELEGATION_WRITE = "delegation:write", "授权站长", "Write delegations", AREA, OFFICES
    DELEGATION_USE = "delegation:use", "依授权决定", "Decide by delegation", AREA, HOUSES
    TRAINING_READ = "training:read", "查看培训", "Read training plans", AREA, STAFF
    TRAINING_WRITE = "training:write", "维护培训与职级", "Write training plans", AREA, DESKS
    WAGE_GUIDE_READ = "wage_guide:read", "查看薪酬指导", "Read the wage guide", NONE, EVERYONE
    WAGE_GUIDE_WRITE = "wage_guide:write", "维护薪酬指导", "Write the wage guide", NONE, CITY
    CONCESSION_READ = "concession:read", "查看经营授权", "Read concessions", NONE, EVERYONE
    CONCESSION_WRITE = "concession:write", "维护经营授权", "Write concessions", AREA, OFFICES
    FUND_READ = "fund:read", "查看资金", "Read funds", AREA, DESKS
    FUND_WRITE = "fund:write", "维护资金台账", "Write funds", AREA, OFFICES
    PROGRAMME_READ = "programme:read", "查看项目", "Read programmes", NONE, EVERYONE
    PROGRAMME_WRITE = "programme:write", "维护项目", "Write programmes", LINE, OFFICES
    BUNDLE_READ = "bundle:read", "查看资源组团", "Read bundles", NONE, EVERYONE
    BUNDLE_WRITE = "bundle:write", "维护资源组团", "Write bundles", AREA, DESKS
    DUPLICATE_READ = "duplicate:read", "查看疑似重复", "Read likely duplicates", AREA, DESKS
    DUPLICATE_DECIDE = "duplicate:decide", "判定、合并、撤销合并", "Merge records", AREA, DESKS
    OVERLAP_READ = "overlap:read", "查看平台重叠与空白", "Read platform overlaps", AREA, DESKS
    COST_READ = "cost:read", "查看成本与使用", "Read cost and use", AREA, DESKS

    # Matching
    NEED_READ = "need:read", "查看需求", "Read needs", LINE, PEOPLE
    NEED_WRITE = "need:write", "登记需求", "Record needs", AREA, RESIDENT | STAFF | PORTAL
    NEED_CLOSE = "need:close", "办结需求", "Close needs", AREA, RESIDENT | STAFF
    PROFILE_READ = "profile:read", "查看居民画像", "Read resident profiles", LINE, RESIDENT | STAFF
    PROFILE_WRITE = "profile:write", "维护居民画像", "Write profiles", LINE, RESIDENT | STAFF
    PROFILE_UNMASK = "profile:unmask", "查看居民联系方式", "Unmask a contact", LINE, DESKS
    STANDING_READ = "standing:read", "查看资格认定", "Read standing", LINE, RESIDENT | STAFF
    STANDING_VERIFY = "standing:verify", "认定资格", "Verify standing", LINE, DESKS
    COLLECTIVE_NEED_READ = (
        "collective_need:read", "查看共性需求", "Read collective needs", NONE, EVERYONE
    )  # fmt: skip
    COLLECTIVE_NEED_WRITE = (
        "collective_need:write", "提出共性需求", "Raise collective needs", AREA, STAFF
    )  # fmt: skip
    COLLECTIVE_NEED_CLAIM = (
        "collective_need:claim", "认领共性需求", "Claim collective needs", AREA, DESKS | PROVIDER
    )  # fmt: skip
    CASE_PLAN_READ = "case_plan:read", "查看个案", "Read case plans", LINE, RESIDENT | HOUSES
    CASE_PLAN_WRITE = "case_plan:write", "维护个案", "Write case plans", LINE, HOUSES
    OUTREACH_RUN = "outreach:run", "政策找人", "Find people for a policy", LINE, DESKS
    MATCH_QUERY = (
        "match:query", "供需匹配", "Match a need", NONE, PEOPLE | PORTAL | SERVICE
    )  # fmt: skip
    REFERRAL_READ = "referral:read", "查看转介", "Read referrals", AREA, PEOPLE | SERVICE
    REFERRAL_WRITE = "referral:write", "转介", "Refer", AREA, RESIDENT | STAFF
    REFERRAL_ANSWER = (
        "referral:answer", "接受或谢绝转介", "Answer referrals", AREA, ANSWERING
    )  # fmt: skip
    REFERRAL_TRANSFER = "referral:transfer", "跨区移交", "Hand over referrals", AREA, DESKS
    BENEFIT_CHECK = "benefit:check", "核对重复给付", "Check double benefit", LINE, DESKS
    ALLOCATION_READ = "allocation:read", "查看统筹分配", "Read allocation runs", AREA, OFFICES
    ALLOCATION_RUN = "allocation:run", "运行统筹分配", "Run allocations", AREA, OFFICES
    ALLOCATION_COMMIT = "allocation:commit", "提交统筹分配", "Commit allocations", AREA, OFFICES
    ALLOCATION_CHECK = (
        "allocation:check", "校验分配证书", "Check certificates", NONE, SUPERIORS | AUDITOR
    )  # fmt: skip
    COVERAGE_READ = "coverage:read", "查看覆盖与缺口", "Read coverage and gaps", NONE, EVERYONE
    POLICY_SIMULATE = "policy:simulate", "政策推演", "Simulate policies", NONE, OFFICES

    # Procurement
    PROVIDER_FILE_READ = "provider_file:read", "查看承接者档案", "Read files", NONE, EVERYONE
    PROVIDER_FILE_WRITE = (
        "provider_file:write", "维护承接者档案", "Write provider files", AREA, DESKS | PROVIDER
    )  # fmt: skip
    QUALIFICATION_VERIFY = (
        "qualification:verify", "核验资质", "Verify qualifications", AREA, DESKS
    )  # fmt: skip
    EXCLUSION_WRITE = "exclusion:write", "登记禁入", "Exclude providers", AREA, SUPERIORS
    GRADE_READ = "grade:read", "查看服务评级", "Read grades", NONE, EVERYONE
    GRADE_READ_EXACT = (
        "grade:read_exact", "查看评级精确值并复算", "Read exact grades", NONE, SUPERIORS | AUDITOR
    )  # fmt: skip
    GRADE_PUBLISH = "grade:publish", "公布一期评级", "Publish an edition of grades", NONE, CITY
    GRADE_REPLY = "grade:reply", "答复评级", "Reply to a grade", OWN, PROVIDER
    GRADE_DECIDE = "grade:decide", "裁定评级申诉", "Decide grade appeals", NONE, SUPERIORS
    PLAN_READ = "plan:read", "查看购买计划", "Read purchase plans", NONE, EVERYONE
    PLAN_WRITE = "plan:write", "维护购买计划", "Write purchase plans", AREA, DESKS
    AGENDA_ITEM_DROP = "agenda_item:drop", "放弃居民议题", "Give up residents' items", AREA, OFFICES
    BUDGET_READ = "budget:read", "查看预算", "Read budget lines", AREA, DESKS
    BUDGET_WRITE = "budget:write", "维护预算", "Write budget lines", AREA, OFFICES
    TENDER_READ = "tender:read", "查看采购公告", "Read tenders", NONE, EVERYONE
    TENDER_WRITE = "tender:write", "组织采购", "Run tenders", AREA, DESKS
    TENDER_PUBLISH = "tender:publish", "发布采购公告", "Publish tenders", AREA, OFFICES
    TENDER_ASK = "tender:ask", "对采购文件提问", "Ask about a tender", NONE, PROVIDER
    BID_READ = "bid:read", "查看开标后的响应", "Read opened bids", AREA, DESKS | PROVIDER | EXPERT
    BID_WRITE = "bid:write", "提交响应文件", "Submit bids", OWN, PROVIDER
    BID_REVEAL = "bid:reveal", "解密响应文件", "Reveal bids", OWN, PROVIDER
    BID_OPEN = "bid:open", "开标", "Open bids", AREA, DESKS
    EXPERT_READ = "expert:read", "查看专家库", "Read experts", AREA, OFFICES
    EXPERT_WRITE = "expert:write", "维护专家库", "Write experts", AREA, SUPERIORS
    PANEL_READ = "panel:read", "查看评审小组", "Read panels", AREA, DESKS | EXPERT
    PANEL_DRAW = "panel:draw", "抽取评审小组", "Draw panels", AREA, DESKS
    PANEL_RECUSE = "panel:recuse", "申请回避", "Recuse oneself", OWN, EXPERT
    EVALUATION_READ = "evaluation:read", "查看评审", "Read evaluations", AREA, DESKS | EXPERT
    EVALUATION_WRITE = "evaluation:write", "评审打分", "Score bids", OWN, EXPERT
    AWARD_WRITE = "award:write", "确定成交", "Award", AREA, OFFICES
    CHALLENGE_WRITE = "challenge:write", "质疑", "Challenge", OWN, PROVIDER
    CHALLENGE_DECIDE = "challenge:decide", "答复质疑", "Answer challenges", AREA, DESKS
    SUPPLIER_COMPLAINT_WRITE = (
        "supplier_complaint:write", "供应商投诉", "Complain as a supplier", OWN, PROVIDER
    )  # fmt: skip
    SUPPLIER_COMPLAINT_DECIDE = (
        "supplier_complaint:decide", "处理供应商投诉", "Decide complaints", AREA, SUPERIORS
    )  # fmt: skip
    CONTRACT_READ = "contract:read", "查看合同公告", "Read published contracts", NONE, EVERYONE
    CONTRACT_WRITE = "contract:write", "维护合同", "Write contracts", AREA, DESKS
    CONTRACT_SIGN = "contract:sign", "签订合同", "Sign contracts", AREA, OFFICES | PROVIDER
    MILESTONE_REPORT = "milestone:report", "提交里程碑", "Report milestones", OWN, PROVIDER
    MILESTONE_ACCEPT = "milestone:accept", "验收", "Accept milestones", AREA, HOUSES
    PAYMENT_READ = "payment:read", "查看付款", "Read payments", AREA, DESKS | PROVIDER
    PAYMENT_WRITE = "payment:write", "申请付款", "Request payments", AREA, DESKS
    PAYMENT_APPROVE = "payment:approve", "批准付款", "Approve payments", AREA, OFFICES
    VENTURE_READ = "venture:read", "查看公益创投", "Read grants", NONE, EVERYONE
    VENTURE_WRITE = "venture:write", "组织公益创投", "Run grant calls", AREA, DESKS
    VENTURE_APPLY = "venture:apply", "申请公益创投", "Apply for a grant", OWN, PROVIDER
    VENTURE_REVIEW = "venture:review", "评审公益创投", "Review grants", OWN, EXPERT
    RED_FLAG_READ = "red_flag:read", "查看风险提示", "Read red flags", AREA, OFFICES

    # Feedback
    RATING_READ = "rating:read", "查看评价统计", "Read published ratings", NONE, EVERYONE
    RATING_WRITE = "rating:write", "评价", "Rate a service", OWN, RESIDENT | STAFF
    RATING_HANDLE = "rating:handle", "差评核实、整改、回访", "Handle bad ratings", AREA, HOUSES
    RATING_APPEAL = "rating:appeal", "申诉评价", "Appeal a rating", OWN, ANSWERING
    RATING_DECIDE = "rating:decide", "裁定评价申诉", "Decide rating appeals", AREA, OFFICES
    COMPLAINT_READ = "complaint:read", "查看工单", "Read complaints", LINE, PEOPLE
    COMPLAINT_READ_PUBLIC = (
        "complaint:read_public", "查看公开工单", "Read published complaints", NONE, EVERYONE
    )  # fmt: skip
    COMPLAINT_WRITE = "complaint:write", "提出诉求", "Complain, suggest, ask", NONE, EVERYONE
    COMPLAINT_HANDLE = "complaint:handle", "办理工单", "Handle cases", LINE, HOUSES | PROVIDER
    COMPLAINT_CONFIRM = "complaint:confirm", "确认或重开", "Confirm or reopen", OWN, RESIDENT
    COMPLAINT_EXTEND = "complaint:extend", "批准延期", "Approve extensions", AREA, OFFICES
    COMPLAINT_MERGE = "complaint:merge", "合并工单", "Merge cases", AREA, DESKS
    COMPLAINT_UNMASK = "complaint:unmask", "查看诉求人联系方式", "Unmask a complainant", LINE, DESKS
    HOTLINE_EXCHANGE = (
        "hotline:exchange", "与12345交换工单", "Exchange orders with 12345", NONE, PORTAL | SERVICE
    )  # fmt: skip
    IDEA_READ = "idea:read", "查看一线建议", "Read front-line ideas", NONE, EVERYONE
    IDEA_WRITE = "idea:write", "提出一线建议", "Write front-line ideas", NONE, STAFF
    ESCALATION_READ = "escalation:read", "查看逾期上报", "See what is told upwards", AREA, HOUSES
    IDEA_ANSWER = "idea:answer", "答复一线建议", "Answer front-line ideas", NONE, SUPERIORS
    SUPERVISION_READ = "supervision:read", "查看督办公示", "Read supervision", NONE, EVERYONE
    SUPERVISION_WRITE = "supervision:write", "提出督办", "Request supervision", AREA, DEPUTY
    SUPERVISION_ANSWER = "supervision:answer", "答复督办", "Answer supervision", AREA, DESKS
    OBSERVATION_READ = (
        "observation:read", "观察工单（无个人信息）", "Observe cases without persons", AREA, DEPUTY
    )  # fmt: skip
    DEPUTY_WRITE = "deputy:write", "维护两代表一委员名册", "Write the roster", AREA, OFFICES
    DELIBERATION_READ = "deliberation:read", "查看议事", "Read deliberations", NONE, EVERYONE
    DELIBERATION_WRITE = "deliberation:write", "维护议事记录", "Write minutes", AREA, DESKS
    ISSUE_READ = "issue:read", "查看跨部门议题", "Read cross-department issues", AREA, DESKS
    ISSUE_WRITE = "issue:write", "维护跨部门议题", "Write issues", AREA, OFFICES
    PROPOSAL_READ = "proposal:read", "查看提案", "Read proposals", NONE, EVERYONE
    PROPOSAL_WRITE = "proposal:write", "提出提案", "Propose", NONE, RESIDENT
    PROPOSAL_SUPPORT = "proposal:support", "附议提案", "Support proposals", NONE, RESIDENT
    PROPOSAL_ASSESS = "proposal:assess", "可行性与造价", "Assess proposals", AREA, DESKS
    RESIDENCE_ASK = (
        "residence:ask",
        "申请居住地核验",
        "Have a home verified",
        OWN,
        RESIDENT,
    )
    RESIDENCE_VERIFY = "residence:verify", "核验居住地", "Verify homes", AREA, DESKS
    VOTE_READ = "vote:read", "查看投票与结果", "Read votes and results", NONE, EVERYONE
    VOTE_WRITE = "vote:write", "组织投票", "Set up votes", AREA, OFFICES
    VOTE_CAST = "vote:cast", "投票", "Vote", NONE, RESIDENT
    VOTE_ENTER = "vote:enter", "录入纸质选票", "Enter paper ballots", AREA, DESKS
    VOTE_COUNT = "vote:count", "计票", "Count votes", AREA, OFFICES
    AGENDA_READ = "agenda:read", "查看共治议题清单", "Read agendas", NONE, EVERYONE
    AGENDA_WRITE = "agenda:write", "维护共治议题清单", "Write agendas", AREA, OFFICES
    ASSESSMENT_READ = "assessment:read", "查看考核", "Read assessments", NONE, EVERYONE
    ASSESSMENT_WRITE = "assessment:write", "组织考核", "Run assessments", AREA, OFFICES
    ASSESSMENT_APPEAL = (
        "assessment:appeal", "申诉考核", "Appeal an assessment", OWN, HOUSES | PROVIDER
    )  # fmt: skip
    ASSESSMENT_DECIDE = "assessment:decide", "裁定考核申诉", "Decide appeals", AREA, SUPERIORS
    EVIDENCE_READ = "evidence:read", "查看佐证", "Read evidence", AREA, DESKS
    EVIDENCE_WRITE = "evidence:write", "登记佐证", "Write evidence", AREA, STAFF
    SURVEY_WRITE = "survey:write", "登记问卷接触", "Record survey contacts", AREA, DESKS
    STATISTICS_READ = "statistics:read", "查看统计", "Read statistics", NONE, EVERYONE
    ANOMALY_READ = "anomaly:read", "查看异常提示", "Read anomalies", AREA, OFFICES
    INCENTIVE_READ = "incentive:read", "查看奖补", "Read incentives", NONE, EVERYONE
    INCENTIVE_WRITE = "incentive:write", "维护奖补", "Write incentives", AREA, SUPERIORS

    # Standard faces and the portal
    HSDS_READ = "hsds:read", "读取 HSDS 接口", "Read the HSDS face", NONE, EVERYONE
    EXCHANGE_READ = "exchange:read", "数据交换", "Pull the exchange", AREA, PORTAL | SERVICE
    CATALOGUE_READ = "catalogue:read", "查看数据目录", "Read the catalogue", NONE, EVERYONE
    CATALOGUE_WRITE = "catalogue:write", "维护数据目录", "Write the catalogue", NONE, CITY
    SUBSCRIPTION_READ = "subscription:read", "查看数据申请", "See requests", OWN, PORTAL | SUPERIORS
    SUBSCRIPTION_REQUEST = "subscription:request", "申请数据", "Request data", OWN, PORTAL
    SUBSCRIPTION_APPROVE = "subscription:approve", "审批数据申请", "Approve", NONE, SUPERIORS
    WEBHOOK_READ = "webhook:read", "查看回调与死信", "See webhooks", OWN, PORTAL | SYSTEM
    WEBHOOK_WRITE = "webhook:write", "登记回调", "Register webhooks", OWN, PORTAL
    WEBHOOK_REMOVE = "webhook:remove", "删除回调", "Remove webhooks", OWN, PORTAL | SYSTEM
    WEBHOOK_REPLAY = "webhook:replay", "重放回调", "Replay webhooks", NONE, SYSTEM


GRANTS: Final[Mapping[Permission, frozenset[Role]]] = {p: p.roles for p in Permission}
