"""Two providers with bills, Ada who asks, and the nodes between them: for the tests of the node."""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from attrs import define, evolve, field
from client_consortium import Members, members

from totemlang.data.describe import describe
from totemlang.data.file import open_data
from totemlang.ledger.chain import Chain, verify
from totemlang.ledger.client import AccessKeys, Job, Ledger
from totemlang.ledger.contract import execute
from totemlang.node import Consumer, Deed, Keeping, ProviderNode, Wanted
from totemlang.program import Program
from totemlang.schema.metadata_json import metadata_to_json
from totemlang.schema.policy import policy_from_json
from totemlang.source import Source

BILLS = """dataset bills(date Date, int C_id, double Bill)

map by_customer(bills row)
    emit row.C_id, row.Bill
end map

reduce total(int C_id, double[] values)
    emit C_id, array.sum(values), count(values)
end reduce
"""

ROOTS = BILLS.replace(
    "    emit row",
    "    if row.Bill > 120 then\n        double x = sqrt(row.Bill)\n    end if\n    emit row",
)
"""The same with work that depends on the bills."""

HIGHEST = """
merge

reduce highest(int[] C_id, double[] total, long[] n) order by total desc
    emit C_id[0], total[0] as most, len(total) as customers
end reduce
"""

NEEDED = 270
"""What BILLS use on NORTH: 198 of vector B, and a count of each of three customers."""

NORTH = ((1, 100.0), (2, 200.0), (3, 150.0), (2, 100.0), (3, 50.0), (2, 100.0))
SOUTH = ((3, 0.1), (4, 0.2), (3, 0.3))

METERED = '{"totem_policy": 1}'
FLAT = """{"totem_policy": 1, "privacy_unit": "C_id", "ceilings": {"rows": 10,
    "columns": {"C_id": {"distinct": 5}}}}"""


def program(text: str = BILLS) -> Program:
    """A program as it is submitted."""
    return Program(Source(text, "bills.totem"))


def write_bills(path: Path, rows: Sequence[tuple[int, float]]) -> Path:
    """Bills of customers in a file."""
    lines = [f"2019-02-{day:02},{customer},{bill}" for day, (customer, bill) in enumerate(rows, 1)]
    path.write_text("\n".join(["Date,C_id,Bill", *lines]) + "\n")
    return path


def whole(here: Valley) -> None:
    """Hold that the ledger is sound, and that all totem is there."""
    chain = here.five["carl"].chain
    assert verify(chain).finding is None
    accounts = [sum(here.amounts(name)) for name in ("ada", "bob", "nora", "sam")]
    assert sum(accounts) == here.five["carl"].account_supply().granted


@define
class Valley:
    """The consortium with data sets `north/bills` and `south/bills`, which Ada may use."""

    five: Members
    folder: Path
    nodes: dict[str, ProviderNode] = field(factory=dict)
    deeds: list[Deed] = field(factory=list)

    @property
    def ada(self) -> Consumer:
        """The consumer; while she waits, the nodes do what is due."""
        return Consumer(self.five["ada"], wait=lambda seconds: self.step())

    def node(self, name: str, **options: Any) -> ProviderNode:
        """A provider's node, a new one: as after a crash."""
        ledger = self.five[name]
        organisation = ledger.member.partition("@")[2]
        folder = self.folder / organisation
        keys = AccessKeys.kept(ledger, self.folder / organisation)
        holdings = {"bills": str(folder / "bills.csv")}
        self.nodes[name] = ProviderNode(ledger, Keeping.at(folder), holdings, keys, **options)
        return self.nodes[name]

    def publish(self, name: str, rows: Sequence[tuple[int, float]], policy: str = METERED) -> str:
        """Publish the bills of a provider, and give Ada access."""
        ledger = self.five[name]
        organisation = ledger.member.partition("@")[2]
        (self.folder / organisation).mkdir(exist_ok=True)
        path = write_bills(self.folder / organisation / "bills.csv", rows)
        described = describe(open_data(path), "bills", policy_from_json(policy))
        found = ledger.dataset_publish("bills", "bills", metadata_to_json(described), policy)
        asked = self.five["ada"].request_open(found.dataset, "a study")
        keys = AccessKeys.kept(ledger, self.folder / organisation)
        keys.grant(asked.request, self.five.clock() + timedelta(days=300))
        self.node(name)
        return found.dataset

    def step(self) -> None:
        """All nodes do what is due."""
        for node in self.nodes.values():
            self.deeds += node.step()

    def submit(
        self,
        text: str = BILLS,
        *budgets: int | None,
        wanted: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Job:
        """A job of Ada's for north, or for north and south where there are two budgets."""
        datasets = ("north/bills", "south/bills")
        chosen = [
            Wanted({"bills": dataset}, budget)
            for dataset, budget in zip(datasets, budgets or (None,), strict=False)
        ]
        return self.ada.submit(program(text), chosen, **options)

    def ended(self, job: Job) -> Job:
        """The job when nothing is due any more."""
        found = list(self.ada.follow(job.job))[-1]
        self.step()
        return self.five["ada"].job_show(found.job)

    def amounts(self, name: str = "ada") -> tuple[int, int]:
        """Balance and reserve of a member."""
        account = self.five[name].account_show()
        return account.balance, account.reserved


def valley(folder: Path, north: str = METERED, south: str = METERED) -> Valley:
    """Founded, published, granted; Ada has 10,000 totem. Made once, and copied."""
    return copied(_made(north, south), folder)


def copied(here: Valley, folder: Path) -> Valley:
    """A copy of everything in another folder, with nothing open, as after a crash of all."""
    shutil.copytree(here.folder, folder, dirs_exist_ok=True)
    five = evolve(here.five, path=folder / "ledger.db", ledgers={})
    for name, ledger in here.five.ledgers.items():
        chain = Chain.open(five.path, execute, ledger.identity, clock=five.clock)
        five.ledgers[name] = Ledger(chain, ledger.identity)
    there = Valley(five, folder)
    for name in here.nodes:
        there.node(name)
    return there


@cache
def _made(north: str, south: str) -> Valley:
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found = Valley(members(folder), folder)
    found.publish("nora", NORTH, north)
    found.publish("sam", SOUTH, south)
    for ledger in found.five.ledgers.values():
        ledger.close()
    return found
