"""Where groups are brought to: what was made for others is freed, and nothing else."""

from __future__ import annotations

from totemlang.native.grouping.gathered import Gathered
from totemlang.native.grouping.hosts import Hosts
from totemlang.native.grouping.layout import Asked
from totemlang.native.grouping.place import own_place
from totemlang.native.grouping.plan import GroupingPlan
from totemlang.native.grouping.tables import Range, Way
from totemlang.schema.types import Kind
from totemlang.tables.prices import default_prices


def test_hosts_are_made_ready_once_and_freed() -> None:
    plan = GroupingPlan((Kind.INT,), (Asked(Kind.DOUBLE),), default_prices(), 1 << 20)
    mine = Gathered(plan, own_place())
    mine.tables.address_directly([Range(0, 8)])
    hosts = Hosts.among([mine], lambda made: made.tables.address_directly([Range(0, 8)]))
    made = hosts.host(None)
    assert made is not mine
    assert made is not hosts.host(None)
    assert made.tables.way is Way.DIRECT
    hosts.close()
    assert made.tables.way is Way.NONE
    assert mine.tables.way is Way.DIRECT
