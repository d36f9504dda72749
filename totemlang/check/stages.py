"""Stages: each body against what it takes, and each head against what the stage above emits."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import Factory, define

from totemlang.bytecode.module import Dataset, Merge, StageKind
from totemlang.check.columns import KEY_HINT
from totemlang.check.context import Body, BodyKind, World
from totemlang.check.declarations import conventional, declare_local, once
from totemlang.check.emits import Columns, agreed, finished
from totemlang.check.heads import Head, head_of, row_hint
from totemlang.check.merge import Obstacle, combination
from totemlang.check.names import RowName, Variable
from totemlang.check.statements import sequence
from totemlang.check.typed import TypedBody, TypedStage
from totemlang.schema.types import INT, KEY_KINDS, Field
from totemlang.syntax import tree

Definition = tree.MapDefinition | tree.ReduceDefinition


@define
class Stages:
    """The stages of a job, checked in order: `bodies` has for each stage the body as checked."""

    world: World
    dataset: Dataset | None
    datasets: tuple[str, ...]
    typed: list[TypedStage | None] = Factory(list)
    bodies: list[Body] = Factory(list)

    def check(self, definitions: Sequence[Definition]) -> None:
        """Check all stages; where one is wrong, its place in `typed` holds None."""
        taken: dict[str, tree.Name] = {}
        heads = []
        for node in definitions:
            conventional(self.world, node.name)
            once(self.world, taken, node.name, "stage")
            heads.append(head_of(self.world, node))
        emitted: Columns | None = None
        for number, head in enumerate(heads):
            following = heads[number + 1] if number + 1 < len(heads) else None
            before = self.world.reporter.count
            known = (
                self._first(head)
                if number == 0
                else self._chained(head, heads[number - 1], emitted)
            )
            emitted = self._stage(head, following, known, before)

    def _stage(
        self, head: Head, following: Head | None, fields: tuple[Field, ...] | None, before: int
    ) -> Columns | None:
        wanted = following.wanted if following is not None else None
        body = Body(self.world, BodyKind.STAGE, self.world.names.inner())
        body.expected = tuple(w.type for w in wanted) if wanted is not None else ()
        self._parameters(body, head, fields)
        statements, _ = sequence(body, head.node.body)
        columns = agreed(body, head.node.name, wanted)
        self.bodies.append(body)
        if columns is None or fields is None:
            self.typed.append(None)
            return columns
        done = finished(body, statements, columns)
        if self.world.reporter.count > before:
            self.typed.append(None)
            return columns
        self.typed.append(
            TypedStage(
                head.node.name.text,
                head.kind,
                fields,
                head.key_parts,
                head.order_by,
                columns.fields,
                columns.key_parts,
                TypedBody(tuple(body.slots), done, head.node.span),
                head.node.span,
            )
        )
        return columns

    def _parameters(self, body: Body, head: Head, fields: tuple[Field, ...] | None) -> None:
        """Parameters are the first slots; a row's columns are known by the row's name."""
        if head.row is not None:
            columns = {}
            for field in fields or ():
                slot = body.slot(field.name, field.type, field.constraint)
                columns[field.name] = (slot, field)
            name = self.dataset.name if self.dataset is not None else ""
            row = RowName(name, columns if fields is not None else None)
            declare_local(body, head.row, row)
            return
        for taken in head.taken:
            slot = body.slot(taken.name.text, taken.type, taken.constraint)
            variable = Variable(slot, taken.type, taken.constraint, "a parameter")
            declare_local(body, taken.name, variable)

    # --- what a stage takes

    def _first(self, head: Head) -> tuple[Field, ...] | None:
        """The columns that the first map takes; None, mostly with a finding, where not known."""
        world, node = self.world, head.node
        if not isinstance(node, tree.MapDefinition) or node.row_of is None:
            message = "the first stage takes the rows of the data set"
            world.reporter.add(
                "CTL110", node.name.span, message, row_hint(self.dataset, self.datasets)
            )
            return None
        if node.row_of.text not in self.datasets:
            near = world.suggestions.near(node.row_of.text, self.datasets)
            hint = near or "declare it: `dataset readings(timestamp ts, double kwh)`"
            message = f"there is no data set `{node.row_of.text}`"
            world.reporter.add("NAM109", node.row_of.span, message, hint)
            return None
        if self.dataset is None or self.dataset.name != node.row_of.text:
            return None
        return self.dataset.columns

    def _chained(
        self, head: Head, above: Head, emitted: Columns | None
    ) -> tuple[Field, ...] | None:
        """The parameters of a stage, held against what the stage above emits."""
        if head.row is not None:
            message = f"a later stage takes what `{above.node.name.text}` emits, not rows"
            hint = _fitting(head, emitted) if emitted is not None else ""
            self.world.reporter.add("CTL110", head.node.name.span, message, hint)
            return None
        if emitted is not None:
            self._held_against(head, above, emitted)
        if any(taken.type is None for taken in head.taken):
            return None
        return tuple(Field(t.name.text, t.type or INT, t.constraint) for t in head.taken)

    def _held_against(self, head: Head, above: Head, emitted: Columns) -> None:
        reporter, node, source = self.world.reporter, head.node, above.node.name.text
        hint = _fitting(head, emitted)
        if len(head.taken) != len(emitted.fields):
            count = len(emitted.fields)
            message = f"`{source}` emits {count} column{'s' * (count != 1)}, not {len(head.taken)}"
            reporter.add("CTL110", node.name.span, message, hint)
            return
        if head.kind is StageKind.REDUCE and head.key_parts != emitted.key_parts:
            message = f"the key that `{source}` emits has {_parts(emitted.key_parts)}"
            reporter.add("CTL110", node.name.span, message, hint)
            return
        names = [field.name for field in emitted.fields]
        columns = zip(head.taken, head.wanted, emitted.fields, emitted.settled, strict=True)
        for position, (taken, wanted, field, settled) in enumerate(columns):
            if settled and wanted.type is not None and wanted.type != field.type:
                message = f"`{source}` emits {field.type} here (`{field.name}`), not {wanted.type}"
                reporter.add("TYP112", taken.name.span, message, hint)
            name = taken.name.text
            if name in names and names[position] != name:
                message = f"`{name}` is emitted at position {names.index(name) + 1}, not here"
                swapped = "parameters follow the emitted columns in order, whatever their names"
                reporter.add("NAM105", taken.name.span, message, swapped)
            is_key = head.kind is StageKind.REDUCE and position < head.key_parts
            if is_key and wanted.type is not None and wanted.type.kind not in KEY_KINDS:
                message = f"{wanted.type} cannot be a key"
                key_hint = f"{KEY_HINT}; numbers are cut into bins: `floor(x / width)`"
                reporter.add("TYP109", taken.name.span, message, key_hint)

    # --- merge

    def merge(self, after: int, line: tree.MergeLine | None) -> Merge | None:
        """The merge written after a stage, or the one that follows from the last stage."""
        stage = self.typed[after]
        if stage is None:
            return None
        found = combination(stage, self.bodies[after])
        if not isinstance(found, Obstacle):
            return Merge(after, found, line is not None)
        if line is not None:
            message = f"`merge` cannot stand after `{stage.name}`: {found.reason}"
            where = line.span if found.span == stage.span else found.span
            self.world.reporter.add("CTL111", where, message, found.hint)
        return None


def _parts(count: int) -> str:
    return f"{count} parts" if count > 1 else "one part"


def _fitting(head: Head, emitted: Columns) -> str:
    """The head of a stage that would take what is emitted, if all of that is known."""
    if not all(emitted.settled):
        return ""
    name = head.node.name.text
    own = [taken.name.text for taken in head.taken]
    emitted_names = [field.name for field in emitted.fields]
    names = (
        own
        if len(own) == len(emitted_names) and not set(own) & set(emitted_names)
        else emitted_names
    )
    pairs = list(zip(emitted.fields, names, strict=True))
    if head.kind is StageKind.MAP:
        return f"write `map {name}({', '.join(f'{f.type} {n}' for f, n in pairs)})`"
    arrays = [f"{f.type}[] {n}" for f, n in pairs]
    if head.kind is StageKind.REDUCE_ALL:
        return f"write `reduce {name}({', '.join(arrays)})`"
    key = ", ".join(f"{f.type} {n}" for f, n in pairs[: emitted.key_parts])
    key = f"({key})" if emitted.key_parts > 1 else key
    return f"write `reduce {name}({', '.join([key, *arrays[emitted.key_parts :]])})`"
