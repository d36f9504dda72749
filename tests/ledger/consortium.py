"""A consortium of five over a ledger in memory, for tests of the contract."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from attrs import define, field
from memory_stub import MemoryWorld

from totemlang.ledger.contract import CONTRACT, execute
from totemlang.ledger.contract.requests import access_key_hash, access_proof
from totemlang.ledger.contract.submission import submission_digest
from totemlang.ledger.stub import Caller
from totemlang.program import Program
from totemlang.source import Source
from totemlang.tables.resources import resource_text

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES, PRICES = resource_text("rules", "rules.csv"), resource_text("rules", "prices.csv")

ORGANISATIONS = {
    "grid": ["operator"],
    "north": ["provider"],
    "south": ["provider"],
    "lab": ["consumer", "operator"],
    "court": ["auditor"],
}

BILLS = """dataset bills(date Date, int C_id, double Bill)

map by_customer(bills row)
    emit row.C_id, row.Bill
end map

reduce total(int C_id, double[] values)
    emit C_id, array.sum(values)
end reduce
"""


def metadata(rows: int = 6, *, exact: bool = True, distinct: int | None = 3) -> str:
    """Metadata of the bills as their provider publishes it."""
    columns: list[dict[str, Any]] = [
        {"name": "Date", "type": "date"},
        {"name": "C_id", "type": "int", "distinct": distinct},
        {"name": "Bill", "type": "double"},
    ]
    bare = [{k: v for k, v in column.items() if v is not None} for column in columns]
    found = {"totem_metadata": 1, "name": "bills", "rows": rows, "rows_exact": exact}
    return json.dumps(found | {"columns": bare})


FLAT_POLICY = json.dumps(
    {
        "totem_policy": 1,
        "privacy_unit": "C_id",
        "ceilings": {"rows": 10, "columns": {"C_id": {"distinct": 5}}},
    }
)
FLAT_METADATA = metadata(10, exact=False, distinct=5)


@cache
def bytecode(text: str = BILLS) -> bytes:
    """A program as it is submitted."""
    return Program(Source(text, "bills.totem")).bytecode()


def who(name: str, organisation: str, *roles: str) -> Caller:
    """A caller with a certificate."""
    fingerprint = hashlib.sha256(f"{name}@{organisation}".encode()).hexdigest()
    return Caller("-", fingerprint, organisation, name, frozenset(roles))


GRID = who("gro", "grid", "operator")
LAB_OPERATOR = who("lise", "lab", "operator")
NORTH = who("nora", "north", "provider")
SOUTH = who("sam", "south", "provider")
LAB = who("ada", "lab", "consumer")
OTHER = who("bob", "lab", "consumer")
COURT = who("carl", "court", "auditor")

KEY = bytes(range(16))

HOLDING = ("account/", "job/", "run/")
"""Where records stand that hold totem."""


@define
class Consortium:
    """The ledger, its clock, and short words for what members do."""

    world: MemoryWorld = field(factory=MemoryWorld)
    clock: datetime = BEGIN

    def call(
        self,
        caller: Caller,
        function: str,
        transient: Mapping[str, bytes] | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        """One call; a refused one has no effect."""
        stub = self.world.begin(caller, self.clock, transient)
        answer = execute(stub, function, arguments)
        known = CONTRACT[function]
        assert not (known.is_query and (stub.written or stub.written_private or stub.raised))
        assert not (known.is_private and stub.written)
        stub.commit()
        self.clock += timedelta(seconds=1)
        json.dumps(answer)
        return answer

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.clock += timedelta(**time)

    def found(self) -> Consortium:
        """Found it, with accounts for those who pay and are paid."""
        self.call(
            GRID,
            "consortium_found",
            name="valley",
            organisations=ORGANISATIONS,
            rules=RULES,
            prices=PRICES,
        )
        for member in (LAB, OTHER, NORTH, SOUTH):
            self.call(member, "account_open")
        return self

    def grant(self, totem: int, member: Caller = LAB) -> None:
        """Totem for somebody."""
        self.call(GRID, "account_grant", member=member.member, totem=totem)

    def publish(self, provider: Caller, *, flat: bool = False, **changes: Any) -> str:
        """The bills of a provider, as a data set."""
        described = FLAT_METADATA if flat else metadata()
        arguments = {"name": "bills", "about": "bills of a month", "metadata": described}
        arguments["policy"] = FLAT_POLICY if flat else '{"totem_policy": 1}'
        return str(self.call(provider, "dataset_publish", **(arguments | changes))["dataset"])

    def access(self, provider: Caller, consumer: Caller = LAB, days: int = 300) -> str:
        """Access to a provider's bills: the request's name."""
        asked = self.call(
            consumer, "request_open", dataset=f"{provider.organisation}/bills", purpose="a study"
        )
        expires = self.clock + timedelta(days=days)
        self.call(
            provider,
            "request_grant",
            request=asked["request"],
            key_hash=access_key_hash(asked["request"], KEY),
            expires=stamp(expires),
        )
        return str(asked["request"])

    def submission(
        self, parts: list[tuple[str, str, int]], text: str = BILLS, hours: int = 24
    ) -> dict[str, Any]:
        """The arguments of a submission; parts are data set, request, budget."""
        code = bytecode(text)
        source_hash = hashlib.sha256(text.encode()).hexdigest()
        chosen: list[dict[str, Any]] = [
            {"budget": budget, "data": {"bills": {"dataset": dataset, "request": request}}}
            for dataset, request, budget in parts
        ]
        submitted = submission_digest(code, source_hash, None, None, chosen)
        for part in chosen:
            access = part["data"]["bills"]
            access["proof"] = access_proof(KEY, access["request"], submitted)
        return {
            "bytecode": base64.b64encode(code).decode(),
            "source_hash": source_hash,
            "parts": chosen,
            "hours": hours,
        }

    def submit(self, *budgets: int, flat: bool = False, consumer: Caller = LAB) -> str:
        """A job for as many providers as there are budgets: its name."""
        parts = []
        for provider, budget in zip((NORTH, SOUTH), budgets, strict=False):
            dataset = self.publish(provider, flat=flat)
            parts.append((dataset, self.access(provider, consumer), budget))
        arguments = self.submission(parts)
        return str(self.call(consumer, "job_submit", **arguments)["job"])

    def run(self, job: str, *charges: tuple[int, int], start: bool = True) -> None:
        """Accept and start a job; charges are stage by stage, of each provider in turn."""
        parts = self.job(job)["parts"]
        providers = [NORTH if p["organisation"] == "north" else SOUTH for p in parts]
        for number, provider in enumerate(providers):
            self.call(provider, "job_accept", job=job, part=number)
        for number, provider in enumerate(providers):
            if start:
                self.call(provider, "job_start", job=job, part=number)
        for number, stages in enumerate(charges):
            for stage, totem in enumerate(stages):
                self.report(job, stage, totem, number)

    def report(self, job: str, stage: int, totem: int, part: int = 0) -> dict[str, Any]:
        """One stage charged."""
        provider = (NORTH, SOUTH)[part]
        return self.call(provider, "job_report", job=job, part=part, stage=stage, totem=totem)

    def finish(self, job: str, part: int = 0, *, flat: bool = False) -> dict[str, Any]:
        """A part done."""
        digest = None if flat else "a" * 64
        provider = (NORTH, SOUTH)[part]
        return self.call(provider, "job_finish", job=job, part=part, result=digest, receipt=digest)

    def job(self, job: str) -> dict[str, Any]:
        """A job's record."""
        return self.call(GRID, "job_show", job=job)

    def account(self, member: Caller = LAB) -> dict[str, Any]:
        """Somebody's account."""
        return self.call(member, "account_show")

    def total(self) -> int:
        """All balances and all escrow, from the raw state."""
        records = {
            key: json.loads(value)
            for key, value in self.world.state.items()
            if key.startswith(HOLDING)
        }
        accounts = [v for k, v in records.items() if k.startswith("account/")]
        jobs = [v for k, v in records.items() if k.startswith("job/") and "charge" not in v]
        runs = [v for k, v in records.items() if k.startswith("run/") and "charge" not in v]
        escrow = sum(part["budget"] for job in jobs for part in job["parts"])
        escrow += sum(run["budget"] for run in runs)
        assert escrow == sum(account["reserved"] for account in accounts)
        assert all(account["balance"] >= 0 <= account["reserved"] for account in accounts)
        return sum(account["balance"] for account in accounts) + escrow


def stamp(moment: datetime) -> str:
    """A time as arguments state it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
