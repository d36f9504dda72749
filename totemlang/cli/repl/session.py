"""What has been entered so far, and what the next entry makes of it.

Statements make one script. A new entry is checked and run together with all before it: scripts
are deterministic, so what stood there before comes out as before, and the entry is charged the
difference. An entry that is refused, or fails, is forgotten. Definitions of stages make a job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from totemlang.cli.repl.entry import is_complete
from totemlang.cli.repl.expression import Typed, typed_expression
from totemlang.cli.repl.job import Job, is_of_job
from totemlang.cli.repl.placing import placed
from totemlang.diagnostics import Refused
from totemlang.program import Program
from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook

if TYPE_CHECKING:
    from totemlang.bytecode.module import Value
    from totemlang.data.file import DataFile
    from totemlang.engine.outcome import Outcome
    from totemlang.schema.types import Type

RESULT = "repl_value_"
"""The variable that holds the value of an expression while it is shown; it is not kept."""

ENTRY = "entry"
"""The name that entries have in messages."""

_DEFINITIONS = (tree.FunctionDefinition, tree.ParamDefinition)

Variables = Mapping[str, "tuple[Type, Value]"]
Runner = Callable[["Program", Mapping[str, "DataFile"]], "Outcome"]


@frozen
class Answer:
    """What an entry came to: variables that are new or changed, or a value, or a job's outcome.

    `totem` is what the entry was charged; `added` tells that definitions were added to the job,
    which is not run before it is asked for.
    """

    totem: int = 0
    changed: Variables = field(factory=dict)
    value: tuple[Type, Value] | None = None
    outcome: Outcome | None = None
    added: bool = False


@define
class Session:
    """The script and the job so far. `charged` is the totem of every entry since the start."""

    rules: RuleBook
    prices: PriceTable
    run: Runner
    job: Job
    script: tuple[str, ...] = ()
    variables: Variables = field(factory=dict)
    charged: int = 0
    _used: int = 0

    @property
    def used(self) -> int:
        """What the script as it stands costs."""
        return self._used

    def take(self, text: str) -> tuple[Answer, ...]:
        """Take an entry: statements, an expression, or definitions of a job.

        Several entries pasted at once are taken one by one, unless they are one program.

        Raises:
            Refused: with findings placed in the entry. Entries before the wrong one are kept.
            TotemError: for whatever stops the run.
        """
        program, findings = parse(Source(text, ENTRY), self.rules)
        if program is not None and not findings:
            return (self._take_program(text, program),)
        if self._is_expression(text):
            return (self._take_expression(text),)
        units = _units(text)
        if len(units) > 1:
            return tuple(answer for unit in units for answer in self.take(unit))
        raise Refused(findings)

    def program(self, *entries: str) -> Program:
        """The script so far with more entries."""
        text = "".join(entry.rstrip() + "\n" for entry in (*self.script, *entries))
        return Program(Source(text, ENTRY), self.rules, self.prices)

    def type_of(self, expression: str) -> Type:
        """The type of an expression, which is not run.

        Raises:
            Refused: with findings placed in it.
        """
        return self._typed(expression).type

    def job_program(self) -> Program:
        """The job so far with the functions and parameters that were entered."""
        return self.job.program(self._definitions(), self.rules, self.prices)

    def run_job(self) -> Answer:
        """Run the job so far on its data.

        Raises:
            TotemError: for whatever stops the run.
        """
        program = self.job_program()
        data = self.job.data
        files = {name: data.file(path) for name, path in data.bound(program).items()}
        outcome = self.run(program, files)
        self.charged += outcome.usage.used
        return Answer(outcome.usage.used, outcome=outcome)

    def reset(self) -> None:
        """Forget the script and the job; what was charged stays charged."""
        self.script, self.variables, self._used = (), {}, 0
        self.job = self.job.emptied()

    def _take_program(self, text: str, program: tree.Program) -> Answer:
        if not program.items:
            return Answer()
        if is_of_job(program):
            return self._take_job(text, program)
        whole = self.program(text)
        with placed(whole.source, len(self.program().source.text), Source(text, ENTRY)):
            outcome = self.run(whole, {})
        used = outcome.usage.used - self._used
        changed = {
            name: held
            for name, held in outcome.variables.items()
            if repr(self.variables.get(name)) != repr(held)  # NaN is itself, here
        }
        self.script += (text,)
        self.variables, self._used = dict(outcome.variables), outcome.usage.used
        self.charged += used
        return Answer(used, changed=changed)

    def _take_expression(self, text: str) -> Answer:
        found = self._typed(text)
        whole = self.program(found.declaration)
        start = len(self.program().source.text) + found.shift
        with placed(whole.source, start, Source(text, ENTRY)):
            outcome = self.run(whole, {})
        # A name or literal is stored only so that it can be shown: that is charged to nobody.
        used = 0 if found.is_plain else outcome.usage.used - self._used
        self.charged += used
        return Answer(used, value=outcome.variables[RESULT])

    def _take_job(self, text: str, program: tree.Program) -> Answer:
        job = self.job.extended(text, program, self.rules)
        whole = job.program(self._definitions(), self.rules, self.prices)
        if job.stages:
            with placed(whole.source, whole.source.text.rindex(text.rstrip()), Source(text, ENTRY)):
                whole.accept()
        self.job = job
        defined = {type(item) for item in program.items}
        if tree.DatasetDefinition in defined and job.stages:
            return self.run_job()
        return Answer(added=True)

    def _definitions(self) -> tuple[str, ...]:
        """The entries that define functions and parameters, which a job may use."""
        return tuple(entry for entry in self.script if self._only_defines(entry))

    def _only_defines(self, entry: str) -> bool:
        program, _ = parse(Source(entry, ENTRY), self.rules)
        return program is not None and all(isinstance(item, _DEFINITIONS) for item in program.items)

    def _is_expression(self, text: str) -> bool:
        """Whether a text would stand after `=`, be it right or wrong otherwise."""
        word = next(iter(self.rules.labelled), "int")
        _, findings = parse(Source(f"{word} {RESULT} = ({text}\n)\n"), self.rules)
        return not findings

    def _typed(self, text: str) -> Typed:
        before = self.program().source.text
        try:
            return typed_expression(self.program, self.rules, text, RESULT)
        except Refused as refused:
            whole = refused.diagnostics[0].source
            start = whole.text.find(text, len(before))
            with placed(whole, start, Source(text, ENTRY)):
                raise


def _units(text: str) -> list[str]:
    """The entries that a pasted text has: each as many lines as make it complete."""
    units: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        lines.append(line)
        if is_complete("\n".join(lines)):
            units.append("\n".join(lines))
            lines = []
    if lines:
        units.append("\n".join(lines))
    return [unit for unit in units if unit.strip()]
