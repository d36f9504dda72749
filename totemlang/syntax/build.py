"""Makes statements, definitions and the program as the automaton reduces them."""

from __future__ import annotations

from typing import Any

from attrs import define, frozen

from totemlang.diagnostics import ErrorClass
from totemlang.source import Span
from totemlang.syntax import tree
from totemlang.syntax.build_expressions import ExpressionBuilder, stretch
from totemlang.syntax.tokens import SPELLING, Token


@frozen
class _Group:
    """What a reduce takes: key parts that stood in brackets, and the other parameters."""

    key: tuple[tree.Parameter, ...]
    parameters: tuple[tree.Parameter, ...]


@define
class Builder(ExpressionBuilder):
    """Builder of whole programs; one for each text."""

    def maker(self, rule: str) -> Any:
        """The method that makes the value of a rule."""
        return getattr(self, f"make_{rule}")

    # --- the program

    def make_program(self, values: list[Any]) -> tuple[tree.Statement, ...]:
        """All items in order."""
        return tuple(values[0]) if values else ()

    def make_block(self, values: list[Any]) -> tuple[tree.Statement, ...]:
        """The statements of a block."""
        return tuple(values[0]) if values else ()

    # --- data

    def make_dataset(self, values: list[Any]) -> tree.DatasetDefinition:
        """`dataset d(…)` or `dataset d`."""
        columns = values[3] if len(values) > 3 else None
        return tree.DatasetDefinition(stretch(values), values[1], columns)

    def make_lookup(self, values: list[Any]) -> tree.LookupDefinition:
        """`lookup L(K key, T a)`."""
        key, *columns = values[3]
        if not columns:
            hint = "the first is the key, the others are what it finds"
            self.reports.add("SYN034", "a lookup has two columns or more", key.span, hint)
        return tree.LookupDefinition(stretch(values), values[1], (key,), tuple(columns))

    def make_lookup_of_tuple(self, values: list[Any]) -> tree.LookupDefinition:
        """`lookup L((K k, J j), T a)`."""
        return tree.LookupDefinition(stretch(values), values[1], values[4], values[7])

    def make_columns(self, values: list[Any]) -> tuple[tree.Parameter, ...]:
        """Columns between commas."""
        return (values[0], *(values[1] if len(values) > 1 else ()))

    def make_column(self, values: list[Any]) -> tree.Parameter:
        """`T a`."""
        return tree.Parameter(stretch(values), values[0], values[1])

    def make_untyped_column(self, values: list[Any]) -> tree.Parameter:
        """`a`."""
        return tree.Parameter(stretch(values), None, values[0])

    def make_column_name(self, values: list[Any]) -> tree.Name:
        """A column's name: a name, a type word or anything in quotes."""
        value = values[0]
        return tree.Name(value.span, value.text)

    def make_param(self, values: list[Any]) -> tree.ParamDefinition:
        """`param T p = e`."""
        default = values[4] if len(values) > 4 else None
        return tree.ParamDefinition(stretch(values), values[1], values[2], default)

    # --- functions and stages

    def make_function(self, values: list[Any]) -> tree.FunctionDefinition:
        """`function T f(…)` to `end function`."""
        parameters = values[4] if not isinstance(values[4], Token) else ()
        return tree.FunctionDefinition(
            stretch(values), values[1], values[2], parameters, values[-4]
        )

    def make_function_name(self, values: list[Any]) -> tree.Name:
        """The name of a function."""
        name: tree.Name = values[0]
        return name

    def make_library_name(self, values: list[Any]) -> tree.Name:
        """`stats.mean`: the name of a function of the library."""
        name = tree.Name(stretch(values), f"{values[0].text}.{values[2].text}")
        if not self.library:
            self.reports.add(
                "SYN011",
                f"`{name.text}` is against the naming convention",
                name.span,
                "only functions of the library have a dotted name",
                ErrorClass.NAMING,
            )
        return name

    def make_map_of_rows(self, values: list[Any]) -> tree.MapDefinition:
        """`map f(readings row)` to `end map`."""
        return tree.MapDefinition(stretch(values), values[1], values[3], values[4], (), values[-4])

    def make_map(self, values: list[Any]) -> tree.MapDefinition:
        """`map f(T a, U b)` to `end map`."""
        return tree.MapDefinition(stretch(values), values[1], None, None, values[3], values[-4])

    def make_reduce(self, values: list[Any]) -> tree.ReduceDefinition:
        """`reduce f(…)` to `end reduce`."""
        group = values[3] if isinstance(values[3], _Group) else _Group((), values[3])
        order_by = values[5] if isinstance(values[5], tree.OrderByClause) else None
        return tree.ReduceDefinition(
            stretch(values), values[1], group.key, group.parameters, order_by, values[-4]
        )

    def make_tuple_group(self, values: list[Any]) -> _Group:
        """`(T a, U b), V[] x`."""
        key = values[1]
        if len(key) < 2:
            hint = f"a key of one part stands without brackets: {key[0].name.text}"
            self.reports.add(
                "SYN034", "brackets hold a key of two or more parts", key[0].span, hint
            )
        return _Group(key, values[4] if len(values) > 4 else ())

    def make_order_by(self, values: list[Any]) -> tree.OrderByClause:
        """`order by c`."""
        return tree.OrderByClause(stretch(values), values[2], descending=False)

    def make_order_by_descending(self, values: list[Any]) -> tree.OrderByClause:
        """`order by c desc`."""
        return tree.OrderByClause(stretch(values), values[2], descending=True)

    def make_merge(self, values: list[Any]) -> tree.MergeLine:
        """`merge`."""
        return tree.MergeLine(stretch(values))

    def make_parameters(self, values: list[Any]) -> tuple[tree.Parameter, ...]:
        """Parameters between commas."""
        return (values[0], *(values[1] if len(values) > 1 else ()))

    def make_parameter(self, values: list[Any]) -> tree.Parameter:
        """`T a`."""
        return tree.Parameter(stretch(values), values[0], values[1])

    # --- simple statements

    def make_declaration(self, values: list[Any]) -> tree.Declaration:
        """`int a = 1, b = 2`."""
        more = values[2] if len(values) > 3 else ()
        return tree.Declaration(stretch(values), values[0], (values[1], *more))

    def make_declarator(self, values: list[Any]) -> tree.Declarator:
        """`a = 1`."""
        return tree.Declarator(stretch(values), values[0], values[2])

    def make_target(self, values: list[Any]) -> tree.Expression:
        """The name on the left of an assignment."""
        return tree.Reference(values[0].span, values[0])

    def make_element_target(self, values: list[Any]) -> tree.Expression:
        """`a[i]` on the left of an assignment."""
        of = tree.Reference(values[0].span, values[0])
        return tree.Index(stretch(values), of, (values[2],))

    def make_assign(self, values: list[Any]) -> Token:
        """The sign of an assignment."""
        token: Token = values[0]
        return token

    def make_assignment(self, values: list[Any]) -> tree.Assignment:
        """`x = e`, `a[i] += e`."""
        target, sign, value, _ = values
        return tree.Assignment(stretch(values), target, SPELLING[sign.type], value)

    def make_increment(self, values: list[Any]) -> tree.Increment:
        """`i++`."""
        return tree.Increment(stretch(values), values[0], SPELLING[values[1].type])

    def make_break(self, values: list[Any]) -> tree.Break:
        """`break`."""
        return tree.Break(stretch(values))

    def make_continue(self, values: list[Any]) -> tree.Continue:
        """`continue`."""
        return tree.Continue(stretch(values))

    def make_return(self, values: list[Any]) -> tree.Return:
        """`return e`."""
        return tree.Return(stretch(values), values[1])

    # --- blocks

    def make_if(self, values: list[Any]) -> tree.If:
        """`if` to `end if`; the values: if, condition, then, line end, body, rest, end, if."""
        keyword, condition, _, newline, body, *rest = values
        first = tree.Branch(Span(keyword.start, _body_end(newline, body)), condition, body)
        more = next((value for value in rest if isinstance(value, list)), [])
        otherwise = next((value for value in rest if isinstance(value, tuple)), ())
        return tree.If(stretch(values), (first, *more), otherwise)

    def make_else_if(self, values: list[Any]) -> tree.Branch:
        """`else if c then` with its body."""
        _, keyword, condition, _, newline, body = values
        return tree.Branch(Span(keyword.start, _body_end(newline, body)), condition, body)

    def make_else(self, values: list[Any]) -> tuple[tree.Statement, ...]:
        """The body of `else`."""
        body: tuple[tree.Statement, ...] = values[2]
        return body

    def make_for(self, values: list[Any]) -> tree.For:
        """`for i = a; i <= b; i++ do` to `end for`."""
        return tree.For(stretch(values), values[1], values[3], values[5], values[7], values[10])

    def make_step_by_one(self, values: list[Any]) -> tree.Statement:
        """`i++`."""
        target = tree.Reference(values[0].span, values[0])
        return tree.Increment(stretch(values), target, SPELLING[values[1].type])

    def make_step(self, values: list[Any]) -> tree.Statement:
        """`i += k`."""
        target = tree.Reference(values[0].span, values[0])
        return tree.Assignment(stretch(values), target, SPELLING[values[1].type], values[2])

    def make_for_each(self, values: list[Any]) -> tree.ForEach:
        """`for x in xs do` to `end for`."""
        return tree.ForEach(stretch(values), values[1], values[3], values[6])

    def make_while(self, values: list[Any]) -> tree.While:
        """`while c limit n do` to `end while`."""
        return tree.While(stretch(values), values[1], values[3], values[6])

    # --- emit

    def make_part(self, values: list[Any]) -> tree.EmitPart:
        """An emitted expression."""
        return tree.EmitPart(values[0].span, values[0])

    def make_named_part(self, values: list[Any]) -> tree.EmitPart:
        """`e as name`."""
        return tree.EmitPart(stretch(values), values[0], values[2])

    def make_emit(self, values: list[Any]) -> tree.Emit:
        """`emit k, v1, v2`."""
        more = tuple(values[2]) if len(values) > 3 else ()
        return tree.Emit(stretch(values), (values[1],), more)

    def make_emit_tuple(self, values: list[Any]) -> tree.Emit:
        """`emit (a, b), v1, v2`."""
        close = next(
            number
            for number, value in enumerate(values)
            if isinstance(value, Token) and value.type == "CLOSE"
        )
        key = [values[2], values[4], *(values[5] if close == 6 else ())]
        more = values[close + 1] if isinstance(values[close + 1], list) else ()
        return tree.Emit(stretch(values), tuple(key), tuple(more), tuple_key=True)


def _body_end(newline: Token, body: tuple[tree.Statement, ...]) -> int:
    return body[-1].span.end if body else newline.end
