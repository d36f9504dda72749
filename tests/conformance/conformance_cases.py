"""Reads the conformance cases, and runs one the way any implementation would have to.

The files in `cases/` say what they hold in README.md; nothing in them is about Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from attrs import define, evolve

from totemlang.data.describe import describe
from totemlang.data.file import DataFile, open_data
from totemlang.diagnostics import Refused, TotemError
from totemlang.engine.outcome import Outcome, Usage
from totemlang.engine.result_json import json_rows, json_value
from totemlang.execution import run
from totemlang.program import Program
from totemlang.schema.metadata import Metadata
from totemlang.schema.policy import Policy, policy_from_json
from totemlang.source import Source
from totemlang.tables.prices import PriceTable, default_prices
from totemlang.tables.resources import resource_text
from totemlang.tables.rules import RuleBook, default_rules, load_rules

FOLDER = Path(__file__).parent / "cases"

_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "duration": pa.duration("us"),
    "string": pa.string(),
}


@define(slots=False)
class Case:
    """A case as its file has it, under a price table, with a folder to put its rows into."""

    given: Mapping[str, Any]
    folder: Path | None = None
    prices: PriceTable = default_prices()

    @property
    def name(self) -> str:
        """What the case is called."""
        return str(self.given["name"])

    @property
    def expected(self) -> Mapping[str, Any]:
        """What must come out."""
        found: Mapping[str, Any] = self.given["expect"]
        return found

    @cached_property
    def rules(self) -> RuleBook:
        """The usual rules, without and with the rows that the case names."""
        change = self.given.get("rules")
        if change is None:
            return default_rules()
        lines = resource_text("rules", "rules.csv").splitlines()
        taken = set(change.get("without", ()))
        kept = [line for line in lines if line.split(",")[0] not in taken]
        return load_rules("\n".join([*kept, *change.get("with", ())]) + "\n", "rules of the case")

    @cached_property
    def program(self) -> Program:
        """The program; its data sets' columns are given to it where it does not type them."""
        source = Source("\n".join(self.given["source"]) + "\n", self.name)
        program = Program(source, self.rules, self.prices)
        if any(each.code == "TYP114" for each in program.diagnostics):
            return evolve(program, schemas=self.metadata)
        return program

    @cached_property
    def data(self) -> dict[str, DataFile]:
        """The rows as data sets, each a Parquet file."""
        opened = {}
        for name, table in self.given.get("data", {}).items():
            assert self.folder is not None
            path = self.folder / f"{name}.parquet"
            pq.write_table(_table(table), path)
            opened[name] = open_data(str(path))
        return opened

    @cached_property
    def policy(self) -> Policy | None:
        """The policy of the data set, if the case has one."""
        document = self.given.get("policy")
        return None if document is None else policy_from_json(json.dumps(document))

    @cached_property
    def metadata(self) -> dict[str, Metadata]:
        """Everything that can be published, but for what the case withholds."""
        found = {name: describe(file, name, self.policy) for name, file in self.data.items()}
        for path in self.given.get("withhold", ()):
            name, column, what = path.split(".")
            hidden = ("lower", "upper") if what == "range" else (what,)
            columns = tuple(
                evolve(each, **dict.fromkeys(hidden)) if each.name == column else each
                for each in found[name].columns
            )
            found[name] = evolve(found[name], columns=columns)
        return found

    def run(self, budget: int | None = None) -> Outcome:
        """Run the program; what is refused or cannot be asked is an outcome with that status."""
        try:
            return run(
                self.program,
                self.data,
                budget=budget,
                parameters=self.given.get("parameters"),
                metadata=self.metadata,
                policy=self.policy,
            )
        except TotemError as error:
            return Outcome(error.status, budget or 0, Usage(), error=error)

    def result(self, outcome: Outcome) -> dict[str, Any]:
        """Variables, or columns and rows, as JSON has them."""
        if outcome.table is not None:
            return {
                "columns": [column.name for column in outcome.columns],
                "rows": json_rows(outcome.table, outcome.columns),
            }
        return {
            "variables": {
                name: json_value(value, declared.kind)
                for name, (declared, value) in outcome.variables.items()
            }
        }


def all_cases() -> Iterator[Mapping[str, Any]]:
    """Every case of every file."""
    for path in sorted(FOLDER.glob("*.json")):
        yield from json.loads(path.read_text())["cases"]


def findings(case: Case) -> list[dict[str, Any]]:
    """What the checker says: code, class and line of each finding."""
    try:
        found = case.program.diagnostics
    except Refused as refused:
        found = refused.diagnostics
    return [
        {
            "code": each.code,
            "class": each.error_class.value,
            "line": each.source.position(each.span.start).line,
        }
        for each in found
        if each.severity == "error"
    ]


def _table(given: Mapping[str, Any]) -> pa.Table:
    """A table of the case: columns with their types, values as JSON writes them."""
    columns = {}
    for at, (name, declared) in enumerate(given["columns"]):
        kind = declared.removesuffix("?")
        values = [_value(row[at], kind) for row in given["rows"]]
        columns[name] = pa.array(values, _ARROW[kind])
    return pa.table(columns)


def _value(written: Any, kind: str) -> Any:
    if written is None:
        return None
    if kind == "date":
        return date.fromisoformat(written)
    if kind == "timestamp":
        return datetime.fromisoformat(written)
    return float(written) if kind in ("float", "double") else written
