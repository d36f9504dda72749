"""Names, columns, elements and lookups: what an expression without sign or call refers to."""

from __future__ import annotations

from collections.abc import Iterable

from totemlang.check.context import Body, BodyKind
from totemlang.check.matching import Match
from totemlang.check.names import (
    CONVENTION,
    Binding,
    GlobalName,
    LibraryConstant,
    LookupName,
    RowName,
    Variable,
)
from totemlang.check.settle import place, settle
from totemlang.check.suggestions import NAME_HABITS
from totemlang.check.typed import (
    ConstantValue,
    GlobalValue,
    LookupValue,
    SlotValue,
    TypedExpression,
)
from totemlang.check.values import Operand, known_value, operation
from totemlang.schema.types import LONG, STRING
from totemlang.source import Span
from totemlang.syntax import tree


def reference(body: Body, node: tree.Reference) -> Operand:
    """The value of a name."""
    name = node.name.text
    binding = body.names.find(name)
    if binding is None:
        unknown_name(body, node.name)
        return None
    if isinstance(binding, RowName):
        hint = f"write the column: `{name}.{_example(binding.columns or ())}`"
        body.report("TYP108", node.span, f"`{name}` is a row and no value", hint)
    elif isinstance(binding, LookupName):
        columns = binding.lookup.columns if binding.lookup is not None else ()
        hint = f"write `{name}[key].{_example(c.name for c in columns)}`"
        body.report("TYP108", node.span, f"`{name}` is a lookup and no value", hint)
    return bound(body, binding, node.span)


def bound(body: Body, binding: Binding, span: Span) -> Operand:
    """The value of what a name means; None for what is no value or of unknown type."""
    if isinstance(binding, Variable) and binding.type is not None:
        return SlotValue(binding.type, span, binding.slot)
    if isinstance(binding, GlobalName) and binding.type is not None:
        return GlobalValue(binding.type, span, binding.index)
    if isinstance(binding, LibraryConstant):
        body.world.require_kind(binding.type.kind, span)
        return ConstantValue(binding.type, span, binding.value)
    return None


def _example(names: Iterable[str]) -> str:
    return next(iter(names), "column")


def unknown_name(body: Body, name: tree.Name, hint: str = "") -> None:
    """Report, once a body, a name that means nothing here."""
    text = name.text
    if text in body.unknown:
        return
    body.unknown.add(text)
    body.report("NAM103", name.span, f"there is no `{text}` here", hint or _name_hint(body, text))


def _name_hint(body: Body, text: str) -> str:
    if text in body.world.hidden:
        return body.world.hidden[text]
    for known in body.names.known():
        binding = body.names.find(known)
        if isinstance(binding, RowName) and binding.columns and text in binding.columns:
            return f"write `{known}.{text}`"
    if body.names.has_ended(text):
        return f"`{text}` ended with its block: keep what it held in a variable declared before"
    near = body.world.suggestions.near(text, body.names.known())
    return NAME_HABITS.get(text) or near


# --- columns of a row, columns of a lookup, constants of the library


def field(body: Body, node: tree.FieldAccess) -> Operand:
    """`row.kwh`, `table[key].a` (its key operands are checked apart) or `math.pi`."""
    of, column = node.of, node.field
    if isinstance(of, tree.Reference):
        binding = body.names.find(of.name.text)
        if isinstance(binding, RowName):
            return _column(body, binding, of.name.text, column, node.span)
        if binding is None:
            return _library_constant(body, of.name, column, node.span)
        if not isinstance(binding, LookupName):
            _no_columns(body, of.name.text, column, node.span)
            return None
    if isinstance(of, tree.Reference):
        hint = f"write `{of.name.text}[key].{column.text}`"
        body.report("TYP108", node.span, f"`{of.name.text}` is a lookup: it needs a key", hint)
        return None
    body.report("TYP108", node.span, "only rows and lookups have columns")
    return None


def _column(body: Body, row: RowName, name: str, column: tree.Name, span: Span) -> Operand:
    if row.columns is None:
        return None
    found = row.columns.get(column.text)
    if found is not None:
        return SlotValue(found[1].type, span, found[0])
    near = body.world.suggestions.nearest(column.text, row.columns)
    if near and not CONVENTION.fullmatch(near):
        hint = f'did you mean `{name}["{near}"]`?'
    elif near:
        hint = f"did you mean `{near}`?"
    else:
        hint = f"a column must stand in `dataset {row.dataset}(…)`"
    body.report("NAM104", column.span, f"`{row.dataset}` has no column `{column.text}` here", hint)
    return None


