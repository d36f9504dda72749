"""The checker: from the tree of a program to a typed program, with everything that is wrong.

The order of passes: depth, data and constants, functions, then the script or the stages, then
which functions are used. Each reports all it finds; what is wrong has no type from there on, so
that one mistake is one finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import Factory, define, evolve

from totemlang.bytecode.module import Dataset, Lookup, Merge
from totemlang.check.columns import dataset_of, lookup_of_table
from totemlang.check.constants import constants, parameter
from totemlang.check.context import Body, BodyKind, Signature, World
from totemlang.check.declarations import declare, once
from totemlang.check.functions import function_body, named, signature
from totemlang.check.library import Library
from totemlang.check.link import Calls, order
from totemlang.check.names import LookupName
from totemlang.check.report import Reporter
from totemlang.check.rewrite import renumbered_body, renumbered_function
from totemlang.check.stages import Stages
from totemlang.check.statements import sequence
from totemlang.check.typed import (
    TypedBody,
    TypedFunction,
    TypedGlobal,
    TypedProgram,
    TypedStage,
)
from totemlang.check.walk import too_deep
from totemlang.diagnostics import Diagnostic
from totemlang.schema.metadata import Metadata
from totemlang.syntax import tree
from totemlang.tables.rules import RuleBook

Findings = tuple[Diagnostic, ...]

_STAGE_NODES = (tree.MapDefinition, tree.ReduceDefinition)
_JOB_NODES = (tree.DatasetDefinition, tree.LookupDefinition, tree.MergeLine)


def check(
    program: tree.Program,
    rules: RuleBook,
    library: Library,
    schemas: Mapping[str, Metadata],
) -> tuple[TypedProgram | None, Findings]:
    """The typed program (None where anything is wrong) and all findings, in order of place.

    `schemas` is the metadata of data sets and lookups by their name in the program, for columns
    without types and to hold declared ones against; it may be empty.

    Raises:
        Refused: the library's own source is wrong.
    """
    world = World(rules, Reporter(program.source), library)
    deep = too_deep(program)
    if deep is not None:
        hint = "give a part a name, or make it a function"
        world.reporter.add("SYN101", deep.span, "this nests too deeply", hint)
        return None, world.reporter.findings
    checker = _Checker(world, library, schemas)
    is_job = any(isinstance(item, _STAGE_NODES) for item in program.items)
    typed = checker.job(program) if is_job else checker.script(program)
    findings = world.reporter.findings
    return (None if findings else typed), findings


@define
class _Checker:
    """One program being checked; numbers of its own functions count from 0."""

    world: World
    library: Library
    schemas: Mapping[str, Metadata]
    globals_: list[TypedGlobal] = Factory(list)
    lookups: list[Lookup] = Factory(list)
    own: list[tuple[tree.FunctionDefinition, Signature]] = Factory(list)
    typed: list[TypedFunction] = Factory(list)
    calls: list[Calls] = Factory(list)

    # --- scripts

    def script(self, program: tree.Program) -> TypedProgram | None:
        """A program without stages: its statements in order; its variables are its result."""
        self._signatures(program.items)
        statements: list[tree.Statement] = []
        for item in program.items:
            if isinstance(item, tree.ParamDefinition):
                parameter(self.world, item, self.globals_)
            elif isinstance(item, _JOB_NODES):
                message = "only a program with stages uses this"
                hint = "a job has a `map`, and perhaps a `reduce`"
                self.world.reporter.add("CTL113", item.span, message, hint)
            elif not isinstance(item, tree.FunctionDefinition):
                statements.append(item)
        hint = "a function sees its parameters and `param`s: hand the value over"
        self.world.hidden = dict.fromkeys(_declared(statements), hint)
        self._functions()
        self.world.hidden = {}
        body = Body(self.world, BodyKind.SCRIPT, self.world.names.inner())
        found, _ = sequence(body, statements)
        typed_body = TypedBody(tuple(body.slots), tuple(found), program.span)
        return self._finished(program, [body], typed_body, tuple(body.results.values()))

    # --- jobs

    def job(self, program: tree.Program) -> TypedProgram | None:
        """A program with stages."""
        self._signatures(program.items)
        hint = "it stands below: a constant uses what stands above it"
        self.world.hidden = dict.fromkeys(_declared(program.items), hint)
        dataset, names = self._data(program.items)
        self.world.hidden = {}
        self._functions()
        stages = Stages(self.world, dataset, names)
        stages.check([item for item in program.items if isinstance(item, _STAGE_NODES)])
        merge = self._merge(program.items, stages)
        there = [stage for stage in stages.typed if stage is not None]
        if dataset is None or len(there) < len(stages.typed):
            self._linked(stages.bodies)
            return None
        return self._finished(
            program, stages.bodies, None, (), dataset, tuple(self.lookups), there, merge
        )

    def _data(self, items: Iterable[tree.Statement]) -> tuple[Dataset | None, tuple[str, ...]]:
        """Data sets, lookups, parameters and constants, in order."""
        world = self.world
        found: Dataset | None = None
        first: tree.DatasetDefinition | None = None
        names: list[str] = []
        for item in items:
            if isinstance(item, tree.DatasetDefinition):
                names.append(item.name.text)
                if first is not None:
                    hint = "a small table is a `lookup`"
                    world.reporter.add("CTL114", item.span, "a job takes one data set", hint)
                    continue
                first = item
                found = dataset_of(world, item, self.schemas)
            elif isinstance(item, tree.LookupDefinition):
                lookup = lookup_of_table(world, item, self.schemas)
                declare(world, world.names, item.name, LookupName(len(self.lookups), lookup))
                if lookup is not None:
                    self.lookups.append(lookup)
            elif isinstance(item, tree.ParamDefinition):
                parameter(world, item, self.globals_)
            elif isinstance(item, tree.Declaration):
                constants(world, item, self.globals_)
            elif not isinstance(item, (*_STAGE_NODES, tree.FunctionDefinition, tree.MergeLine)):
                message = "in a program with stages this stands in a map, reduce or function"
                world.reporter.add("CTL109", item.span, message)
        return found, tuple(names)

    def _merge(self, items: Iterable[tree.Statement], stages: Stages) -> Merge | None:
        """The merge that is written, or follows from the last reduce."""
        merge: Merge | None = None
        line: tree.MergeLine | None = None
        count = 0
        for item in items:
            if isinstance(item, _STAGE_NODES):
                count += 1
            elif isinstance(item, tree.MergeLine):
                self.world.require("Merge", item.span)
                if line is not None:
                    message = "there is a `merge` already"
                    self.world.reporter.add("CTL114", item.span, message, "a job merges once")
                    continue
                line = item
                if count == 0:
                    hint = "it stands after a reduce that emits its key and aggregates"
                    message = "`merge` has no reduce above it"
                    self.world.reporter.add("CTL111", item.span, message, hint)
                else:
                    merge = stages.merge(count - 1, item)
        return merge if line is not None else stages.merge(count - 1, None)

    # --- functions

    def _signatures(self, items: Iterable[tree.Statement]) -> None:
        """What callers see of the program's functions."""
        world = self.world
        taken: dict[str, tree.Name] = {}
        for item in items:
            if isinstance(item, tree.FunctionDefinition):
                named(world, item)
                known = signature(world, item, len(self.own))
                self.own.append((item, known))
                if once(world, taken, item.name, "function"):
                    world.functions[item.name.text] = known

    def _functions(self) -> None:
        """The bodies of the program's functions, and those that lead back to themselves."""
        world = self.world
        for node, known in self.own:
            function, body = function_body(world, node, known)
            self.typed.append(function)
            self.calls.append(tuple(body.called))
        cycles = order(range(len(self.own)), self._calls_of_own).cycles
        for caller, callee, span in cycles:
            name = self.typed[callee].name
            itself = "itself" if caller == callee else f"`{name}` again, through others"
            message = f"`{self.typed[caller].name}` calls {itself}"
            hint = "recursion has no bound: write a loop, `for` or `while … limit n`"
            world.reporter.add("CTL106", span, message, hint)

    def _calls_of_own(self, number: int) -> Calls:
        """What a function of the program calls, the library aside."""
        return [call for call in self.calls[number] if call[0] >= 0]

    def _calls_of(self, number: int) -> Calls:
        return self.calls[number] if number >= 0 else self.library.typed(number)[1]

    def _linked(self, bodies: Iterable[Body]) -> tuple[tuple[TypedFunction, ...], dict[int, int]]:
        """The functions that are used, callees first, and their final numbers."""
        roots = [number for body in bodies for number, _ in body.called]
        used = order(roots, self._calls_of).functions
        numbers = {number: index for index, number in enumerate(used)}
        functions = tuple(
            renumbered_function(
                self.typed[number] if number >= 0 else self.library.typed(number)[0], numbers
            )
            for number in used
        )
        return functions, numbers

    # --- the program

    def _finished(
        self,
        program: tree.Program,
        bodies: list[Body],
        script: TypedBody | None,
        variables: tuple[int, ...],
        dataset: Dataset | None = None,
        lookups: tuple[Lookup, ...] = (),
        stages: Iterable[TypedStage] = (),
        merge: Merge | None = None,
    ) -> TypedProgram:
        functions, numbers = self._linked(bodies)
        return TypedProgram(
            source=program.source,
            globals=tuple(self.globals_),
            functions=functions,
            script=renumbered_body(script, numbers) if script is not None else None,
            script_variables=variables,
            dataset=dataset,
            lookups=lookups,
            stages=tuple(_renumbered_stage(stage, numbers) for stage in stages),
            merge=merge,
        )


def _renumbered_stage(stage: TypedStage, numbers: Mapping[int, int]) -> TypedStage:
    return evolve(stage, body=renumbered_body(stage.body, numbers))


def _declared(statements: Iterable[tree.Statement]) -> list[str]:
    """The names that declarations and parameters among some statements give."""
    names = []
    for statement in statements:
        if isinstance(statement, tree.Declaration):
            names += [declarator.name.text for declarator in statement.declarators]
        elif isinstance(statement, tree.ParamDefinition):
            names.append(statement.name.text)
    return names
