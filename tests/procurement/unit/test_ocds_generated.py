"""Two hundred generated processes: valid at each step, compiled as the standard compiles.

A process is a random walk over what may happen to its rows; after each step it is released.
"""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from procurement.domain.ocds import releasing as rules
from procurement.domain.ocds.values import Facts, Json, instant
from tests.procurement.standard import faults, merged, needs_the_standard

pytestmark = needs_the_standard
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
BUYER = UUID(int=1)
HEAD = {
    "uri": "https://linli.test/ocds/releases",
    "version": "1.1",
    "publishedDate": instant(START),
    "publisher": {"name": "演示数据 Linli"},
}


class Process:
    """The rows of one process, and what may happen to them next."""

    def __init__(self, random: Random) -> None:
        self.random, self.now, self.numbers = random, START, 100
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in (
                *("criteria", "documents", "amendments", "bids", "awards", "contracts"),
                *("funding", "milestones", "payments", "changes", "failures", "stations"),
                *("challenges", "complaints", "deviations", "claims", "ties"),
            )
        }
        self.tender = self._tender()
        self.outcome = self._outcome() if random.random() < 0.5 else None

    def facts(self) -> Facts:
        known = {BUYER: {"name": "南京东路街道办事处", "credit_code": None}}
        known[UUID(int=2)] = {"name": "邻里服务社", "credit_code": "52310000MJ49999999"}
        rows = deepcopy(self.rows)
        return Facts(tender=dict(self.tender), outcome=self.outcome, organisations=known, **rows)

    def step(self) -> None:
        """One thing that may happen now."""
        self.now += timedelta(hours=self.random.randint(1, 200))
        row = self.tender
        if row["step"] == "intended":
            self._announce()
        elif row["step"] == "tendering":
            self.random.choice([self._amend, self._amend, self._open, self._cancel])()
        elif row["step"] == "opened":
            self.random.choice([self._award, self._award, self._challenge])()
        elif row["step"] == "cancelled":
            return
        elif not self.rows["contracts"]:
            self.random.choice([self._contract, self._contract, self._challenge])()
        else:
            self._under_way()

    def id(self) -> UUID:
        self.numbers += 1
        return UUID(int=self.numbers)

    def _tender(self) -> dict[str, Any]:
        random = self.random
        is_framework = random.random() < 0.2
        is_call_off = not is_framework and random.random() < 0.2
        names = (
            *("enquiry_period_end_at", "tender_period_start_at", "tender_period_end_at"),
            *("first_period_end_at", "challenged_at", "suspended_at", "announced_at", "tenderers"),
        )
        return {
            "id": self.id(),
            "ocid": f"ocds-213czf-{random.randint(1, 10**9)}",
            "title": "演示数据 老年助餐",
            "description": "为八十岁以上独居老人送午餐",
            "method": random.choice(["open_tender", "consultation", "inquiry", "selection"]),
            "object": random.choice(["service", "goods"]),
            "category": "meal",
            "buyer_id": BUYER,
            "value_fen": random.randint(1, 10**9),
            "price_weight": random.choice([0, 0.1, 0.25]),
            "step": "intended",
            "framework_form": "closed" if is_framework else None,
            "framework_id": self.id() if is_call_off else None,
            "framework_ocid": "ocds-213czf-framework" if is_call_off else None,
            "failed_ocid": "ocds-213czf-failed" if random.random() < 0.1 else None,
            "second_stage": random.choice(["direct", "mini_competition", "rotation"]),
            "framework_ends_on": date(2028, 2, 29) if is_framework else None,
            "rules": [],
            **dict.fromkeys(names),
        }

    def _outcome(self) -> dict[str, Any]:
        found = {
            "id": self.id(),
            "agenda_id": self.id(),
            "title": "开办老年助餐",
            "money_fen": 500_000_00,
            "wished_method": self.random.choice([None, "framework"]),
            "received_at": START,
        }
        deviation = {"field": "money", "decided": "1", "actual": "2", "reason": "预算调整"}
        self.rows["deviations"].append({**deviation, "rule": None, "published_at": START})
        return found

    def _announce(self) -> None:
        row = self.tender
        row["step"], row["tender_period_start_at"] = "tendering", self.now
        row["tender_period_end_at"] = self.now + timedelta(days=20)
        row["enquiry_period_end_at"] = self.now + timedelta(days=10)
        row["rules"] = [
            {"code": "gpl.35.tender_period", "value": 20, "document": "政府采购法"}
            | {"article": "35", "confidence": "V"}
        ]
        self.rows["claims"].append({"code": "2080999", "source": "government_purchase"})
        for position in range(1, self.random.randint(2, 5)):
            kind = "qualification" if position == 1 else "quality"
            self.rows["criteria"].append(
                {"position": position, "kind": kind, "name": f"因素{position}"}
                | {"indicator": "人数", "points": 10 * position}
            )
        self.rows["documents"].append(
            {"id": self.id(), "kind": "tender_document", "title": "采购文件"}
            | {"address": None, "added_at": self.now}
        )

    def _amend(self) -> None:
        self.tender["tender_period_end_at"] += timedelta(days=5)
        number = len(self.rows["amendments"]) + 1
        self.rows["amendments"].append(
            {"number": number, "made_at": self.now, "text": "澄清交付地点"}
        )

    def _open(self) -> None:
        self.tender["step"], count = "opened", self.random.randint(3, 6)
        self.tender["tenderers"] = count
        for n in range(count):
            self.rows["bids"].append(
                {
                    "id": self.id(),
                    "submitted_at": self.now,
                    "status": self.random.choice(["valid", "valid", "disqualified"]),
                    "bidder_id": UUID(int=2 + n),
                    "price_fen": self.random.randint(1, 10**9),
                    "content": {"measures": {"2": "95"}},
                }
            )

    def _cancel(self) -> None:
        self.tender["step"] = "cancelled"

    def _award(self) -> None:
        self.tender["step"], self.tender["announced_at"] = "announced", self.now
        winner = self.rows["bids"][0]
        self.rows["awards"].append(
            {
                "id": self.id(),
                "reason": None,
                "status": "active",
                "decided_at": self.now,
                "value_fen": winner["price_fen"],
                "supplier_id": winner["bidder_id"],
                "bid_id": winner["id"],
            }
        )
        self.rows["ties"].append(
            {"id": self.id(), "kind": "incubator", "provider_id": winner["bidder_id"]}
            | {"organisation_id": UUID(int=90), "from_on": date(2024, 1, 1), "to_on": None}
        )

    def _challenge(self) -> None:
        self.tender["challenged_at"] = self.now
        self.tender["suspended_at"] = self.random.choice([None, self.now])
        self.rows["challenges"].append(
            {
                "id": self.id(),
                "about": "result",
                "step": "open",
                "filed_at": self.now,
                "answer_due_on": date(2026, 5, 8),
                "answered_at": None,
                "remedy": None,
            }
        )
        first = self.rows["challenges"][0]
        first["step"], first["answered_at"] = "upheld", self.now

    def _contract(self) -> None:
        award = self.rows["awards"][0]
        blank = ("max_extent_on", "renewal_of_id", "places", "discontinuation_reason", "ends_on")
        blank += ("discontinuation_notice_at", "terminated_at", "termination_reason")
        contract = {
            **dict.fromkeys((*blank, "handed_over_to_id")),
            "id": self.id(),
            "award_id": award["id"],
            "title": "合同",
            "status": "active",
            "period_start_on": date(2026, 7, 1),
            "period_end_on": date(2027, 6, 30),
            "value_fen": award["value_fen"],
            "signed_at": self.now,
            "service_days": 240,
            "delivered_days": 0,
            "kind": "service",
            "area_codes": ["310101002000"],
            "target_groups": ["elderly"],
            "exclusions": ["banquet"],
            "administrative_hours_max": 40,
            "administrative_hours_used": 0,
            "excess": "refused",
            "buyer_id": BUYER,
            "provider_id": award["supplier_id"],
        }
        self.rows["contracts"].append(contract)
        of = {"contract_id": contract["id"]}
        self.rows["funding"].append(
            {**of, "line_id": self.id(), "source": "donation", "budget_line": "2080999"}
            | {"value_fen": contract["value_fen"]}
        )
        for _ in range(self.random.randint(1, 4)):
            blank = ("reported_at", "accepted_at", "users_asked", "users_answered")
            blank += ("users_satisfied", "opinions", "depth")
            self.rows["milestones"].append(
                {**of, **dict.fromkeys(blank), "id": self.id(), "title": "里程碑"}
                | {"due_on": date(2026, 12, 31), "status": "scheduled"}
            )

    def _under_way(self) -> None:
        contract = self.rows["contracts"][0]
        of = {"contract_id": contract["id"]}
        waiting = [row for row in self.rows["milestones"] if row["accepted_at"] is None]
        what = self.random.choice(["accept", "accept", "change", "failure", "pay", "end"])
        if what == "accept" and waiting:
            answered = self.random.randint(1, 60)
            waiting[0] |= {
                "reported_at": self.now,
                "accepted_at": self.now,
                "users_asked": 60,
                "users_answered": answered,
                "opinions": "满意",
                "depth": "full",
                "users_satisfied": self.random.randint(0, answered),
                "status": self.random.choice(["met", "partially_met", "not_met"]),
            }
            contract["delivered_days"] += 60
        elif what == "change":
            number = len(self.rows["changes"]) + 1
            self.rows["changes"].append(
                {**of, "number": number, "made_at": self.now, "reason": None, "text": "补充"}
            )
            contract["value_fen"] += 1_00
        elif what == "failure":
            self.rows["failures"].append(
                {**of, "id": self.id(), "category": "late", "events": 1, "penalty_fen": 0}
                | {"from_on": date(2026, 8, 1), "to_on": date(2026, 8, 2)}
            )
        elif what == "pay":
            self.rows["payments"].append(
                {**of, "id": self.id(), "decided_at": self.now, "value_fen": 1_01}
            )
        elif what == "end":
            contract["status"], contract["terminated_at"] = "terminated", self.now
            contract["termination_reason"] = "mutual"


