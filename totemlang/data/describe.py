"""Metadata of a data set: what its policy lets the world know of it, from one reading."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from attrs import evolve

from totemlang.data.distinct import DistinctCount
from totemlang.data.file import DataFile
from totemlang.data.readers import Readers, rows_at_once
from totemlang.data.rounding import round_down, round_up
from totemlang.data.survey import ColumnSurvey
from totemlang.diagnostics import BadData
from totemlang.schema.metadata import ColumnMetadata, Metadata
from totemlang.schema.metadata_json import bound_from_json
from totemlang.schema.policy import Ceiling, Policy
from totemlang.schema.types import Kind, Type


def describe(
    data: DataFile, name: str, policy: Policy | None = None, *, threads: int = 1
) -> Metadata:
    """The metadata of a data set under a policy (None: the empty one); so many `threads` read.

    Counts and sizes are exact, bounds are rounded outward (`rounding`); `distinct` is left out
    beyond two million values, bounds where a column holds NaN or an infinity. What the policy
    withholds is left out; what it declares stands in place of what was measured, and then
    `rows_exact` is False. With flat billing nothing measured is published at all.

    Raises:
        BadData: where the file cannot be read, or does not keep to the policy's own ceilings.
    """
    rules = policy or Policy()
    _check_names(data, rules)
    surveys = {column: ColumnSurvey(kind, DistinctCount()) for column, kind in data.kinds.items()}
    rows, count = 0, rows_at_once(len(surveys))

    def read(part: tuple[int, int] | None) -> Iterator[pa.RecordBatch]:
        return data.batches(list(surveys), count, between=part, may_code=True)

    with Readers(threads) as readers:
        for batch in readers.read(data, len(surveys), read):
            rows += batch.num_rows
            readers.each(partial(s.add, batch.column(column)) for column, s in surveys.items())
    data.known.note(rows, {(column, survey.kind): survey for column, survey in surveys.items()})
    columns = tuple(_published(c, survey, rules, data.name) for c, survey in surveys.items())
    if rules.rows is not None and rows > rules.rows:
        raise BadData(f"{data.name}: has more rows than its policy declares")
    declared = rules.is_flat or rules.rows is not None or bool(rules.ceilings)
    shown = rules.rows if rules.is_flat or rules.rows is not None else rows
    return Metadata(name, shown, columns, rows_exact=not declared)


def _check_names(data: DataFile, policy: Policy) -> None:
    named = {*policy.withhold_extremes, *policy.withhold_distinct, *policy.ceilings}
    if policy.privacy_unit is not None:
        named.add(policy.privacy_unit)
    for name in sorted(named):
        if name not in data.kinds:
            raise BadData(f"{data.name}: the policy names a column {name!r}, which is not there")


def _published(name: str, survey: ColumnSurvey, policy: Policy, file: str) -> ColumnMetadata:
    kind = survey.kind
    ceiling = policy.ceilings.get(name, Ceiling())
    try:
        lower, upper = (bound_from_json(kind, bound) for bound in (ceiling.lower, ceiling.upper))
    except (ValueError, OverflowError):
        raise BadData(f"the policy: a bound of column {name!r} is no {kind.value}") from None
    _check_ceiling(name, survey, ceiling, (lower, upper), file)
    optional = survey.missing > 0 or bool(ceiling.missing)
    column_type = Type(kind).optional if optional else Type(kind)
    declared = ColumnMetadata(
        name,
        column_type,
        ceiling.distinct,
        ceiling.missing,
        lower,
        upper,
        ceiling.max_bytes if kind is Kind.STRING else None,
        ceiling.total_bytes if kind is Kind.STRING else None,
    )
    return declared if policy.is_flat else _filled(declared, survey, policy)


def _filled(declared: ColumnMetadata, survey: ColumnSurvey, policy: Policy) -> ColumnMetadata:
    """What is declared, with what was measured and may be published where nothing is."""
    kind, name = survey.kind, declared.name
    found = declared
    if found.missing is None:
        found = evolve(found, missing=survey.missing)
    if kind is Kind.STRING and found.total_bytes is None:
        found = evolve(found, total_bytes=survey.total_bytes)
    if name not in policy.withhold_distinct and found.distinct is None and survey.distinct:
        found = evolve(found, distinct=survey.distinct.count)
    if name in policy.withhold_extremes:
        return found
    if kind is Kind.STRING and found.max_bytes is None:
        found = evolve(found, max_bytes=survey.max_bytes)
    if survey.is_bounded and survey.lower is not None and survey.upper is not None:
        if found.lower is None:
            found = evolve(found, lower=round_down(kind, survey.lower))
        if found.upper is None:
            found = evolve(found, upper=round_up(kind, survey.upper))
    return found


def _check_ceiling(
    name: str,
    survey: ColumnSurvey,
    ceiling: Ceiling,
    bounds: tuple[int | float | None, int | float | None],
    file: str,
) -> None:
    measured = survey.distinct.count if survey.distinct else None
    broken = [
        what
        for what, most, found in (
            ("distinct", ceiling.distinct, measured),
            ("missing", ceiling.missing, survey.missing),
            ("max_bytes", ceiling.max_bytes, survey.max_bytes),
            ("total_bytes", ceiling.total_bytes, survey.total_bytes),
        )
        if most is not None and found is not None and found > most
    ]
    lower, upper = bounds
    if lower is not None and (
        not survey.is_bounded or (survey.lower is not None and survey.lower < lower)
    ):
        broken.append("lower")
    if upper is not None and (
        not survey.is_bounded or (survey.upper is not None and survey.upper > upper)
    ):
        broken.append("upper")
    if broken:
        raise BadData(f"{file}: column {name!r} breaks the policy's ceiling of {broken[0]}")
