"""The typed program: what the checker gives and lowering takes.

Names are slots, globals, functions and lookups by number; every operation is a row of the
operation table at a type; widening is written out. An expression is *plain* if it is a literal, a
name or a field (signs on literals and widening aside), for then storing it is charged.
"""

from __future__ import annotations

from attrs import field, frozen

from totemlang.bytecode.module import Dataset, GlobalKind, Lookup, Merge, OrderBy, StageKind, Value
from totemlang.schema.types import Constraint, Field, Type
from totemlang.source import Source, Span

# --- expressions


@frozen
class TypedExpression:
    """An expression with the machine type of its value."""

    type: Type
    span: Span


@frozen
class ConstantValue(TypedExpression):
    """A literal (signed numbers, dates and timestamps included), rounded to its type."""

    value: Value


@frozen
class SlotValue(TypedExpression):
    """A variable, parameter, field of the row or loop variable."""

    slot: int


@frozen
class GlobalValue(TypedExpression):
    """A parameter of the program or a constant."""

    index: int


@frozen
class OperationValue(TypedExpression):
    """A row of the operation table at a type, on operands in order (widening rows included)."""

    operation: str
    at: Type | None
    operands: tuple[TypedExpression, ...]


@frozen
class LogicValue(TypedExpression):
    """`and` or `or`: the right side is evaluated only where it decides."""

    operator: str
    left: TypedExpression
    right: TypedExpression


@frozen
class CallValue(TypedExpression):
    """A call of a function of the program or the library."""

    function: int
    arguments: tuple[TypedExpression, ...]


@frozen
class LookupValue(TypedExpression):
    """`L[k].a`: an optional."""

    lookup: int
    column: int
    keys: tuple[TypedExpression, ...]


@frozen
class CheckedValue(TypedExpression):
    """A value that must keep to a constraint where nothing is stored: argument, return or emit.

    The checks of the constraint follow the value; it is plain if the value is.
    """

    value: TypedExpression
    constraint: Constraint


# --- statements


@frozen
class TypedStatement:
    """A statement; `span` is what charges of its own are shown at."""

    span: Span


@frozen
class Store(TypedStatement):
    """Put a value into a slot after the checks of the slot's declared type.

    `fixed_length` tells that the slot is an array whose length may not change any more.
    """

    slot: int
    value: TypedExpression
    constraint: Constraint
    first: bool


@frozen
class StoreElement(TypedStatement):
    """`a[i] = e`: `slot` holds the array; `constraint` bounds an element."""

    slot: int
    index: TypedExpression
    value: TypedExpression
    constraint: Constraint


@frozen
class UpdateElement(TypedStatement):
    """`a[i] += e`, `a[i]++`: `operation` is `add`, `sub` or `mul` at the element's type."""

    slot: int
    index: TypedExpression
    operation: str
    value: TypedExpression
    constraint: Constraint


@frozen
class TypedIf(TypedStatement):
    """`else if` is an `If` within `otherwise`."""

    condition: TypedExpression
    body: tuple[TypedStatement, ...]
    otherwise: tuple[TypedStatement, ...]


@frozen
class TypedFor(TypedStatement):
    """A counted loop: `start` and `step` are stores to `slot`."""

    slot: int
    start: Store
    condition: TypedExpression
    step: Store
    body: tuple[TypedStatement, ...]


@frozen
class TypedForEach(TypedStatement):
    """`for x in xs`: `slot` holds the element."""

    slot: int
    array: TypedExpression
    body: tuple[TypedStatement, ...]


@frozen
class TypedWhile(TypedStatement):
    """`limit` is a long, evaluated once."""

    condition: TypedExpression
    limit: TypedExpression
    body: tuple[TypedStatement, ...]


@frozen
class TypedBreak(TypedStatement):
    """Leave the innermost loop."""


@frozen
class TypedContinue(TypedStatement):
    """Go on with the innermost loop's next round."""


@frozen
class TypedReturn(TypedStatement):
    """Leave the function with a value."""

    value: TypedExpression


@frozen
class TypedEmit(TypedStatement):
    """Emit key parts and values, in column order, of the columns' exact types."""

    values: tuple[TypedExpression, ...]


# --- definitions


@frozen
class TypedBody:
    """A body with its slots: machine types and names, parameters first."""

    slots: tuple[Field, ...]
    statements: tuple[TypedStatement, ...]
    span: Span


@frozen
class TypedFunction:
    """A function; `library` for those of the standard library, under their dotted name."""

    name: str
    parameters: tuple[Field, ...]
    result: Type
    body: TypedBody
    library: bool
    source: Source


@frozen
class TypedGlobal:
    """A parameter or constant; `initial` uses earlier globals only."""

    field: Field
    kind: GlobalKind
    initial: TypedExpression | None
    span: Span


@frozen
class TypedStage:
    """A map or reduce; the first slots of `body` are its parameters."""

    name: str
    kind: StageKind
    parameters: tuple[Field, ...]
    key_parts: int
    order_by: OrderBy | None
    emitted: tuple[Field, ...]
    emitted_key_parts: int
    body: TypedBody
    span: Span


@frozen
class TypedProgram:
    """A checked program. `functions` holds those that are used, callees before callers.

    `script_variables` names the slots that a script reports, in order of declaration (a loop's
    variable where the loop stands at the top level).
    """

    source: Source
    globals: tuple[TypedGlobal, ...] = ()
    functions: tuple[TypedFunction, ...] = ()
    script: TypedBody | None = None
    script_variables: tuple[int, ...] = field(default=())
    dataset: Dataset | None = None
    lookups: tuple[Lookup, ...] = ()
    stages: tuple[TypedStage, ...] = ()
    merge: Merge | None = None
