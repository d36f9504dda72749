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
    said = tuple([_said(module, instruction) for instruction in function.code.instructions])
    return Linked(function.name, function.parameters, function.result, function.code.slots, said)


@lru_cache(maxsize=1024)
def compiled_library_function(
    library: Library, name: str, parameter_types: tuple[Type, ...]
) -> Linked | None:
    """This node's own code of a library function; None where the library has no such function."""
    module = library_module(library, name, parameter_types)
    return None if module is None else linked(module, module.functions[-1])


@lru_cache(maxsize=1024)
def library_module(library: Library, name: str, parameter_types: tuple[Type, ...]) -> Module | None:
    """A library function as the last of a module, after all it calls; None where there is none."""
    try:
        functions = library.closure(name, parameter_types)
    except KeyError:
        return None
    return unbound(TypedProgram(Source(""), functions=functions))


def own_functions(module: Module, library: Library) -> tuple[bool, ...]:
    """Of each function whether it is one of this node's library, and all that it calls, too."""
    own: list[bool] = []
    for number, function in enumerate(module.functions):
        own.append(
            function.library
            and _own_code(library, function) == linked(module, function)
            and all(callee < number and own[callee] for callee in callees(function))
        )
    return tuple(own)


def judge_library(module: Module, library: Library, own: tuple[bool, ...], faults: Faults) -> None:
    """Note every library function of a module that is not the one of this node."""
    for function, is_own in zip(module.functions, own, strict=True):
        if is_own or not function.library:
            continue
        compiled = _own_code(library, function)
        if compiled is None:
            faults.add("BYT151", f"the library has no function {function.name} of these types")
        elif compiled != linked(module, function):
            message = f"the code of {function.name} is not that of the library of this node"
            faults.add("BYT151", message)


def callees(function: Function) -> frozenset[int]:
    """The numbers of the functions that a function calls."""
    return frozenset(
        instruction.immediates[0]
        for instruction in function.code.instructions
        if instruction.operation == "call"
    )


def _own_code(library: Library, function: Function) -> Linked | None:
    types = tuple([parameter.type for parameter in function.parameters])
    return compiled_library_function(library, function.name, types)


def _said(module: Module, instruction: Instruction) -> tuple[Hashable, ...]:
    """An instruction without numbers that mean something in its module alone."""
    if instruction.operation == "call":
        (number,) = instruction.immediates
        known = module.functions[number] if 0 <= number < len(module.functions) else None
        types = () if known is None else tuple([p.type for p in known.parameters])
        return "call", instruction.type, known and known.name, types
    numbers = constants_used(instruction)
    known_constants = all(0 <= number < len(module.constants) for number in numbers)
    if not numbers or not known_constants:
        return instruction.operation, instruction.type, instruction.immediates
    count = len(instruction.immediates)
    constants = tuple(identity(*module.constants[number]) for number in numbers)
    return instruction.operation, instruction.type, count, constants
