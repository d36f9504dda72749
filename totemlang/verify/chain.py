"""How stages follow each other: what one emits is, by position and exact type, what the next takes.

Where a merge stands, what stands before it must be able to become one across providers.
"""

from __future__ import annotations

from attrs import evolve, frozen

from totemlang.bytecode.limits import MAX_KEY_PARTS
from totemlang.bytecode.module import Emitted, Merge, Module, Stage, StageKind
from totemlang.schema.types import Field, Type
from totemlang.verify.faults import Faults
from totemlang.verify.merging import mergeable
from totemlang.verify.shape import Shape, is_key


@frozen
class Chain:
    """Judges the stages of a module, their code aside."""

    module: Module
    shape: Shape
    faults: Faults

    def judge(self) -> None:
        """Note everything that is wrong with the stages and the merge."""
        stages = self.module.stages
        if not stages:
            return
        self.shape.unique([stage.name for stage in stages], "stage")
        before: Stage | None = None
        for stage in stages:
            self.stage(stage)
            if before is None:
                self.first(stage)
            else:
                self.follows(stage, before.emitted)
            before = stage
        if self.module.merge is not None:
            self.merge(self.module.merge)

    def stage(self, stage: Stage) -> None:
        """A stage by itself."""
        what = f"stage {stage.name}"
        self.shape.command("Map" if stage.kind is StageKind.MAP else "Reduce")
        self.shape.name(stage.name, what)
        self.shape.fields(stage.parameters, what)
        self.shape.fields(stage.emitted.columns, f"what {what} emits")
        self.shape.parameters(stage.code, stage.parameters, what)
        self.shape.slots(stage.code)
        emitted = stage.emitted
        if not 1 <= emitted.key_parts <= min(MAX_KEY_PARTS, len(emitted.columns)):
            self.fault("BYT113", stage, "it emits too few or too many parts of a key")
        for column in emitted.columns:
            if not column.type.is_scalar:
                self.fault("BYT113", stage, f"it emits {column.type}, which no row may hold")
        if stage.order_by is not None:
            self.order_by(stage, stage.order_by.parameter)

    def order_by(self, stage: Stage, parameter: int) -> None:
        """A group is sorted by one of its arrays."""
        known = stage.parameters[parameter : parameter + 1] if parameter >= 0 else ()
        if stage.kind is StageKind.MAP or not known or not known[0].type.is_array:
            self.fault("BYT115", stage, "it orders by what is no array parameter of a reduce")

    def first(self, stage: Stage) -> None:
        """The first stage is a map over the data set's columns."""
        dataset = self.module.dataset
        if dataset is None:
            self.faults.add("BYT117", "there are stages without a data set")
        elif stage.kind is not StageKind.MAP:
            self.fault("BYT112", stage, "the first stage is no map")
        elif stage.parameters != dataset.columns:
            self.fault("BYT112", stage, "it does not take the columns of the data set")
        self.key_parts(stage, 0)

    def follows(self, stage: Stage, emitted: Emitted) -> None:
        """A later stage takes what the stage before it emits."""
        keyed = stage.kind is StageKind.REDUCE
        self.key_parts(stage, emitted.key_parts if keyed else 0)
        wanted = tuple(self.taken(stage, emitted, place) for place in range(len(emitted.columns)))
        found = tuple(parameter.type for parameter in stage.parameters)
        if found != wanted:
            shown = ", ".join(map(str, wanted))
            self.fault("BYT112", stage, f"it does not take what is emitted before it: {shown}")
        for parameter, column in zip(stage.parameters, emitted.columns, strict=False):
            self.declared(stage, parameter, column)
        if keyed:
            self.keys(stage, stage.parameters[: emitted.key_parts])

    def declared(self, stage: Stage, parameter: Field, column: Field) -> None:
        """What a parameter is declared to keep to has been checked where its column is emitted."""
        wanted = evolve(parameter.constraint, length=None, word="")
        known = evolve(column.constraint, word="")
        if parameter.constraint.length is not None or not (wanted.is_free or wanted == known):
            self.fault("BYT112", stage, f"{parameter.name} has bounds that nothing keeps to")

    def taken(self, stage: Stage, emitted: Emitted, place: int) -> Type:
        """The type in which a stage takes an emitted column."""
        at = emitted.columns[place].type
        if stage.kind is StageKind.MAP:
            return at
        single = stage.kind is StageKind.REDUCE and place < emitted.key_parts
        return at if single else at.array

    def key_parts(self, stage: Stage, wanted: int) -> None:
        """Only a keyed reduce has key parameters: as many as the key before it has parts."""
        if stage.key_parts != wanted:
            self.fault("BYT112", stage, f"it has {stage.key_parts} key parameters, not {wanted}")

    def keys(self, stage: Stage, keys: tuple[Field, ...]) -> None:
        """The parts of a key that rows are grouped or merged by."""
        for key in keys:
            if not is_key(key):
                self.fault("BYT112", stage, f"{key.type} is no type for a key")

    def merge(self, merge: Merge) -> None:
        """The line stands after a reduce whose results can become one, and says how."""
        stages = self.module.stages
        if merge.written:
            self.shape.command("Merge")
        if not 0 <= merge.after < len(stages) or not (
            merge.written or merge.after + 1 == len(stages)
        ):
            self.faults.add("BYT115", "the merge stands after no stage, or after the wrong one")
            return
        stage = stages[merge.after]
        self.keys(stage, stage.emitted.columns[: stage.emitted.key_parts])
        combine = mergeable(stage)
        if combine is None:
            self.fault("BYT115", stage, "its results for equal keys cannot become one")
        elif combine != merge.combine:
            self.fault("BYT115", stage, f"its results become one by {', '.join(combine)}")

    def fault(self, code: str, stage: Stage, message: str) -> None:
        """Note what is wrong with a stage."""
        self.faults.add(code, f"stage {stage.name}: {message}")
