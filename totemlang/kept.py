"""What was made of a text is kept for a while: a service runs the same program again and again.

All forms of a program follow from its text, its rules and its prices alone, so a program takes
over what an equal one has made already. A text that is new is not held up by this.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import Any, Self, TypeVar, overload

T = TypeVar("T")

MOST_KEPT = 16
"""Programs that are kept in a process, those that were asked for last."""

LONGEST_KEPT = 8192
"""Characters of a text whose program is kept; a larger one would hold much memory."""

_programs: OrderedDict[tuple[str, ...], Any] = OrderedDict()
_lock = Lock()


def first_of(key: tuple[str, ...], program: T) -> T:
    """The first of the programs with the same key, as far as they are kept; or `program` itself.

    The key says all that a program's forms follow from.
    """
    with _lock:
        found: T = _programs.setdefault(key, program)
        _programs.move_to_end(key)
        while len(_programs) > MOST_KEPT:
            _programs.popitem(last=False)
        return found


def forget() -> None:
    """Forget all that is kept."""
    with _lock:
        _programs.clear()


class form(cached_property[T]):  # noqa: N801 (used as a decorator, and named like one)
    """A form of a program: made when it is asked for, or taken from the program that is kept."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Self | T:
        """The form. Raises what making it raises, each time."""
        if instance is None or instance.first is instance:
            return super().__get__(instance, owner)
        assert self.attrname is not None
        made: T = getattr(instance.first, self.attrname)
        instance.__dict__[self.attrname] = made
        return made
