"""The bytecode of a program as values: the compiler makes it, the verifier checks it.

Code is a flat sequence of instructions for a typed stack machine with structured control:
`if … else … end`, `and … end`, `or … end`, `for condition do body step step end`,
`while condition do body end`, `foreach body end`. There are no jumps.
"""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from totemlang.schema.types import Field, Type
from totemlang.source import NOWHERE, Source, Span

Value = bool | int | float | str | None | tuple["Value", ...]
"""A constant: date as days since 1970-01-01, timestamp and duration as microseconds (since then),
float and double as Python floats, an array as a tuple."""


@frozen
class Instruction:
    """An operation at a type (None where the row takes none) with its immediates."""

    operation: str
    type: Type | None = None
    immediates: tuple[int, ...] = ()

    def __str__(self) -> str:
        """As in a listing: `add.int`, `load.double 3`."""
        name = f"{self.operation}.{self.type}" if self.type is not None else self.operation
        return " ".join([name, *map(str, self.immediates)])


@frozen
class Code:
    """A body: the types of its slots, parameters first, and its instructions.

    Slots that are no parameters start at zero: 0, false, "", missing, an array of length 0.
    `spans` (one an instruction), `slot_names` and `place` (where the body's head stands; what
    a stage reads is charged there) serve people; they live apart in the container, are not part
    of the program's hash and may be empty.
    """

    slots: tuple[Type, ...]
    instructions: tuple[Instruction, ...]
    spans: tuple[Span, ...] = field(default=(), eq=False)
    slot_names: tuple[str, ...] = field(default=(), eq=False)
    place: Span = field(default=NOWHERE, eq=False)

    def span(self, index: int) -> Span:
        """Where instruction `index` comes from; `NOWHERE` without spans."""
        return self.spans[index] if index < len(self.spans) else NOWHERE


class GlobalKind(Enum):
    """What a value known before the run is: sent with the request, or written in the program."""

    PARAMETER = "param"
    CONSTANT = "constant"


@frozen
class Global:
    """A parameter or constant of the program. `initial` leaves its value on the stack.

    `initial` has no slots, no control and no calls; it may use globals that stand before. None
    for a parameter without default. Values sent are checked against type and constraint.
    """

    field: Field
    kind: GlobalKind
    initial: Code | None


@frozen
class Dataset:
    """The data set a job takes: its name in the program and the columns taken, in order."""

    name: str
    columns: tuple[Field, ...]


@frozen
class Lookup:
    """A small table asked by key: key parts, then columns. `place` serves people, as in `Code`."""

    name: str
    keys: tuple[Field, ...]
    columns: tuple[Field, ...]
    place: Span = field(default=NOWHERE, eq=False)


@frozen
class Function:
    """A function: the first `len(parameters)` slots of `code` are its parameters.

    `library` marks a function of the standard library under its dotted name; the verifier holds
    its code against its own library. Every path ends in `return`. A function calls only
    functions that stand before it in the module.
    """

    name: str
    parameters: tuple[Field, ...]
    result: Type
    code: Code
    library: bool = False


class StageKind(Enum):
    """How a stage is run: once a row, once a key, or once over all rows."""

    MAP = "map"
    REDUCE = "reduce"
    REDUCE_ALL = "reduce without key"


@frozen
class OrderBy:
    """Sort a group by one of the array parameters (index into the stage's parameters)."""

    parameter: int
    descending: bool


@frozen
class Emitted:
    """The columns that a stage emits; the first `key_parts` are its key."""

    columns: tuple[Field, ...]
    key_parts: int


@frozen
class Stage:
    """A map or reduce function. Its parameters are the first slots of `code`.

    A map's parameters are the columns taken (of the first stage: those of the data set). A
    keyed reduce has its `key_parts` key parameters first, then arrays; a reduce without key has
    arrays only. `code` ends without `return`; `emit` takes the emitted columns from the stack.
    """

    name: str
    kind: StageKind
    parameters: tuple[Field, ...]
    key_parts: int
    order_by: OrderBy | None
    emitted: Emitted
    code: Code


@frozen
class Merge:
    """Where results of several providers become one: after stage `after` (index).

    `combine` names for each value column how equal keys combine: sum, count, min or max.
    `written` is False where the line was not written and follows from the last reduce.
    """

    after: int
    combine: tuple[str, ...]
    written: bool = True


@frozen
class Module:
    """A whole program. A script has `script` and no stages; a job the reverse.

    `variables` are the results of a script: names with the slots that hold them at the end.
    """

    rules_hash: str
    prices_hash: str
    constants: tuple[tuple[Type, Value], ...]
    globals: tuple[Global, ...]
    functions: tuple[Function, ...]
    script: Code | None = None
    variables: tuple[tuple[str, int], ...] = ()
    dataset: Dataset | None = None
    lookups: tuple[Lookup, ...] = ()
    stages: tuple[Stage, ...] = ()
    merge: Merge | None = None
    source: Source | None = field(default=None, eq=False)
