"""An operation applied to abstract operands, and how the rules of the operations look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen

from totemlang.cost.abstract import AbstractValue, Array, Number, Scalar, Text
from totemlang.cost.interval import Interval
from totemlang.schema.types import Type


@frozen
class Applied:
    """`operation` at type `at` on `operands` (deepest first), which leaves a `result`."""

    operation: str
    at: Type | None
    immediates: tuple[int, ...]
    types: tuple[Type, ...]
    operands: Sequence[AbstractValue]
    result: Type

    def number(self, place: int) -> Interval:
        """The interval of a numeric operand."""
        value = self.operands[place]
        assert isinstance(value, Number)
        return value.value

    def text(self, place: int) -> Interval:
        """The bytes of a string operand."""
        value = self.operands[place]
        assert isinstance(value, Text)
        return value.bytes

    def array(self, place: int) -> Array:
        """An array operand."""
        value = self.operands[place]
        assert isinstance(value, Array)
        return value

    def scalar(self, place: int) -> Scalar:
        """A scalar operand."""
        value = self.operands[place]
        assert not isinstance(value, Array)
        return value


Rule = Callable[[Applied], AbstractValue]
Rules = Mapping[str, Rule]
"""What an operation leaves, by its name in the operation table."""
