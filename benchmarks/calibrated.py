"""The operations that the calibration measures, by the weight that prices them.

Each stands in a loop of a script. What it works on is another value each round, and what comes of
it goes into the next one, into the next round or into an array: so nothing can be computed before
the loop, left out of it or found to be there already.
"""

from __future__ import annotations

from attrs import frozen

DECLARED = """\
int i0 = 0, i1 = 1, i2 = 1, i3 = 3, i5 = 5, i9 = 9, at = 0
long l0 = 0, l2 = 1, l3 = 3, l9 = 9
float f0 = 0.0, f3 = 1.0
double d0 = 0.0, d1 = 1.0, d2 = 1.0, d3 = 1.0
bool b1 = true, b2 = true, b3 = false
string s1 = "half past four", s2 = "half past five", s3 = ""
date day1 = date("2019-02-25")
timestamp t1 = timestamp("2019-02-25T10:30:00"), t3 = t1
duration p1 = minutes(30), p2 = days(0), p3 = hours(7)
double[] xs = fill(48, 0.25), zs = xs, ones = fill(4, 1.0)
float[] small = fill(4, float(0))
double[] zeros = fill(4, 0.0)
int[] none = fill(4, 0), units = fill(4, 1), fives = fill(4, 5), next = [1, 2, 3, 0]
long[] few = fill(4, long(0)), longs = fill(4, 1), far = [long(2), 3, 1, 0]
bool[] truths = fill(4, true)
string[] texts = ["half past four", "half past nine", "quarter past six", "noon"]
timestamp[] times = [t1, t1 + hours(7), t1 + days(40), t1 - minutes(1)]
duration[] spans = fill(4, minutes(30)), nothings = fill(4, days(0))
function double same(double x)
    return x
end function
function double last(double x, double y, double z)
    return z
end function
"""

FRESH = {
    "i": "i0 = none[n % 4]\n    i2 = units[n % 4]\n    i5 = fives[n % 4]\n    i9 = n + 7",
    "l": "l0 = few[n % 4]\n    l2 = longs[n % 4]\n    i0 = none[n % 4]\n    l9 = n + 7",
    "f": "f0 = small[n % 4]",
    "d": "d0 = zeros[n % 4]\n    d2 = ones[n % 4]\n    i5 = fives[n % 4]",
    "b": "b2 = truths[n % 4]\n    b1 = b3 == b2",
    "p": "p1 = spans[n % 4]\n    p2 = nothings[n % 4]",
    "s": "s1 = texts[n % 4]\n    i0 = none[n % 4]",
    "t": "t1 = times[n % 4]\n    i0 = none[n % 4]",
    "y": "day1 = date(times[n % 4])\n    i0 = none[n % 4]",
    "x": "at = n % 48\n    d2 = ones[n % 4]\n    d0 = zeros[n % 4]\n    xs[at] = d2",
    "m": "d1 = n\n    d2 = ones[n % 4]",
}
"""What gives operands another value each round, by a letter for the kind of operands."""

ONCE = frozenset("styxm")
"""Operands of operations that take so long that one a round can be measured."""

CHAINS = (8, 24)
"""How often a short operation stands in the two loops that are compared."""

LIBRARY = "library"
"""In place of a weight: a function of the library, which costs what its source costs."""


@frozen
class Operation:
    """A statement that does an operation, what to renew for it, the weight that prices it.

    Short ones stand there several times, each on the outcome of the one before: what is measured
    is the time that it keeps others waiting. `beside` is the same statement without the operation,
    if more than that is done in it: it is taken off.
    """

    statement: str
    fresh: str
    weight: str
    beside: str = ""

    @property
    def copies(self) -> tuple[int, int]:
        """How often it stands in the two loops."""
        return (0, 1) if self.fresh in ONCE else CHAINS

    @property
    def slow(self) -> bool:
        """Whether a tenth of the rounds is enough."""
        return self.weight == LIBRARY or "(xs" in self.statement


OPERATIONS = tuple(
    Operation(*each)
    for each in (
        ("i3 = i3 + i0", "i", "add"),
        ("l3 = l3 + l0", "l", "add"),
        ("f3 = f3 + f0", "f", "add"),
        ("d3 = d3 + d0", "d", "add"),
        ("t3 = t3 + p2", "p", "add"),
        ("d3 = sum(xs)", "x", "add"),
        ("i3 = i3 - i0", "i", "subtract"),
        ("l3 = l3 - l0", "l", "subtract"),
        ("d3 = d3 - d0", "d", "subtract"),
        ("t3 = t3 - p2", "p", "subtract"),
        ("i3 = abs(i0 - i3)", "i", "subtract"),
        ("i3 = i3 * i2", "i", "multiply"),
        ("l3 = l3 * l2", "l", "multiply"),
        ("d3 = d3 * d2", "d", "multiply"),
        ("d3 = d3 / d2", "d", "divide"),
        ("i3 = i3 // i2", "i", "divide"),
        ("l3 = l3 // l2", "l", "divide"),
        ("i3 = (i3 + i9) % i9", "i", "divide", "i3 = i3 + i0"),
        ("l3 = (l3 + l9) % l9", "l", "divide", "l3 = l3 + l0"),
        ("t3 = floor(t3, p1)", "p", "divide"),
        ("i2 = i2 ** i5", "i", "power"),
        ("d3 = d3 ** i5", "d", "power"),
        ("d3 = sqrt(d3)", "d", "square_root"),
        ("zs = xs", "x", "assign"),
        ("zs = fill(48, d2)", "x", "assign"),
        ("d3 = max(d3, d2)", "d", "relational"),
        ("i3 = min(i3, i9)", "i", "relational"),
        ("i3 = i3 - int(i3 > i9)", "i", "relational", "i3 = i3 - int(b3)"),
        ("b3 = s1 < s2", "s", "relational"),
        ("d3 = max(xs)", "x", "relational"),
        ("b3 = contains(xs, d0)", "x", "relational"),
        ("zs = sort(xs)", "x", "relational"),
        ("b3 = not (b3 and b2)", "b", "logic"),
        ("b3 = not (b3 or b1)", "b", "logic"),
        ("i3 = bit_and(bit_xor(i3, i2), i9)", "i", "bits"),
        ("l3 = shift_left(l3, i0)", "l", "bits"),
        ("l3 = long(double(l3))", "l", "convert"),
        ("l3 = round(double(l3))", "l", "convert"),
        ("f3 = float(double(f3))", "f", "convert"),
        ("i3 = hour(t1) - i3", "t", "convert", "i3 = i0 - i3"),
        ("i3 = weekday(t1) - i3", "t", "convert", "i3 = i0 - i3"),
        ("i3 = month(day1) - i3", "y", "convert", "i3 = i0 - i3"),
        ("s3 = upper(s1)", "s", "convert"),
        ("s3 = substr(s1, 0, 4)", "s", "convert"),
        ("i3 = len(words(s1)) - i3", "s", "convert", "i3 = len(texts) - i3"),
        ('i3 = len(words(s1, " ,")) - i3', "s", "convert", "i3 = len(texts) - i3"),
        ("i3 = next[i3]", "i", "index"),
        ("l3 = far[l3]", "l", "index"),
        ("i3 = len(s1) - i3", "s", "index", "i3 = i0 - i3"),
        ("d3 = same(d3)", "d", "call"),
        ("d3 = last(d2, d1, d3)", "d", "call"),
        ("d3 = stats.stddev(xs)", "x", LIBRARY),
        ("d3 = math.exp(d2)", "m", LIBRARY),
        ("d3 = math.sin(d1)", "m", LIBRARY),
    )
)
