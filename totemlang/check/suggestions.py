"""What somebody may have meant: near names, and the habits of R, Python and SQL.

Looking for near names is bounded: so many a program, so many candidates a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from attrs import define

_LONGEST_NAME = 64
_MOST_CANDIDATES = 400
_MOST_SEARCHES = 60

HABITS: dict[str, str] = {
    "all": "write `and`, or count in a loop",
    "any": "write `or`, or `contains(xs, x)`",
    "append": "arrays keep their length: write `fill(n, 0)` and assign the elements",
    "array": "write the elements in brackets: `[a, b]`, or `fill(n, 0)`",
    "as.integer": "write `int(x)`",
    "as.numeric": "write `double(x)`",
    "average": "write `stats.mean(xs)`",
    "avg": "write `stats.mean(xs)`",
    "bool": "write a comparison, such as `x != 0`",
    "c": "write the elements in brackets: `[a, b]`",
    "cast": "write the type as a function: `int(x)`, `double(x)`",
    "cat": "write `emit`",
    "ceiling": "write `ceil(x)`",
    "char_length": "write `len(s)`",
    "coalesce": "write `default(x, v)`",
    "cor": "write `stats.correlation(xs, ys)`",
    "cos": "write `math.cos(x)`",
    "date_trunc": "write `floor(ts, hours(1))` or `date(ts)`",
    "datediff": "subtract: `(a - b) / days(1)`",
    "datetime": 'write `timestamp("2019-02-25T10:30:00")`',
    "dayofweek": "write `weekday(d)`: 1 is Monday",
    "exp": "write `math.exp(x)`",
    "extract": "write the part as a function: `year(d)`, `hour(ts)`",
    "format": "there is no formatting: emit the values",
    "iif": "write `if c then … else … end if`",
    "ifelse": "write `if c then … else … end if`",
    "ifnull": "write `default(x, v)`",
    "is.na": "write `missing(x)`",
    "is.null": "write `missing(x)`",
    "is_null": "write `missing(x)`",
    "isna": "write `missing(x)`",
    "isnan": "NaN is the one value that differs from itself: write `x != x`",
    "isnull": "write `missing(x)`",
    "length": "write `len(xs)`",
    "list": "write the elements in brackets: `[a, b]`",
    "ln": "write `math.log(x)`",
    "log": "write `math.log(x)`",
    "map": "write a loop, `for x in xs do … end for`",
    "mean": "write `stats.mean(xs)`",
    "median": "write `stats.median(xs)`",
    "nchar": "write `len(s)`",
    "ncol": "the columns of a row are known: name them",
    "now": "there is no clock: send the moment as a `param timestamp`",
    "nrow": "write `len(xs)` of an array, or `count(xs)` in a reduce",
    "nvl": "write `default(x, v)`",
    "paste": "write `concat(a, b)`",
    "paste0": "write `concat(a, b)`",
    "percentile": "write `stats.quantile(xs, 0.95)`",
    "power": "write `x ** 2`, or `math.pow(x, y)` for fractions",
    "print": "write `emit`; a script shows its variables",
    "push": "arrays keep their length: write `fill(n, 0)` and assign the elements",
    "quantile": "write `stats.quantile(xs, p)`",
    "rand": "there is no randomness: a result must be the same everywhere",
    "random": "there is no randomness: a result must be the same everywhere",
    "range": "write `for i = 0; i < n; i++ do … end for`",
    "rep": "write `fill(n, v)`",
    "replace": "arrays are changed by assignment: `xs[i] = v`",
    "sd": "write `stats.stddev(xs)`",
    "select": "write `emit` in a map",
    "seq": "write `for i = 0; i < n; i++ do … end for`",
    "sin": "write `math.sin(x)`",
    "size": "write `len(xs)`",
    "split": "write `words(s, separators)`",
    "std": "write `stats.stddev(xs)`",
    "stddev": "write `stats.stddev(xs)`",
    "stdev": "write `stats.stddev(xs)`",
    "str": "there is no formatting: emit the number",
    "string": "there is no formatting: emit the number",
    "strlen": "write `len(s)`",
    "strsplit": "write `words(s, separators)`",
    "substring": "write `substr(s, start, length)`",
    "tan": "write `math.sin(x) / math.cos(x)`",
    "tanh": "write `math.tanh(x)`",
    "to_date": 'write `date("2019-02-25")`',
    "today": "there is no clock: send the day as a `param date`",
    "tolower": "write `lower(s)`",
    "toupper": "write `upper(s)`",
    "trunc": "write `int(x)` of a whole number, `floor(x)` or `ceil(x)`",
    "unique": "emit the value as a key: a reduce runs once a key",
    "var": "write `stats.variance(xs)`",
    "variance": "write `stats.variance(xs)`",
}
"""What to write for a function that other languages have."""

NAME_HABITS: dict[str, str] = {
    "False": "write `false`",
    "FALSE": "write `false`",
    "Inf": "there is no literal for it; `1.0 / 0.0` is infinite",
    "NA": "a missing value is tested by `missing(x)` and replaced by `default(x, v)`",
    "NULL": "a missing value is tested by `missing(x)` and replaced by `default(x, v)`",
    "NaN": "there is no literal for it; `x != x` tests for it",
    "None": "a missing value is tested by `missing(x)` and replaced by `default(x, v)`",
    "True": "write `true`",
    "TRUE": "write `true`",
    "nil": "a missing value is tested by `missing(x)` and replaced by `default(x, v)`",
    "null": "a missing value is tested by `missing(x)` and replaced by `default(x, v)`",
    "pi": "write `math.pi`",
}
"""What to write for a name that other languages have."""


@define
class Suggestions:
    """Near names, with a bound on the work that one program may cause."""

    _searches: int = 0

    def near(self, name: str, candidates: Iterable[str]) -> str:
        """`did you mean x?` for the nearest of the candidates, or nothing."""
        found = self.nearest(name, candidates)
        return f"did you mean `{found}`?" if found else ""

    def nearest(self, name: str, candidates: Iterable[str]) -> str:
        """The nearest of the candidates, or nothing."""
        if len(name) > _LONGEST_NAME or self._searches >= _MOST_SEARCHES:
            return ""
        self._searches += 1
        known = [c for c in islice(candidates, _MOST_CANDIDATES) if len(c) <= _LONGEST_NAME]
        folded = {c.lower(): c for c in reversed(known)}
        found = get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
        return folded[found[0]] if found else ""
