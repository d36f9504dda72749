"""The typed program as text: what the checker made of names, literals and signs, line by line.

For people and tests; nothing reads it back. Operations are written with the type at which they
run (`add.int(a, 1)`), literals with theirs where it is not plain to see (`0.1:float`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import frozen

from totemlang.check.typed import (
    CallValue,
    CheckedValue,
    ConstantValue,
    GlobalValue,
    LogicValue,
    LookupValue,
    OperationValue,
    SlotValue,
    Store,
    StoreElement,
    TypedBody,
    TypedBreak,
    TypedContinue,
    TypedEmit,
    TypedExpression,
    TypedFor,
    TypedForEach,
    TypedIf,
    TypedProgram,
    TypedReturn,
    TypedStatement,
    TypedWhile,
    UpdateElement,
)
from totemlang.schema.types import BOOL, INT, STRING, Constraint, Field


def program_text(program: TypedProgram) -> str:
    """The whole program, one line a declaration or statement."""
    return "\n".join(_program(program)) + "\n"


def _program(program: TypedProgram) -> Iterator[str]:
    bare = _Names(program, ())
    if program.dataset is not None:
        yield f"dataset {program.dataset.name}({_fields(program.dataset.columns)})"
    for lookup in program.lookups:
        yield f"lookup {lookup.name}(({_fields(lookup.keys)}), {_fields(lookup.columns)})"
    for each in program.globals:
        initial = f" = {bare.of(each.initial)}" if each.initial is not None else ""
        yield f"{each.kind.value} {_field(each.field)}{initial}"
    for function in program.functions:
        if not function.library:
            heading = f"{function.result} {function.name}({_fields(function.parameters)})"
            yield f"function {heading}"
            yield from _body(program, function.body)
    if program.script is not None:
        yield from _body(program, program.script, "")
        names = (program.script.slots[slot].name for slot in program.script_variables)
        yield f"result {', '.join(names)}"
    for number, stage in enumerate(program.stages):
        order = f" order by {stage.order_by.parameter}" if stage.order_by else ""
        yield f"{stage.kind.value} {stage.name}({_fields(stage.parameters)}){order}"
        yield from _body(program, stage.body)
        yield f"  columns {_fields(stage.emitted)}; key {stage.emitted_key_parts}"
        if program.merge is not None and program.merge.after == number:
            written = "" if program.merge.written else " (implied)"
            yield f"merge {', '.join(program.merge.combine)}{written}"


def _body(program: TypedProgram, body: TypedBody, indent: str = "  ") -> Iterator[str]:
    return _Names(program, body.slots).lines(body.statements, indent)


def _fields(fields: Iterable[Field]) -> str:
    return ", ".join(_field(field) for field in fields)


def _field(field: Field) -> str:
    return f"{field.type}{_constraint(field.constraint)} {field.name}"


def _constraint(constraint: Constraint) -> str:
    parts = []
    if constraint.length is not None:
        parts.append(f"length {constraint.length}")
    if constraint.max_bytes is not None:
        parts.append(f"bytes {constraint.max_bytes}")
    if constraint.lower is not None or constraint.upper is not None:
        parts.append(f"{constraint.lower} to {constraint.upper}")
    return f"{{{', '.join(parts)}}}" if parts else ""


@frozen
class _Names:
    """Writes expressions and statements of a body with the names of its slots."""

    program: TypedProgram
    slots: tuple[Field, ...]

    def of(self, value: TypedExpression) -> str:
        """An expression."""
        return _VALUES[type(value)](self, value)

    def all(self, values: Iterable[TypedExpression]) -> str:
        """Expressions between commas."""
        return ", ".join(self.of(value) for value in values)

    def lines(self, statements: Iterable[TypedStatement], indent: str) -> Iterator[str]:
        """Statements, blocks two further in."""
        for statement in statements:
            for line in _STATEMENTS[type(statement)](self, statement):
                yield indent + line

    def name(self, slot: int) -> str:
        """The name of a slot."""
        return self.slots[slot].name


def _literal(_: _Names, node: ConstantValue) -> str:
    if isinstance(node.value, str):
        return '"' + node.value.replace('"', '\\"') + '"'
    text = str(node.value).lower() if isinstance(node.value, bool) else repr(node.value)
    return text if node.type in (INT, BOOL, STRING) else f"{text}:{node.type}"


def _operation(names: _Names, node: OperationValue) -> str:
    at = f".{node.at}" if node.at is not None else ""
    return f"{node.operation}{at}({names.all(node.operands)})"


def _call(names: _Names, node: CallValue) -> str:
    return f"{names.program.functions[node.function].name}({names.all(node.arguments)})"


def _lookup(names: _Names, node: LookupValue) -> str:
    table = names.program.lookups[node.lookup]
    return f"{table.name}[{names.all(node.keys)}].{table.columns[node.column].name}"


_VALUES: dict[type[Any], Callable[[_Names, Any], str]] = {
    ConstantValue: _literal,
    SlotValue: lambda names, node: names.name(node.slot),
    GlobalValue: lambda names, node: names.program.globals[node.index].field.name,
    OperationValue: _operation,
    LogicValue: lambda n, node: f"{node.operator}({n.of(node.left)}, {n.of(node.right)})",
    CallValue: lambda n, node: (
        f"{n.program.functions[node.function].name}({n.all(node.arguments)})"
    ),
    LookupValue: _lookup,
    CheckedValue: lambda n, node: f"check{_constraint(node.constraint)}({n.of(node.value)})",
}


def _store(names: _Names, node: Store) -> Iterator[str]:
    first = f"{node.value.type} " if node.first else ""
    checked = _constraint(node.constraint)
    yield f"{first}{names.name(node.slot)} ={checked} {names.of(node.value)}"


def _store_element(names: _Names, node: StoreElement) -> Iterator[str]:
    checked = _constraint(node.constraint)
    yield f"{names.name(node.slot)}[{names.of(node.index)}] ={checked} {names.of(node.value)}"


def _update_element(names: _Names, node: UpdateElement) -> Iterator[str]:
    place = f"{names.name(node.slot)}[{names.of(node.index)}]"
    yield f"{place} {node.operation}={_constraint(node.constraint)} {names.of(node.value)}"


def _if(names: _Names, node: TypedIf) -> Iterator[str]:
    yield f"if {names.of(node.condition)}"
    yield from names.lines(node.body, "  ")
    if node.otherwise:
        yield "else"
        yield from names.lines(node.otherwise, "  ")


def _for(names: _Names, node: TypedFor) -> Iterator[str]:
    start, step = (next(_store(names, store)) for store in (node.start, node.step))
    yield f"for {start}; {names.of(node.condition)}; {step}"
    yield from names.lines(node.body, "  ")


def _for_each(names: _Names, node: TypedForEach) -> Iterator[str]:
    yield f"for {names.name(node.slot)} in {names.of(node.array)}"
    yield from names.lines(node.body, "  ")


def _while(names: _Names, node: TypedWhile) -> Iterator[str]:
    yield f"while {names.of(node.condition)} limit {names.of(node.limit)}"
    yield from names.lines(node.body, "  ")


_STATEMENTS: dict[type[Any], Callable[[_Names, Any], Iterable[str]]] = {
    Store: _store,
    StoreElement: _store_element,
    UpdateElement: _update_element,
    TypedIf: _if,
    TypedFor: _for,
    TypedForEach: _for_each,
    TypedWhile: _while,
    TypedBreak: lambda names, node: ["break"],
    TypedContinue: lambda names, node: ["continue"],
    TypedReturn: lambda names, node: [f"return {names.of(node.value)}"],
    TypedEmit: lambda names, node: [f"emit {names.all(node.values)}"],
}
