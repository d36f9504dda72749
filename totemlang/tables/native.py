"""How an operation is written in WebAssembly: templates over its operands.

`{0}`, `{1}`, … are the operands, `{r}` the result once it is there, `{w}` a wider value computed
first. `{V}` is the value type of T's element (`i32`, `f64`, …), `{F}` its form in the runtime
(`int` for dates too, `long` for times), `{K}` its kind, `{L}` the binary logarithm of the bytes of
an element in memory. A template stands for forms of T, so that a row may say different things of
whole numbers and floats.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from totemlang.schema.types import Kind

FORMS: Mapping[Kind, str] = {
    Kind.BOOL: "bool",
    Kind.INT: "int",
    Kind.DATE: "int",
    Kind.LONG: "long",
    Kind.TIMESTAMP: "long",
    Kind.DURATION: "long",
    Kind.FLOAT: "float",
    Kind.DOUBLE: "double",
    Kind.STRING: "string",
}
"""The form of each kind: kinds of one form are the same to the machine."""


@frozen
class Native:
    """One way to write an operation.

    `value` is its result, `wide` an i64 that is computed before. It fails for `reason` (words of
    the machine's failures) where `before` holds of its operands, or `fails_if` of its result and
    not `unless`; for `other_reason` if `other` holds then. `fails`: a function of the runtime
    that is called tells of failures itself.
    """

    value: str
    wide: str = ""
    before: str = ""
    fails_if: str = ""
    reason: str = ""
    unless: str = ""
    other: str = ""
    other_reason: str = ""
    fails: bool = False


@frozen
class NativeCode:
    """How a row is written, by form or kind of T; `""` stands for all that are not named."""

    by_form: Mapping[str, Native]

    def at(self, kind: Kind | None) -> Native:
        """The way to write it at a kind."""
        if kind is not None:
            for name in (kind.value, FORMS[kind]):
                if name in self.by_form:
                    return self.by_form[name]
        return self.by_form[""]


def code(text: str) -> NativeCode:
    """An operation that is one expression and cannot fail."""
    return NativeCode({"": Native(text)})


def failing(text: str) -> NativeCode:
    """An operation that is a call of the runtime, which may fail."""
    return NativeCode({"": Native(text, fails=True)})


def forms(**by_form: Native | str) -> NativeCode:
    """An operation that is written in several ways; `other` stands for all not named."""
    ways = {n: w if isinstance(w, Native) else Native(w) for n, w in by_form.items()}
    return NativeCode({("" if name == "other" else name): way for name, way in ways.items()})


OVER = "whole number out of range"
NOTHING_THERE = "position outside the array"
BY_ZERO = "division by zero"


def _int(operation: str) -> Native:
    """On int: exact in 64 bits, then looked at."""
    operands = "(i64.extend_i32_s {0}) (i64.extend_i32_s {1})"
    return Native(
        "(i32.wrap_i64 {w})",
        wide=f"(i64.{operation} {operands})",
        fails_if="(i64.ne {w} (i64.extend32_s {w}))",
        reason=OVER,
    )


def _signs(one: str, other: str) -> str:
    return f"(i64.lt_s (i64.and (i64.xor {one}) (i64.xor {other})) (i64.const 0))"


_LEAST_INT = "(i32.const 0x80000000)"
_LEAST_LONG = "(i64.const 0x8000000000000000)"
_BINARY = "({V}.%s {0} {1})"

ADD = forms(
    int=_int("add"),
    long=Native("(i64.add {0} {1})", fails_if=_signs("{r} {0}", "{r} {1}"), reason=OVER),
    other=_BINARY % "add",
)
SUBTRACT = forms(
    int=_int("sub"),
    long=Native("(i64.sub {0} {1})", fails_if=_signs("{0} {1}", "{r} {0}"), reason=OVER),
    other=_BINARY % "sub",
)
MULTIPLY = forms(
    int=_int("mul"),
    long=Native("(call $multiply_long {0} {1})", fails=True),
    other=_BINARY % "mul",
)
DIVIDE = code(_BINARY % "div")
NEGATE = forms(
    int=Native("(i32.sub (i32.const 0) {0})", fails_if=f"(i32.eq {{0}} {_LEAST_INT})", reason=OVER),
    long=Native(
        "(i64.sub (i64.const 0) {0})", fails_if=f"(i64.eq {{0}} {_LEAST_LONG})", reason=OVER
    ),
    other="({V}.neg {0})",
)
ABSOLUTE = forms(
    int=Native(
        "(select {0} (i32.sub (i32.const 0) {0}) (i32.ge_s {0} (i32.const 0)))",
        fails_if=f"(i32.eq {{0}} {_LEAST_INT})",
        reason=OVER,
    ),
    long=Native(
        "(select {0} (i64.sub (i64.const 0) {0}) (i64.ge_s {0} (i64.const 0)))",
        fails_if=f"(i64.eq {{0}} {_LEAST_LONG})",
        reason=OVER,
    ),
    other="({V}.abs {0})",
)
FLOOR_DIVIDE = failing("(call $floor_divide_{F} {0} {1})")
MODULO = failing("(call $modulo_{F} {0} {1})")
POWER = failing("(call $power_{F} {0} {1})")


# Strings of different lengths differ; the first sixteen bytes are compared here, whatever follows.
_BYTES = "(i64.shr_u {%d} (i64.const 32))"
_FIRST = "(v128.load (i32.wrap_i64 {%d}))"
_DIFFERENT = f"(i32.xor (i8x16.bitmask (i8x16.eq {_FIRST % 0} {_FIRST % 1})) (i32.const 0xffff))"
_OWN = f"(i32.sub (i32.shl (i32.const 1) (i32.wrap_i64 {_BYTES % 0})) (i32.const 1))"
_EQUAL_STRINGS = f"""(if (result i32) (i64.eq {_BYTES % 0} {_BYTES % 1})
(then (if (result i32) (i64.le_u {_BYTES % 0} (i64.const 16))
(then (i32.eqz (i32.and {_DIFFERENT} {_OWN})))
(else (call $equal_strings {{0}} {{1}}))))
(else (i32.const 0)))"""


def compare(sign: str) -> NativeCode:
    """A comparison: `eq`, `ne`, `lt`, `le`, `gt` or `ge`."""
    if sign in ("eq", "ne"):
        strings = _EQUAL_STRINGS if sign == "eq" else f"(i32.eqz {_EQUAL_STRINGS})"
        return forms(string=strings, other=f"({{V}}.{sign} {{0}} {{1}})")
    return forms(
        string=f"(i32.{sign}_s (call $compare_strings {{0}} {{1}}) (i32.const 0))",
        float=f"(f32.{sign} {{0}} {{1}})",
        double=f"(f64.{sign} {{0}} {{1}})",
        other=f"({{V}}.{sign}_s {{0}} {{1}})",
    )


def extreme(name: str, sign: str) -> NativeCode:
    """The smaller (`min`, `le`) or the larger (`max`, `ge`) of two."""
    word = "smaller" if name == "min" else "larger"
    return forms(
        string=f"(call ${word}_string {{0}} {{1}})",
        float=f"(f32.{name} {{0}} {{1}})",
        double=f"(f64.{name} {{0}} {{1}})",
        other=f"(select {{0}} {{1}} ({{V}}.{sign}_s {{0}} {{1}}))",
    )


def bits(operation: str) -> NativeCode:
    """Bits of whole numbers."""
    return code(f"({{V}}.{operation} {{0}} {{1}})")


COMPLEMENT = code("({V}.xor {0} ({V}.const -1))")
SHIFT_LEFT = failing("(call $shift_left_{F} {0} {1})")
SHIFT_RIGHT = failing("(call $shift_right_{F} {0} {1})")

_WIDE = "(f64.promote_f32 {0})"
WIDEN_DOUBLE = forms(int="(f64.convert_i32_s {0})", long="(f64.convert_i64_s {0})", float=_WIDE)
TO_INT = forms(
    bool="{0}",
    int="{0}",
    long=Native("(i32.wrap_i64 {0})", fails_if="(i64.ne {0} (i64.extend32_s {0}))", reason=OVER),
    float=Native(f"(call $whole_int {_WIDE})", fails=True),
    double=Native("(call $whole_int {0})", fails=True),
)
TO_LONG = forms(
    bool="(i64.extend_i32_u {0})",
    int="(i64.extend_i32_s {0})",
    long="{0}",
    float=Native(f"(call $whole_long {_WIDE})", fails=True),
    double=Native("(call $whole_long {0})", fails=True),
)
TO_FLOAT = forms(
    bool="(f32.convert_i32_s {0})",
    int="(f32.convert_i32_s {0})",
    long="(f32.convert_i64_s {0})",
    float="{0}",
    double=Native("(call $narrow_float {0})", fails=True),
)
TO_DOUBLE = forms(
    bool="(f64.convert_i32_s {0})",
    int="(f64.convert_i32_s {0})",
    long="(f64.convert_i64_s {0})",
    float=_WIDE,
    double="{0}",
)


NOT_A_NUMBER = "not a number"


_BITS = "(i64.reinterpret_f64 %s)"
_TOO_LARGE = "(i64.const 0x87c0000000000000)"  # 2^63 as bits, shifted


def to_whole(operation: str) -> NativeCode:
    """A float made whole: rounded and then, in range or not, converted.

    As bits without the sign, NaN and what is too large are larger than all others.
    """

    def way(number: str) -> Native:
        return Native(
            f"(i64.trunc_sat_f64_s (f64.{operation} {number}))",
            fails_if=f"(i64.ge_u (i64.shl {_BITS % number} (i64.const 1)) {_TOO_LARGE})",
            unless=f"(f64.eq {number} (f64.const -0x1p63))",
            reason=OVER,
            other=f"(f64.ne {number} {number})",
            other_reason=NOT_A_NUMBER,
        )

    return forms(float=way(_WIDE), double=way("{0}"))


ELEMENT = NativeCode(
    {
        "": Native(
            "({V}.load (i32.add (i32.load {0}) (i32.shl (i32.wrap_i64 {1}) (i32.const {L}))))",
            before="(i64.ge_u {1} (i64.load32_u offset=4 {0}))",
            reason=NOTHING_THERE,
        ),
        "bool": Native(
            "(i32.load8_u (i32.add (i32.load {0}) (i32.wrap_i64 {1})))",
            before="(i64.ge_u {1} (i64.load32_u offset=4 {0}))",
            reason=NOTHING_THERE,
        ),
    }
)
LENGTH = forms(string="(call $length_string {0})")
"""Of a string; that of an array asks for the array as such."""
