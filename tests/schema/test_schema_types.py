"""Machine types: one object of each, whoever makes it."""

from __future__ import annotations

import copy
import pickle

import pytest
from attrs import evolve

from totemlang.schema.types import INT, Kind, Shape, Type, parse_type

ALL = [Type(kind, shape) for kind in Kind for shape in Shape]


@pytest.mark.parametrize("at", ALL, ids=str)
def test_there_is_one_of_each(at: Type) -> None:
    assert Type(at.kind, at.shape) is at
    assert parse_type(str(at)) is at
    assert pickle.loads(pickle.dumps(at)) is at
    assert copy.deepcopy(at) is at
    assert evolve(at, shape=Shape.ARRAY) is at.array


def test_types_are_told_apart() -> None:
    assert len(set(ALL)) == len(ALL) == len(Kind) * len(Shape)
    assert INT.array != INT != INT.optional
    assert INT.array.element is INT.optional.element is INT
    assert Type(Kind.INT) is INT


@pytest.mark.parametrize("text", ["", "[]", "int[]?", "int []", "Int", "int[4]"])
def test_nothing_else_is_a_type(text: str) -> None:
    with pytest.raises(ValueError, match="is no type"):
        parse_type(text)
