"""Programs that use every construct between them, for tests of the container and the listing."""

from __future__ import annotations

from totemlang.bytecode.module import Module
from totemlang.program import Program
from totemlang.source import Source
from vectors import SCRIPT

JOB = """\
dataset readings(string home, timestamp ts, double? kwh, int zone)
lookup prices((int zone, int hour), double price)
param double[] weights = [0.25, 0.75]
param date start = date("2019-02-25")
duration span = days(1)

function double weighed(double x, string[16] name)
    if len(name) > 3 and x > 0 or x < -1 then
        return x * 2
    end if
    return math.exp(x)
end function

map by_home(readings row)
    if not missing(row.kwh) and date(row.ts) >= start then
        double price = default(prices[(row.zone, hour(row.ts))].price, 0.5)
        emit (row.home, date(row.ts) as day), price * value(row.kwh) as cost, 1 as n
    end if
end map

reduce by_day((string home, date day), double[] cost, int[] n) order by cost desc
    emit (home, day), sum(cost) as cost, count(n) as n
end reduce

merge

map shares(string home, date day, double cost, long n)
    double[] parts = fill(3, 0.0)
    long rounds = 0
    for w in weights do
        parts[0] += w * cost
        if w > 1 then
            break
        end if
    end for
    while rounds < n limit 10 do
        rounds++
        parts[1] = weighed(cost, "name")
    end while
    emit home, parts[0] as first, parts[1] as second
end map
"""

SAMPLES = {"script": SCRIPT, "job": JOB, "empty": ""}


def compiled(text: str) -> Module:
    """The module of a program."""
    return Program(Source(text, "sample.totem")).module
