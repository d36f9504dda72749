"""The operation table: every opcode of the bytecode, declared once.

A row says what an operation takes from the stack and leaves there, what it costs, which command
of the rules it belongs to, whether it may fail, and what it means (as a Python expression over
its operands). Checker, verifier, estimator, VM, listing and reference read these rows; none of
them knows an operation by itself.

An opcode is written `add.int`: a row (`add`) at one machine type T (`int`). In operand and result
patterns `T` is that type, `T[]` the array and `T?` the optional of its kind, `E` its scalar; other
words are types. The *meaning* of a whole-number, date or time result is range-checked by the VM,
a float result is rounded to binary32: the expression gives the mathematical value.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from attrs import frozen

from totemlang.schema.types import (
    BOOL,
    DATE,
    DOUBLE,
    DURATION,
    FLOAT,
    INT,
    LONG,
    STRING,
    TIMESTAMP,
    Type,
    parse_type,
)
from totemlang.tables import native, native_times
from totemlang.tables.measure import (
    FREE_OF_CHARGE,
    ONE,
    BitLength,
    BytesOf,
    Constant,
    ElementBytesOf,
    Larger,
    LengthOf,
    LessOne,
    LookupRows,
    Measure,
    Operands,
    ResultBytes,
    ValueOf,
)
from totemlang.tables.native import NativeCode

WHOLE = (INT, LONG)
BINARY = (FLOAT, DOUBLE)
NUMBERS = WHOLE + BINARY
SCALARS = (BOOL, *NUMBERS, DATE, TIMESTAMP, DURATION, STRING)
ARRAYS = tuple(t.array for t in SCALARS)
OPTIONALS = tuple(t.optional for t in SCALARS)
EVERYTHING = SCALARS + ARRAYS + OPTIONALS

ASSIGN = "assign"
MATH = "MathOperation"
RELATIONAL = "RelationalOperation"
LOGIC = "LogicOperation"
CONVERSION = "ConversionOperation"
ACCESS = "AccessOperation"
CALL = "CallOperation"
CONTROL = "ControlOperation"
NOTHING = ""

# What an instruction carries beside its type; each is one non-negative whole number.
SLOT, CONSTANT, GLOBAL, FUNCTION, LOOKUP, COLUMN, COUNT = (
    "slot",
    "constant",
    "global",
    "function",
    "lookup",
    "column",
    "count",
)


@frozen
class Operation:
    """A row of the table.

    `number` is its byte in the container. `over` are the types T it exists at (empty: it takes
    none). `weight` names a row of the price table, `measure` multiplies it. `group` is the
    operation class of totals and traces (`assign` is shown with its kind, `INTassign`).
    `command`, where given, is the command it needs; else that is the command of T's kind.
    `plain` marks what counts as a literal, a name or a field, whose storing is charged. `native`
    says how it is written in WebAssembly; without it the native tier has a rule of its own for it.
    """

    name: str
    number: int
    operands: tuple[str, ...]
    result: str
    over: tuple[Type, ...] = ()
    weight: str = ""
    measure: Measure = FREE_OF_CHARGE
    group: str = NOTHING
    fails: bool = False
    meaning: str = ""
    immediates: tuple[str, ...] = ()
    command: str = ""
    plain: bool = False
    control: bool = False
    note: str = ""
    also: tuple[tuple[str, Measure], ...] = ()
    native: NativeCode | None = None

    @property
    def price(self) -> tuple[tuple[str, Measure], ...]:
        """The terms of the price: a weight of the price table by a measure of the operands."""
        first = ((self.weight, self.measure),) if self.weight else ()
        return first + self.also


@cache
def pattern_type(pattern: str, at: Type | None) -> Type:
    """The type that a pattern means for an operation at type `at`."""
    if pattern in ("T", "E", "T[]", "T?"):
        if at is None:
            raise ValueError(f"pattern {pattern} needs a type")
        return {"T": at, "E": at.element, "T[]": at.array, "T?": at.optional}[pattern]
    return parse_type(pattern)


# fmt: off
def _rows() -> Iterable[Operation]:
    op = Operation
    # Values and slots. Numbers are grouped by sixteen so that new rows find a place.
    yield op("const", 0x01, (), "T", EVERYTHING, immediates=(CONSTANT,), plain=True, meaning="constant")
    yield op("load", 0x02, (), "T", EVERYTHING, immediates=(SLOT,), plain=True, meaning="slot")
    yield op("global", 0x03, (), "T", EVERYTHING, immediates=(GLOBAL,), plain=True, meaning="global")
    yield op("assign", 0x04, ("T",), "", SCALARS + ARRAYS + OPTIONALS, "assign", BytesOf(0), ASSIGN, immediates=(SLOT,), note="stores a literal, a name or a field")
    yield op("set", 0x05, ("T",), "", SCALARS + ARRAYS + OPTIONALS, immediates=(SLOT,), note="stores the result of an operation, which has been paid for")
    yield op("widen_long", 0x06, ("T",), "long", (INT,), meaning="{0}", note="implicit widening; keeps what is plain plain", native=native.code("(i64.extend_i32_s {0})"))
    yield op("widen_double", 0x07, ("T",), "double", (INT, LONG, FLOAT), meaning="float({0})", note="implicit widening, rounded once", native=native.WIDEN_DOUBLE)
    yield op("present", 0x08, ("T",), "T?", SCALARS, meaning="{0}", note="a value where one may be missing")
    # Arithmetic.
    yield op("add", 0x10, ("T", "T"), "T", (*NUMBERS, DURATION), "add", BytesOf(0), MATH, True, "{0} + {1}", native=native.ADD)
    yield op("sub", 0x11, ("T", "T"), "T", (*NUMBERS, DURATION), "subtract", BytesOf(0), MATH, True, "{0} - {1}", native=native.SUBTRACT)
    yield op("mul", 0x12, ("T", "T"), "T", NUMBERS, "multiply", BytesOf(0), MATH, True, "{0} * {1}", native=native.MULTIPLY)
    yield op("scale", 0x13, ("duration", "long"), "duration", (), "multiply", BytesOf(0), MATH, True, "{0} * {1}", command="Duration", native=native.failing("(call $scale {0} {1})"))
    yield op("div", 0x14, ("T", "T"), "T", BINARY, "divide", BytesOf(0), MATH, False, "divide({0}, {1})", native=native.DIVIDE)
    yield op("ratio", 0x15, ("duration", "duration"), "double", (), "divide", BytesOf(0), MATH, False, "divide({0}, {1})", command="Duration", native=native.code("(call $divide_whole {0} {1})"))
    yield op("floor_div", 0x16, ("T", "T"), "T", WHOLE, "divide", BytesOf(0), MATH, True, "floor_divide({0}, {1})", native=native.FLOOR_DIVIDE)
    yield op("mod", 0x17, ("T", "T"), "T", (*WHOLE, DURATION), "divide", BytesOf(0), MATH, True, "modulo({0}, {1})", native=native.MODULO)
    yield op("times_in", 0x18, ("duration", "duration"), "long", (), "divide", BytesOf(0), MATH, True, "floor_divide({0}, {1})", command="Duration", native=native.failing("(call $floor_divide_long {0} {1})"))
    yield op("neg", 0x19, ("T",), "T", (*NUMBERS, DURATION), "subtract", BytesOf(0), MATH, True, "-{0}", native=native.NEGATE)
    yield op("abs", 0x1A, ("T",), "T", (*NUMBERS, DURATION), "subtract", BytesOf(0), MATH, True, "abs({0})", native=native.ABSOLUTE)
    yield op("pow", 0x1B, ("T", "long"), "T", NUMBERS, "power", BytesOf(0) * Larger(ONE, BitLength(ValueOf(1))), MATH, True, "power_{T}({0}, {1})", note="a step a binary digit of the exponent", native=native.POWER)
    yield op("sqrt", 0x1C, ("double",), "double", (), "square_root", BytesOf(0), MATH, False, "square_root({0})", command="Double", native=native.code("(f64.sqrt {0})"))
    # Comparison and logic. `and` and `or` are control: their right side may not be evaluated.
    for number, (name, sign) in enumerate((("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))):
        yield op(name, 0x20 + number, ("T", "T"), "bool", SCALARS, "relational", Larger(BytesOf(0), BytesOf(1)), RELATIONAL, False, f"{{0}} {sign} {{1}}", native=native.compare(name))
    yield op("min", 0x26, ("T", "T"), "T", SCALARS, "relational", Larger(BytesOf(0), BytesOf(1)), RELATIONAL, False, "smaller_{T}({0}, {1})", native=native.extreme("min", "le"))
    yield op("max", 0x27, ("T", "T"), "T", SCALARS, "relational", Larger(BytesOf(0), BytesOf(1)), RELATIONAL, False, "larger_{T}({0}, {1})", native=native.extreme("max", "ge"))
    yield op("not", 0x28, ("bool",), "bool", (), "logic", ONE, LOGIC, False, "not {0}", command="Bool", native=native.code("(i32.eqz {0})"))
    yield op("bit_and", 0x29, ("T", "T"), "T", WHOLE, "bits", BytesOf(0), LOGIC, False, "{0} & {1}", native=native.bits("and"))
    yield op("bit_or", 0x2A, ("T", "T"), "T", WHOLE, "bits", BytesOf(0), LOGIC, False, "{0} | {1}", native=native.bits("or"))
    yield op("bit_xor", 0x2B, ("T", "T"), "T", WHOLE, "bits", BytesOf(0), LOGIC, False, "{0} ^ {1}", native=native.bits("xor"))
    yield op("bit_not", 0x2C, ("T",), "T", WHOLE, "bits", BytesOf(0), LOGIC, False, "~{0}", native=native.COMPLEMENT)
    yield op("shift_left", 0x2D, ("T", "int"), "T", WHOLE, "bits", BytesOf(0), LOGIC, True, "shift_left_{T}({0}, {1})", native=native.SHIFT_LEFT)
    yield op("shift_right", 0x2E, ("T", "int"), "T", WHOLE, "bits", BytesOf(0), LOGIC, True, "shift_right_{T}({0}, {1})", native=native.SHIFT_RIGHT)
    # Conversion that was written out, and parts of a date.
    yield op("to_int", 0x30, ("T",), "int", (BOOL, *NUMBERS), "convert", BytesOf(0), CONVERSION, True, "whole({0})", native=native.TO_INT)
    yield op("to_long", 0x31, ("T",), "long", (BOOL, *NUMBERS), "convert", BytesOf(0), CONVERSION, True, "whole({0})", native=native.TO_LONG)
    yield op("to_float", 0x32, ("T",), "float", (BOOL, *NUMBERS), "convert", BytesOf(0), CONVERSION, True, "narrow({0})", note="a finite value out of the range of float fails", native=native.TO_FLOAT)
    yield op("to_double", 0x33, ("T",), "double", (BOOL, *NUMBERS), "convert", BytesOf(0), CONVERSION, False, "float({0})", native=native.TO_DOUBLE)
    yield op("floor", 0x34, ("T",), "long", BINARY, "convert", BytesOf(0), CONVERSION, True, "floor({0})", native=native.to_whole("floor"))
    yield op("ceil", 0x35, ("T",), "long", BINARY, "convert", BytesOf(0), CONVERSION, True, "ceil({0})", native=native.to_whole("ceil"))
    yield op("round", 0x36, ("T",), "long", BINARY, "convert", BytesOf(0), CONVERSION, True, "half_even({0})", native=native.to_whole("nearest"))
    yield op("date_of", 0x37, ("timestamp",), "date", (), "convert", BytesOf(0), CONVERSION, False, "date_of({0})", command="Date", native=native_times.DATE_OF)
    yield op("timestamp_of", 0x38, ("date",), "timestamp", (), "convert", BytesOf(0), CONVERSION, False, "timestamp_of({0})", command="Timestamp", native=native_times.TIMESTAMP_OF)
    yield op("make_date", 0x39, ("int", "int", "int"), "date", (), "convert", Operands(), CONVERSION, True, "make_date({0}, {1}, {2})", command="Date", native=native.failing("(call $make_date {0} {1} {2})"))
    for number, part in enumerate(("year", "month", "day", "weekday")):
        yield op(part, 0x3A + number, ("T",), "int", (DATE, TIMESTAMP), "convert", BytesOf(0), CONVERSION, False, f"{part}_of_{{T}}({{0}})", native=native_times.calendar(part))
    yield op("hour", 0x3E, ("timestamp",), "int", (), "convert", BytesOf(0), CONVERSION, False, "hour_of({0})", command="Timestamp", native=native_times.clock(3_600_000_000, 24))
    yield op("minute", 0x3F, ("timestamp",), "int", (), "convert", BytesOf(0), CONVERSION, False, "minute_of({0})", command="Timestamp", native=native_times.clock(60_000_000, 60))
    # Time.
    for number, (unit, microseconds) in enumerate((("days", 86_400_000_000), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000))):
        yield op(unit, 0x40 + number, ("long",), "duration", (), "multiply", BytesOf(0), MATH, True, f"{{0}} * {microseconds}", command="Duration", native=native.failing(f"(call $scale {{0}} (i64.const {microseconds}))"))
    yield op("between", 0x44, ("T", "T"), "duration", (DATE, TIMESTAMP), "subtract", BytesOf(0), MATH, True, "between_{T}({0}, {1})", native=native.code("(call $between_{K} {0} {1})"))
    yield op("later", 0x45, ("T", "duration"), "T", (DATE, TIMESTAMP), "add", BytesOf(1), MATH, True, "later_{T}({0}, {1})", native=native.failing("(call $later_{K} {0} {1})"))
    yield op("earlier", 0x46, ("T", "duration"), "T", (DATE, TIMESTAMP), "subtract", BytesOf(1), MATH, True, "later_{T}({0}, -{1})", native=native.failing("(call $earlier_{K} {0} {1})"))
    yield op("floor_to", 0x47, ("timestamp", "duration"), "timestamp", (), "divide", BytesOf(0), MATH, True, "floor_to({0}, {1})", command="Timestamp", native=native.failing("(call $floor_to {0} {1})"))
    # Arrays; here T is the element. Positions are long, counted from 0.
    yield op("array", 0x50, ("*",), "T[]", SCALARS, "assign", Operands(), ACCESS, True, immediates=(COUNT,), meaning="[{*}]", note="as many operands as the instruction counts")
    yield op("fill", 0x51, ("long", "T"), "T[]", SCALARS, "assign", BytesOf(1) * ValueOf(0), ACCESS, True, "fill({0}, {1})", native=native.failing("(call $fill_{F} {0} {1})"))
    yield op("element", 0x52, ("T[]", "long"), "T", SCALARS, "index", ResultBytes(), ACCESS, True, "element({0}, {1})", native=native.ELEMENT)
    yield op("set_element", 0x53, ("long", "T"), "", SCALARS, "index", BytesOf(1), ACCESS, True, immediates=(SLOT,), note="stores the result of an operation into the array in the slot")
    yield op("assign_element", 0x54, ("long", "T"), "", SCALARS, "index", BytesOf(1), ACCESS, True, immediates=(SLOT,), also=(("assign", BytesOf(1)),), note="stores a literal, a name or a field into the array in the slot")
    yield op("take_element", 0x55, ("long",), "E", SCALARS, "index", ResultBytes(), ACCESS, True, immediates=(SLOT,), note="leaves the place below the value, for `put_element` of the same slot alone")
    yield op("put_element", 0x56, ("E",), "", SCALARS, immediates=(SLOT,), note="stores into the place that `take_element` left")
    yield op("len", 0x57, ("T",), "int", (*ARRAYS, STRING), "index", Constant(4), ACCESS, True, "length({0})", note="elements, or code points of a string", native=native.LENGTH)
    yield op("count", 0x58, ("T[]",), "long", SCALARS, "index", Constant(8), ACCESS, False, "count({0})", native=native.code("(call $count {0})"))
    yield op("contains", 0x59, ("T[]", "T"), "bool", SCALARS, "relational", BytesOf(0), RELATIONAL, False, "contains({0}, {1})", native=native.code("(call $contains_{F} {0} {1})"))
    yield op("sum", 0x5A, ("T[]",), "long", WHOLE, "add", ElementBytesOf(0) * LessOne(LengthOf(0)), MATH, True, "sum_whole({0})", native=native.failing("(call $sum_{K} {0})"))
    yield op("exact_sum", 0x5B, ("T[]",), "double", BINARY, "add", ElementBytesOf(0) * LessOne(LengthOf(0)), MATH, False, "sum_exact({0})", note="rounded once", native=native.code("(call $sum_exact_{F} {0})"))
    yield op("sum_time", 0x5C, ("duration[]",), "duration", (), "add", ElementBytesOf(0) * LessOne(LengthOf(0)), MATH, True, "sum_whole({0})", command="Duration", native=native.failing("(call $sum_duration {0})"))
    yield op("min_of", 0x5D, ("T[]",), "T", SCALARS, "relational", ElementBytesOf(0) * LessOne(LengthOf(0)), RELATIONAL, True, "min_of_{T}({0})", native=native.failing("(call $min_of_{F} {0})"))
    yield op("max_of", 0x5E, ("T[]",), "T", SCALARS, "relational", ElementBytesOf(0) * LessOne(LengthOf(0)), RELATIONAL, True, "max_of_{T}({0})", native=native.failing("(call $max_of_{F} {0})"))
    yield op("sort", 0x5F, ("T[]",), "T[]", SCALARS, "relational", ElementBytesOf(0) * LengthOf(0) * BitLength(LengthOf(0)), RELATIONAL, False, "sort_{T}({0})", native=native.code("(call $sort_{F} {0})"))
    # Strings.
    yield op("lower", 0x60, ("string",), "string", (), "convert", BytesOf(0), CONVERSION, False, "lower({0})", command="String", native=native.code("(call $lower {0})"))
    yield op("upper", 0x61, ("string",), "string", (), "convert", BytesOf(0), CONVERSION, False, "upper({0})", command="String", native=native.code("(call $upper {0})"))
    yield op("substr", 0x62, ("string", "long", "long"), "string", (), "convert", BytesOf(0), CONVERSION, True, "substring({0}, {1}, {2})", command="String", native=native.failing("(call $substring {0} {1} {2})"))
    yield op("concat", 0x63, ("string*",), "string", (), "convert", Operands(), CONVERSION, True, "concatenate([{*}])", (COUNT,), command="String")
    yield op("starts_with", 0x64, ("string", "string"), "bool", (), "relational", Larger(BytesOf(0), BytesOf(1)), RELATIONAL, False, "{0}.startswith({1})", command="String", native=native.code("(call $starts_with {0} {1})"))
    yield op("words", 0x65, ("string", "string"), "string[]", (), "convert", BytesOf(0) + BytesOf(1), CONVERSION, True, "words({0}, {1})", command="String", native=native.failing("(call $words {0} {1})"))
    yield op("words_space", 0x66, ("string",), "string[]", (), "convert", BytesOf(0), CONVERSION, True, "words_at_space({0})", command="String", native=native.failing("(call $words_at_space {0})"))
    # Missing values, at an optional or a plain type, and lookups.
    yield op("missing", 0x70, ("T",), "bool", SCALARS + OPTIONALS, "logic", ONE, LOGIC, False, "{0} is None")
    yield op("default", 0x71, ("T", "E"), "E", SCALARS + OPTIONALS, "assign", ResultBytes(), ACCESS, False, "default({0}, {1})")
    yield op("value", 0x72, ("T",), "E", SCALARS + OPTIONALS, "assign", ResultBytes(), ACCESS, True, "value({0})")
    yield op("lookup", 0x73, ("key*",), "T?", SCALARS, "relational", Operands() * BitLength(LookupRows()), ACCESS, immediates=(LOOKUP, COLUMN), command="Lookup", also=(("index", ResultBytes()),), note="the result is missing where the table has no such row")
    # Constraints of declared types; the bounds are constants of the module. The value stays.
    yield op("check_bytes", 0x78, ("T",), "T", (STRING, STRING.array, STRING.optional), immediates=(COUNT,), fails=True, note="each string has at most so many bytes")
    yield op("check_length", 0x79, ("T",), "T", ARRAYS, immediates=(COUNT,), fails=True, note="the array has exactly so many elements")
    yield op("check_range", 0x7A, ("T",), "T", tuple(t for n in (*NUMBERS,) for t in (n, n.array, n.optional)), immediates=(CONSTANT, CONSTANT), fails=True, note="each number lies between the two constants")
    yield op("same_length", 0x7B, ("T",), "T", ARRAYS, immediates=(SLOT,), fails=True, note="the array is as long as the one that the slot holds")
    # Control. What a loop runs is bounded by what the verifier can see.
    yield op("if", 0x80, ("bool",), "", command="If", control=True)
    yield op("else", 0x81, (), "", command="If", control=True)
    yield op("end", 0x82, (), "", control=True)
    yield op("and", 0x83, ("bool",), "bool", (), "logic", ONE, LOGIC, command="Bool", control=True, note="a false operand is the result; else what runs up to `end` leaves it")
    yield op("or", 0x84, ("bool",), "bool", (), "logic", ONE, LOGIC, command="Bool", control=True, note="a true operand is the result; else what runs up to `end` leaves it")
    yield op("for", 0x85, (), "", WHOLE, immediates=(SLOT,), command="For", control=True, note="condition, `do`, body, `step`, step, `end`; the slot is assigned in the step alone")
    yield op("while", 0x86, ("long",), "", (), "logic", ONE, LOGIC, True, command="While", control=True, note="takes the limit; condition (a logic operation a test), `do`, body, `end`")
    yield op("foreach", 0x87, ("T[]",), "", SCALARS, "index", ResultBytes(), ACCESS, immediates=(SLOT,), command="For", control=True, note="an index each round; body, `end`")
    yield op("do", 0x88, ("bool",), "", control=True)
    yield op("step", 0x89, (), "", control=True)
    yield op("break", 0x8A, (), "", command="Break", control=True)
    yield op("continue", 0x8B, (), "", command="Continue", control=True)
    yield op("call", 0x8C, ("*",), "*", (), "call", ONE, CALL, immediates=(FUNCTION,), control=True)
    yield op("return", 0x8D, ("*",), "", command="Return", control=True)
    yield op("emit", 0x8E, ("*",), "", (), "emit", ONE, immediates=(), command="Emit", note="takes the parts of the key and the values")
# fmt: on


OPERATIONS: dict[str, Operation] = {row.name: row for row in _rows()}
BY_NUMBER: dict[int, Operation] = {row.number: row for row in OPERATIONS.values()}


def _check_table() -> None:
    """Refuse a table that contradicts itself, at import."""
    rows = list(_rows())
    if len(OPERATIONS) != len(rows) or len(BY_NUMBER) != len(rows):
        raise AssertionError("an operation's name or number stands twice")
    for row in rows:
        if not 0 < row.number < 256:
            raise AssertionError(f"{row.name}: the number must fit a byte")
        pure = row.result and not row.control and row.name not in SPECIAL_MEANING
        if pure and not row.meaning:
            raise AssertionError(f"{row.name}: no meaning")


# Operations whose meaning is more than an expression: the VM has a rule of its own for each.
SPECIAL_MEANING = frozenset(
    {"take_element", "lookup", "check_bytes", "check_length", "check_range", "same_length"}
)

_check_table()
