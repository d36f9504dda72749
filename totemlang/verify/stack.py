"""The abstract stack of the verifier: the types of values, and what is known of each.

Besides its type an entry says whether it is plain (storing it is charged), what part it plays in
an update of an element or the test of a loop, and which checks it has passed.
"""

from __future__ import annotations

from enum import Enum

from attrs import define, field, frozen

from totemlang.bytecode.module import Instruction
from totemlang.schema.types import Type


class Role(Enum):
    """What an entry is beside a value."""

    VALUE = "a value"
    PLACE = "the place that `take_element` left"
    TAKEN = "the element that `take_element` took"
    UPDATED = "an element's new value"
    LOOP_VARIABLE = "the variable of a loop that is being tested"
    UPWARD = "the test of a loop that counts up"
    DOWNWARD = "the test of a loop that counts down"

    __hash__ = object.__hash__  # an enumeration's own is slow, and this is asked very often


BOUND_TO_PLACE = frozenset({Role.PLACE, Role.TAKEN, Role.UPDATED})
"""Roles of entries that only the instructions of an element's update may take."""


@frozen
class Entry:
    """A value on the stack.

    `slot` is where it was loaded from, or the array of its place. `depth` counts the operations
    within each other that it comes from, and `checks` those that it has passed.
    """

    type: Type
    plain: bool = False
    role: Role = Role.VALUE
    slot: int = -1
    depth: int = 0
    checks: tuple[Instruction, ...] = ()


class Underflow(Exception):
    """There are fewer values than an instruction takes: nothing after it can be trusted."""


@define
class Stack:
    """Entries, deepest first. What lies below `base` belongs to an outer expression."""

    entries: list[Entry] = field(factory=list)
    base: int = 0

    def __len__(self) -> int:
        """Number of values, those below `base` included."""
        return len(self.entries)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not self.entries

    @property
    def own(self) -> int:
        """Number of values above `base`."""
        return len(self.entries) - self.base

    def push(self, entry: Entry) -> None:
        """Leave a value."""
        self.entries.append(entry)

    def take(self, count: int) -> list[Entry]:
        """Take values, deepest first. Raises `Underflow` where there are not so many."""
        if count > self.own:
            raise Underflow
        start = len(self.entries) - count
        taken = self.entries[start:]
        del self.entries[start:]
        return taken
