"""The standard library: TOTEM source, read and checked only as far as it is used.

`stats.totem` holds the functions `stats.…`, which may be overloaded by the types of their
parameters, and constants. A file's functions know each other by bare names too. Rules bind user
code, not the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from threading import RLock

from attrs import Factory, define, field

from totemlang.check.constants import library_constants
from totemlang.check.context import Signature, World
from totemlang.check.functions import function_body, signature
from totemlang.check.link import Calls, order
from totemlang.check.names import LibraryConstant
from totemlang.check.report import Reporter
from totemlang.check.rewrite import renumbered_function
from totemlang.check.typed import TypedFunction
from totemlang.diagnostics import Diagnostic, Refused
from totemlang.schema.types import Type
from totemlang.source import Source
from totemlang.syntax import tree
from totemlang.syntax.parser import parse
from totemlang.tables.resources import resource_names, resource_text
from totemlang.tables.rules import default_rules

SUFFIX = ".totem"


@define
class _File:
    """A file as read: what it declares, and the world in which its bodies are checked."""

    world: World
    functions: dict[str, list[Signature]] = Factory(dict)
    constants: dict[str, LibraryConstant] = Factory(dict)


@define(eq=False)
class Library:
    """Library files by name; `read` gives a file's text.

    Functions have negative numbers until a program numbers them. What has been read and checked
    is kept; a library is shared by all programs of a process.
    """

    names: tuple[str, ...]
    read: Callable[[str], str]
    _files: dict[str, _File] = Factory(dict)
    _nodes: dict[int, tuple[_File, tree.FunctionDefinition, Signature]] = Factory(dict)
    _typed: dict[int, tuple[TypedFunction, Calls]] = Factory(dict)
    _lock: RLock = field(factory=RLock, repr=False)

    @classmethod
    def of_texts(cls, texts: Mapping[str, str]) -> Library:
        """A library of the given files (`stats` to its text)."""
        return cls(tuple(sorted(texts)), texts.__getitem__)

    # --- what a body asks

    def overloads(self, name: str) -> tuple[Signature, ...]:
        """The functions of a dotted name, in the order of the file; none for an unknown name."""
        found = self._file(name.partition(".")[0])
        return tuple(found.functions.get(name, ())) if found is not None else ()

    def constant(self, name: str) -> LibraryConstant | None:
        """The constant of a dotted name."""
        found = self._file(name.partition(".")[0])
        return found.constants.get(name) if found is not None else None

    def function_names(self) -> tuple[str, ...]:
        """All names of functions, file by file."""
        files = [self._file(name) for name in self.names]
        return tuple(name for file in files if file is not None for name in file.functions)

    def constant_names(self) -> tuple[str, ...]:
        """All names of constants, file by file."""
        files = [self._file(name) for name in self.names]
        return tuple(name for file in files if file is not None for name in file.constants)

    # --- typed functions

    def typed(self, number: int) -> tuple[TypedFunction, Calls]:
        """A function by its number, and what it calls; calls bear library numbers.

        Raises:
            Refused: the library's own source is wrong.
        """
        with self._lock:
            if number not in self._typed:
                file, node, known = self._nodes[number]
                before = file.world.reporter.count
                function, body = function_body(file.world, node, known)
                if file.world.reporter.count > before:
                    raise Refused(file.world.reporter.findings)
                self._typed[number] = (function, tuple(body.called))
            return self._typed[number]

    def closure(self, name: str, parameters: Iterable[Type]) -> tuple[TypedFunction, ...]:
        """A function by dotted name and parameter types with all it calls, callees first.

        Calls are numbered within the result.

        Raises:
            KeyError: there is no such function.
            Refused: the library's own source is wrong.
        """
        types = tuple(parameters)
        for known in self.overloads(name):
            if tuple(at for _, at, _ in known.parameters) == types:
                found = order([known.number], lambda number: self.typed(number)[1])
                numbers = {number: index for index, number in enumerate(found.functions)}
                return tuple(
                    renumbered_function(self.typed(number)[0], numbers)
                    for number in found.functions
                )
        raise KeyError(name)

    def findings(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the library, all of it checked; for its authors."""
        found: dict[Diagnostic, None] = {}
        for name in self.names:
            try:
                self._file(name)
            except Refused as refused:
                found |= dict.fromkeys(refused.diagnostics)
        for number in list(self._nodes):
            try:
                self.typed(number)
            except Refused as refused:
                found |= dict.fromkeys(refused.diagnostics)
        if not found:
            cycles = order(self._nodes, lambda number: self.typed(number)[1]).cycles
            for caller, callee, span in cycles:
                reporter = self._nodes[caller][0].world.reporter
                name = self._nodes[callee][2].name
                reporter.add("CTL106", span, f"`{name}` leads back to itself")
                found |= dict.fromkeys(reporter.findings)
        return tuple(found)

    # --- reading

    def _file(self, name: str) -> _File | None:
        with self._lock:
            if name not in self._files and name in self.names:
                self._files[name] = self._load(name)
            return self._files.get(name)

    def _load(self, name: str) -> _File:
        source = Source(self.read(name), name + SUFFIX)
        program, findings = parse(source, default_rules(), library=True)
        if program is None or findings:
            raise Refused(findings)
        world = World(default_rules(), Reporter(source), self, own_file=name)
        file = _File(world)
        self._files[name] = file
        for item in program.items:
            if isinstance(item, tree.Declaration):
                for own, constant in library_constants(world, item):
                    file.constants[f"{name}.{own}"] = constant
            elif isinstance(item, tree.FunctionDefinition):
                dotted = f"{name}.{item.name.text.rpartition('.')[2]}"
                known = signature(world, item, -1 - len(self._nodes), dotted)
                self._nodes[known.number] = (file, item, known)
                file.functions.setdefault(dotted, []).append(known)
            else:
                world.reporter.add("CTL109", item.span, "a library has functions and constants")
        if world.reporter.count:
            del self._files[name]
            raise Refused(world.reporter.findings)
        return file


@cache
def default_library() -> Library:
    """The library that the package ships."""
    names = tuple(
        name.removesuffix(SUFFIX) for name in resource_names("stdlib") if name.endswith(SUFFIX)
    )
    return Library(names, lambda name: resource_text("stdlib", name + SUFFIX))