def released(process: Process, steps: int) -> tuple[list[Json], Json]:
    """The releases of a walk, and our compiled release at its end."""
    releases: list[Json] = []
    known: Json = {}
    compiled: Json = {}
    for _ in range(steps):
        present = rules.state(process.facts())
        if told := rules.news(present, known):
            ocid, tags = process.tender["ocid"], rules.tags(told, known)
            releases.append(rules.release(ocid, len(releases) + 1, process.now, told, tags))
            known, compiled = present, rules.compiled_with(compiled, releases[-1])
        process.step()
    return releases, compiled


@pytest.mark.parametrize("seed", range(0, 200, 25))
def test_generated_processes_are_valid_and_compile_as_the_standard_says(seed: int) -> None:
    for each in range(seed, seed + 25):
        random = Random(each)
        releases, compiled = released(Process(random), random.randint(1, 14))
        record = {"ocid": compiled["ocid"], "compiledRelease": compiled}
        linked = [{"url": None, "date": one["date"], "tag": one["tag"]} for one in releases]

        assert faults({**HEAD, "releases": releases}) == []
        assert faults({**HEAD, "records": [{**record, "releases": linked}]}) == []
        assert compiled == merged(releases)


def test_the_judge_refuses_what_the_standard_does_not_know() -> None:
    (release,), _ = released(Process(Random(1)), 1)

    for wrong in (
        {**release, "tag": ["rumour"]},
        {**release, "date": "yesterday"},
        {**release, "hearsay": 1},
        {**release, "tender": {**release["tender"], "status": "open"}},
        {**release, "awards": [{"id": "1", "status": "won"}]},
    ):
        assert faults({**HEAD, "releases": [wrong]})