def _library_constant(body: Body, file: tree.Name, column: tree.Name, span: Span) -> Operand:
    dotted = f"{file.text}.{column.text}"
    constant = body.world.library.constant(dotted)
    if constant is not None:
        return bound(body, constant, span)
    if body.world.library.overloads(dotted):
        hint = f"it is a function: write `{dotted}(…)`"
        body.report("NAM103", span, f"there is no constant `{dotted}`", hint)
    elif file.text in body.world.library.names:
        library = body.world.library
        known = (*library.constant_names(), *library.function_names())
        near = body.world.suggestions.near(dotted, known)
        body.report("NAM103", span, f"there is no constant `{dotted}`", near)
    else:
        unknown_name(body, file)
    return None


_METHODS = {"length": "len", "size": "len", "count": "count", "sum": "sum", "lower": "lower"}


def _no_columns(body: Body, name: str, column: tree.Name, span: Span) -> None:
    word = _METHODS.get(column.text)
    hint = f"write `{word}({name})`" if word else ""
    body.report("TYP108", span, f"`{name}` is a value and has no `{column.text}`", hint)


def lookup_of(body: Body, node: tree.Expression) -> tuple[tree.Index, LookupName] | None:
    """The lookup that `table[key].a` asks; None where `node` is no such expression."""
    if not (isinstance(node, tree.FieldAccess) and isinstance(node.of, tree.Index)):
        return None
    table = node.of.of
    if not isinstance(table, tree.Reference):
        return None
    binding = body.names.find(table.name.text)
    return (node.of, binding) if isinstance(binding, LookupName) else None


def looked_up(body: Body, node: tree.FieldAccess, name: LookupName, keys: list[Operand]) -> Operand:
    """`table[key].a`: an optional, missing where the table has no such row."""
    table = name.lookup
    if body.kind is BodyKind.CONSTANT:
        body.report("CTL116", node.span, "a lookup cannot stand in a constant")
        return None
    if table is None:
        for key in keys:
            settle(body, key)
        return None
    column = next((i for i, c in enumerate(table.columns) if c.name == node.field.text), None)
    if column is None:
        near = body.world.suggestions.near(node.field.text, (c.name for c in table.columns))
        message = f"lookup `{table.name}` has no column `{node.field.text}`"
        body.report("NAM104", node.field.span, message, near)
    if len(keys) != len(table.keys):
        count = len(table.keys)
        tuple_ = ", ".join(k.name for k in table.keys)
        hint = (
            f"write `{table.name}[({tuple_})]`" if count > 1 else f"write `{table.name}[{tuple_}]`"
        )
        message = f"the key of `{table.name}` has {count} part{'s' * (count > 1)}"
        body.report("TYP105", node.of.span, message, hint)
        return None
    placed = [
        place(body, key, part.type, f"key `{part.name}` of `{table.name}`")
        for key, part in zip(keys, table.keys, strict=True)
    ]
    there = tuple(key for key in placed if key is not None)
    if column is None or len(there) < len(keys):
        return None
    element = table.columns[column].type.element
    body.world.require("Lookup", node.span)
    return LookupValue(element.optional, node.span, name.index, column, there)


# --- elements of arrays


def element(body: Body, node: tree.Index, of: Operand, keys: list[Operand]) -> Operand:
    """`xs[i]`."""
    array = settle(body, of)
    if array is None:
        for key in keys:
            settle(body, key)
        return None
    index = place(body, keys[0], LONG, "an index")
    if not array.type.is_array:
        body.report(
            "TYP107", node.span, f"this is {array.type}: it has no elements", _index_hint(array)
        )
        return None
    if len(keys) > 1:
        hint = "keep a table flat: `xs[i * n + j]`"
        body.report("TYP107", node.span, "an array has one index", hint)
        return None
    if index is None:
        return None
    at = array.type.element
    within(body, array, index)
    return operation(body, Match("element", at, (array.type, LONG), at), (array, index), node.span)


def _index_hint(value: TypedExpression) -> str:
    if value.type == STRING:
        return "a piece of a string is `substr(s, start, length)`"
    return (
        "`default(x, v)` gives the value where it may be missing" if value.type.is_optional else ""
    )


def within(body: Body, array: TypedExpression, index: TypedExpression) -> None:
    """Report an index on literals beyond the declared length of an array."""
    known = known_value(body, index)
    if not isinstance(array, SlotValue) or not isinstance(known, int):
        return
    length = body.slots[array.slot].constraint.length
    if length is not None and known >= length:
        message = f"this must fail: the array has {length} elements, counted from 0"
        body.report("OPR102", index.span, message, f"the last one has index {length - 1}")
