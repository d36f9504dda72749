"""Library functions in a module are held against this node's own library.

A module carries the code of the library functions that it uses, so that it says all that will be
run. Rules do not bind that code, so it must be exactly what this node compiles from its library.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache

from attrs import frozen

from totemlang.bytecode.constants import constants_used, identity
from totemlang.bytecode.lowering import unbound
from totemlang.bytecode.module import Function, Instruction, Module
from totemlang.check.library import Library
from totemlang.check.typed import TypedProgram
from totemlang.schema.types import Field, Type
from totemlang.source import Source
from totemlang.verify.faults import Faults


@frozen
class Linked:
    """A function apart from its module: constants and callees stand where numbers stood."""

    name: str
    parameters: tuple[Field, ...]
    result: Type
    slots: tuple[Type, ...]
    instructions: tuple[tuple[Hashable, ...], ...]


def linked(module: Module, function: Function) -> Linked:
    """A function of a module, apart from it."""
    said = tuple(_said(module, instruction) for instruction in function.code.instructions)
    return Linked(function.name, function.parameters, function.result, function.code.slots, said)


@lru_cache(maxsize=1024)
def compiled_library_function(
    library: Library, name: str, parameter_types: tuple[Type, ...]
) -> Linked | None:
    """This node's own code of a library function; None where the library has no such function."""
    try:
        functions = library.closure(name, parameter_types)
    except KeyError:
        return None
    module = unbound(TypedProgram(Source(""), functions=functions))
    return linked(module, module.functions[-1])


def judge_library(module: Module, library: Library, faults: Faults) -> None:
    """Note every library function of a module that is not the one of this node."""
    for function in module.functions:
        if not function.library:
            continue
        types = tuple(parameter.type for parameter in function.parameters)
        own = compiled_library_function(library, function.name, types)
        if own is None:
            faults.add("BYT151", f"the library has no function {function.name} of these types")
        elif own != linked(module, function):
            message = f"the code of {function.name} is not that of the library of this node"
            faults.add("BYT151", message)


def _said(module: Module, instruction: Instruction) -> tuple[Hashable, ...]:
    """An instruction without numbers that mean something in its module alone."""
    if instruction.operation == "call":
        (number,) = instruction.immediates
        known = module.functions[number] if 0 <= number < len(module.functions) else None
        return "call", known and (known.name, tuple(p.type for p in known.parameters))
    numbers = constants_used(instruction)
    known_constants = all(0 <= number < len(module.constants) for number in numbers)
    if not numbers or not known_constants:
        return instruction.operation, instruction.type, instruction.immediates
    constants = tuple(identity(*module.constants[number]) for number in numbers)
    return instruction.operation, instruction.type, constants
