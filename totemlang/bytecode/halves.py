"""A job of several providers in two halves: each provider runs what stands above `merge`, and what
stands below runs once on the merged rows. Either half is a module of its own, verified like any.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from totemlang.bytecode.constants import Pool, constants_used
from totemlang.bytecode.module import (
    Code,
    Dataset,
    Emitted,
    Function,
    Global,
    Instruction,
    Module,
    Stage,
    StageKind,
)
from totemlang.tables.operations import CONSTANT, OPERATIONS

MERGED = "merged"
"""What the half below calls its data set, and the map that hands its rows to a reduce."""


def above_merge(module: Module) -> Module:
    """What every provider runs: the stages down to the merge; all of them where nothing merges."""
    if module.merge is None or module.merge.after == len(module.stages) - 1:
        return module
    return _repooled(evolve(module, stages=module.stages[: module.merge.after + 1]))


def below_merge(module: Module) -> Module | None:
    """What runs once on the merged rows, None where nothing does.

    Its data set, of the name `merged_name` gives, has the columns of `merged_columns`. Where the
    first of its stages is a reduce, a map that emits the rows as they are stands before it.
    """
    if module.merge is None or module.merge.after == len(module.stages) - 1:
        return None
    stages = module.stages[module.merge.after + 1 :]
    name = merged_name(module)
    rows = module.stages[module.merge.after].emitted
    columns = stages[0].parameters
    if not is_map_first(module):
        stages, columns = (_handing_on(name, rows), *stages), rows.columns
    below = evolve(module, dataset=Dataset(name, columns), stages=stages, merge=None)
    return _repooled(below)


def is_map_first(module: Module) -> bool:
    """Whether the first stage below the merge takes the merged rows itself."""
    return module.merge is not None and (
        module.stages[module.merge.after + 1].kind is StageKind.MAP
    )


def merged_name(module: Module) -> str:
    """The name of the merged rows, which nothing else in the program has."""
    taken = {lookup.name for lookup in module.lookups} | {stage.name for stage in module.stages}
    return next(n for n in (MERGED, *(f"{MERGED}{i}" for i in range(len(taken)))) if n not in taken)


def _handing_on(name: str, rows: Emitted) -> Stage:
    types = tuple(column.type for column in rows.columns)
    loads = tuple(Instruction("load", type_, (slot,)) for slot, type_ in enumerate(types))
    names = tuple(column.name for column in rows.columns)
    code = Code(types, (*loads, Instruction("emit")), slot_names=names)
    return Stage(name, StageKind.MAP, rows.columns, 0, None, rows, code)


def _repooled(module: Module) -> Module:
    """The module with the constants that it still uses, in the order of their first use."""
    pool = Pool()

    def code(old: Code) -> Code:
        return evolve(old, instructions=tuple(_moved(old.instructions, module, pool)))

    def given(old: Global) -> Global:
        return old if old.initial is None else evolve(old, initial=code(old.initial))

    def function(old: Function) -> Function:
        return evolve(old, code=code(old.code))

    found = evolve(
        module,
        globals=tuple(given(old) for old in module.globals),
        functions=tuple(function(old) for old in module.functions),
        stages=tuple(evolve(stage, code=code(stage.code)) for stage in module.stages),
    )
    return evolve(found, constants=pool.constants)


def _moved(
    instructions: Iterable[Instruction], module: Module, pool: Pool
) -> Iterable[Instruction]:
    for instruction in instructions:
        if not any(True for _ in constants_used(instruction)):
            yield instruction
            continue
        kinds = OPERATIONS[instruction.operation].immediates
        yield evolve(
            instruction,
            immediates=tuple(
                pool.number(*module.constants[number]) if kind == CONSTANT else number
                for kind, number in zip(kinds, instruction.immediates, strict=True)
            ),
        )
