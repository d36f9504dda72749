"""A property that is worked out once: `functools.cached_property` without its lock.

The analysis asks for thousands of them, and what they give is the same whoever works it out first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 (used as a decorator, and named like one)
    """Turn a method into an attribute that is there from when it is first asked for."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        """Take the method that works it out."""
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Note the name of the attribute."""
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        """Work it out and keep it; from now on the attribute itself is found."""
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._make(instance)
        return found
