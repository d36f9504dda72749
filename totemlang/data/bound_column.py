"""A column of a file as a program takes it: of the declared kind, within the declared domain."""

from __future__ import annotations

import attrs
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from totemlang.data.coded import longest
from totemlang.data.kinds import ARROW
from totemlang.data.normalise import reading
from totemlang.diagnostics import BadData
from totemlang.schema.types import Field, Kind

NARROWER: dict[Kind, frozenset[Kind]] = {Kind.LONG: frozenset({Kind.INT})}
"""The kinds that a column's values may be checked into, where the program declares them."""


@frozen
class BoundColumn:
    """A column as the program takes it: the kind it is read as, then made the declared one."""

    field: Field
    read_as: Kind
    file: str
    _takes_all: bool = attrs.field(init=False, repr=False)
    """Whether there is no value of the kind that it is read as that it would not take."""

    @_takes_all.default
    def _takes_all_there_is(self) -> bool:
        return self.field.type.kind is self.read_as and self.field.constraint.is_free

    def convert(self, array: pa.Array) -> pa.Array:
        """Normalised values as the declared kind.

        Raises:
            BadData: for a missing value in a plain column, one outside the declared kind's range
                or the declared type's constraint. No message holds a value.
        """
        if self._takes_all and not array.null_count:
            return array
        name, kind = self.field.name, self.field.type.kind
        if array.null_count and not self.field.type.is_optional:
            raise BadData(
                f"{self.file}: values are missing in column {name!r}; "
                f"declare it {kind.value}? to take them"
            )
        if kind is not self.read_as:
            exact = kind in NARROWER.get(self.read_as, ())
            with reading(self.file, f"column {name!r} holds a value that {kind.value} cannot hold"):
                array = pc.cast(array, ARROW[kind], safe=exact)
        self._check_constraint(array)
        return array

    def _check_constraint(self, array: pa.Array) -> None:
        constraint, name = self.field.constraint, self.field.name
        most = constraint.max_bytes
        if most is not None and longest(array, most) > most:
            raise BadData(f"{self.file}: column {name!r} holds a string of more than {most} bytes")
        if constraint.lower is constraint.upper is None:
            return
        values = array.drop_null().to_numpy(zero_copy_only=False)
        low, high = constraint.lower, constraint.upper
        inside = (low is None or bool((values >= low).all())) and (
            high is None or bool((values <= high).all())
        )
        if not inside:
            raise BadData(
                f"{self.file}: column {name!r} holds a value outside the domain of "
                f"{constraint.word or self.field.type.kind.value}"
            )
