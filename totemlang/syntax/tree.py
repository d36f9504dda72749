"""The tree of a program as written: one frozen class a construct, each with its span.

The tree keeps what the formatter needs to print the program back (brackets aside, which follow
from precedence; comments live in `Program.comments`). Names are not resolved here.
"""

from __future__ import annotations

from attrs import frozen

from totemlang.source import Source, Span


@frozen
class Node:
    """Anything with a place in the source."""

    span: Span


# --- names and types


@frozen
class Name(Node):
    """A name as written; `text` of a quoted column is what stands between the quotes."""

    text: str


@frozen
class TypeExpression(Node):
    """`int`, `string[8]`, `double[]`, `double[4]`, `double?`.

    `size` is the number in brackets. `string[8]` is a string of at most 8 bytes, so `is_array`
    is False there; `string[8][]` does not exist.
    """

    word: Name
    is_array: bool = False
    size: int | None = None
    is_optional: bool = False


# --- expressions


@frozen
class Expression(Node):
    """Gives a value."""


@frozen
class NumberLiteral(Expression):
    """`42`, `1_000`, `4.1`, `1e-3`: the text as written; a sign is a `Unary`."""

    text: str

    @property
    def is_whole(self) -> bool:
        """Whether it is written without point and exponent."""
        return not set(self.text) & set(".eE")


@frozen
class BoolLiteral(Expression):
    """`true` or `false`."""

    value: bool


@frozen
class StringLiteral(Expression):
    """`"text"`, escapes resolved."""

    value: str


@frozen
class Reference(Expression):
    """A variable, parameter, constant or loop variable."""

    name: Name


@frozen
class FieldAccess(Expression):
    """`row.kwh`, `row["KWH/hh"]`: a column of the row that a map takes.

    Also the last part of a lookup, `households[key].acorn_group`: then `of` is an `Index`.
    """

    of: Expression
    field: Name


@frozen
class Index(Expression):
    """`xs[i]`, `table[key]`, `table[(k, j)]`: `keys` has several parts for a tuple in brackets."""

    of: Expression
    keys: tuple[Expression, ...]


@frozen
class Call(Expression):
    """`sum(xs)`, `stats.mean(xs)`, `date("2019-02-25")`: the dotted name and its arguments."""

    function: Name
    arguments: tuple[Expression, ...]


@frozen
class ArrayLiteral(Expression):
    """`[a, b]`."""

    elements: tuple[Expression, ...]


@frozen
class Unary(Expression):
    """`-x`, `not x`: `operator` is `-` or `not`."""

    operator: str
    operand: Expression


@frozen
class Binary(Expression):
    """`a + b`: operator one of `or and == != < <= > >= + - * / // % **` (ASCII spelling)."""

    operator: str
    operator_span: Span
    left: Expression
    right: Expression


# --- statements


@frozen
class Statement(Node):
    """Does something."""


@frozen
class Declarator(Node):
    """One name of a declaration with its value."""

    name: Name
    value: Expression


@frozen
class Declaration(Statement):
    """`int a = 1, b = 2`."""

    type: TypeExpression
    declarators: tuple[Declarator, ...]


@frozen
class Assignment(Statement):
    """`x = e`, `x += e`, `a[i] = e`, `a[i] -= e`; `operator` one of `= += -= *=`.

    `target` is a `Reference` or an `Index` with one key whose `of` is a `Reference`.
    """

    target: Expression
    operator: str
    value: Expression


@frozen
class Increment(Statement):
    """`i++` or `i--` of a variable or element; `operator` is `++` or `--`."""

    target: Expression
    operator: str


@frozen
class Branch(Node):
    """A condition with what it guards."""

    condition: Expression
    body: tuple[Statement, ...]


@frozen
class If(Statement):
    """`if … then … else if … then … else … end if`: the branches in order, then the rest."""

    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...]


@frozen
class For(Statement):
    """`for i = a; i <= b; i++ do … end for`; `step` is an `Increment` or compound `Assignment`."""

    variable: Name
    start: Expression
    condition: Expression
    step: Statement
    body: tuple[Statement, ...]


@frozen
class ForEach(Statement):
    """`for x in xs do … end for`."""

    variable: Name
    array: Expression
    body: tuple[Statement, ...]


@frozen
class While(Statement):
    """`while c limit n do … end while`."""

    condition: Expression
    limit: Expression
    body: tuple[Statement, ...]


@frozen
class Break(Statement):
    """`break`."""


@frozen
class Continue(Statement):
    """`continue`."""


@frozen
class Return(Statement):
    """`return e`."""

    value: Expression


@frozen
class EmitPart(Node):
    """An emitted expression with the name after `as`, if there is one."""

    value: Expression
    alias: Name | None = None


@frozen
class Emit(Statement):
    """`emit (a, b as c), v1, v2 as w`: the parts of the key, then the values.

    `tuple_key` tells whether the key was written in brackets with several parts.
    """

    key: tuple[EmitPart, ...]
    values: tuple[EmitPart, ...]
    tuple_key: bool = False


# --- definitions


@frozen
class Parameter(Node):
    """A typed name in a list of parameters or columns; `type` None where it was left out."""

    type: TypeExpression | None
    name: Name


@frozen
class DatasetDefinition(Statement):
    """`dataset d(T a, U b)`, `dataset d(a, b)` or `dataset d` (`columns` None: no list)."""

    name: Name
    columns: tuple[Parameter, ...] | None


@frozen
class LookupDefinition(Statement):
    """`lookup L((K k, J j), T a)`: the parts of the key, then the columns."""

    name: Name
    keys: tuple[Parameter, ...]
    columns: tuple[Parameter, ...]


@frozen
class ParamDefinition(Statement):
    """`param T p = e`."""

    type: TypeExpression
    name: Name
    default: Expression | None


@frozen
class FunctionDefinition(Statement):
    """`function T name(T a) … end function`."""

    result: TypeExpression
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]


@frozen
class MapDefinition(Statement):
    """`map name(readings row)` (first stage: `row_of` and `row`) or `map name(T a, U b)`."""

    name: Name
    row_of: Name | None
    row: Name | None
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]


@frozen
class OrderByClause(Node):
    """`order by c desc`."""

    parameter: Name
    descending: bool


@frozen
class ReduceDefinition(Statement):
    """`reduce name((T a, U b), V[] x) order by x desc`.

    `key` is the tuple of key parameters where it was written in brackets, else empty and the
    key (if any) is the first of `parameters`.
    """

    name: Name
    key: tuple[Parameter, ...]
    parameters: tuple[Parameter, ...]
    order_by: OrderByClause | None
    body: tuple[Statement, ...]


@frozen
class MergeLine(Statement):
    """`merge`."""


@frozen
class Comment(Node):
    """`# text`: the text after the sign, as written."""

    text: str


@frozen
class Program(Node):
    """A whole source: its statements and definitions in order, and its comments apart."""

    items: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    source: Source
