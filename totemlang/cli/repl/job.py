"""The job of a session: its definitions, and the data that it runs on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from totemlang.cli.bindings import bound
from totemlang.cli.programs import declared
from totemlang.program import Program
from totemlang.schema.metadata import Metadata
from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook

if TYPE_CHECKING:
    from totemlang.data.file import DataFile

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_STAGES = (tree.MapDefinition, tree.ReduceDefinition)
_OF_JOB = (*_STAGES, tree.DatasetDefinition, tree.LookupDefinition, tree.MergeLine)
_NAMED = (*_STAGES, tree.DatasetDefinition, tree.LookupDefinition)


@define
class Data:
    """The data that a session was started on.

    `specs` are the texts of `--data`. What a path names is opened once, and what is known of it
    found out once, when it is first asked for, unless it was given as `metadata`.
    """

    specs: tuple[str, ...] = ()
    metadata: dict[str, Metadata] = field(factory=dict)
    _files: dict[str, DataFile] = field(factory=dict)

    def first(self) -> tuple[str, str]:
        """Name and path of the first data set; one that has no name is called after its file."""
        spec = self.specs[0]
        name, equals, path = spec.partition("=")
        if equals and re.fullmatch(_NAME, name):
            return name, path
        return _called(spec), spec

    def file(self, path: str) -> DataFile:
        """The files of a path, opened."""
        if path not in self._files:
            from totemlang.data.file import open_data

            self._files[path] = open_data(path)
        return self._files[path]

    def known(self, path: str, name: str) -> Metadata:
        """The metadata of a path's files, under a name."""
        if path not in self.metadata:
            from totemlang.data.describe import describe

            self.metadata[path] = describe(self.file(path), name)
        return self.metadata[path]

    def bound(self, program: Program) -> dict[str, str]:
        """The path for each data set and lookup of a program.

        Raises:
            UsageError: where it is open which is for which.
        """
        return bound("--data", self.specs, declared(program)[0])

    def dataset_line(self) -> str:
        """A `dataset` line with every column of the first data set; empty without data."""
        if not self.specs:
            return ""
        name, path = self.first()
        known = self.known(path, name)
        columns = ", ".join(f"{column.type} {_column(column.name)}" for column in known.columns)
        return f"dataset {name}({columns})"


@frozen
class Job:
    """Definitions as they were entered. An empty job has none."""

    data: Data
    entries: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    has_dataset: bool = False

    def emptied(self) -> Job:
        """The job before anything was entered."""
        return Job(self.data)

    def extended(self, text: str, entered: tree.Program, rules: RuleBook) -> Job:
        """The job with one more entry, which takes the place of entries that it defines anew.

        A data set where there are stages already begins a new job.
        """
        brings_data = any(isinstance(item, tree.DatasetDefinition) for item in entered.items)
        base = self.emptied() if brings_data and self.stages else self
        names = _names(entered)
        kept = tuple(entry for entry in base.entries if not names & _names(_tree(entry, rules)))
        entries = (*kept, text)
        items = [item for entry in entries for item in _tree(entry, rules).items]
        return evolve(
            base,
            entries=entries,
            stages=tuple(item.name.text for item in items if isinstance(item, _STAGES)),
            has_dataset=any(isinstance(item, tree.DatasetDefinition) for item in items),
        )

    def text(self, definitions: Sequence[str]) -> str:
        """The whole program: the data set offered if none was entered, functions, the entries."""
        first = () if self.has_dataset else (self.data.dataset_line(),)
        return "".join(entry.rstrip() + "\n" for entry in (*first, *definitions, *self.entries))

    def program(self, definitions: Sequence[str], rules: RuleBook, prices: PriceTable) -> Program:
        """The whole program, with what is known of columns that it does not type."""
        program = Program(Source(self.text(definitions), "job"), rules, prices)
        names, untyped = declared(program)
        if not untyped:
            return program
        paths = bound("--data", self.data.specs, names)
        known = {n: self.data.known(path, n) for n, path in paths.items() if n in untyped}
        return evolve(program, schemas=known)


def is_of_job(program: tree.Program) -> bool:
    """Whether an entry defines something that only a job has."""
    return any(isinstance(item, _OF_JOB) for item in program.items)


def _names(program: tree.Program) -> set[tuple[type, str]]:
    """What an entry defines, by kind (any stage is of one kind) and name."""
    return {
        (tree.MapDefinition if isinstance(item, _STAGES) else type(item), item.name.text)
        for item in program.items
        if isinstance(item, _NAMED)
    }


def _tree(entry: str, rules: RuleBook) -> tree.Program:
    program, _ = parse(Source(entry), rules)
    assert program is not None  # it was parsed when it was entered
    return program


def _column(name: str) -> str:
    """A column as a `dataset` line has it: quoted unless it is a name."""
    if re.fullmatch(_NAME, name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _called(spec: str) -> str:
    """A name for a data set that was given as a path."""
    stem = re.split(r"[/\\]", spec.split(",")[0].rstrip("/"))[-1].partition(".")[0]
    name = re.sub(r"[^A-Za-z0-9_]+", "_", stem).strip("_")[:64]
    return name if name[:1].isalpha() else "rows"
