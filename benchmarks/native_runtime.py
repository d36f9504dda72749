"""What functions of the native runtime take, in nanoseconds an element, byte or call.

`python -m benchmarks.native_runtime` prints a table. A function is called in a loop that is native
too, so that calls from Python do not count; each figure is the best of several.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import wasmtime
from attrs import frozen

from totemlang.native.runtime.selection import runtime_text

_TAKES = {"double": "i32", "long": "i32", "string": "i32", "text": "i64", "number": "f64"}


@frozen
class Case:
    """A function, what it takes, and what it gives."""

    name: str
    takes: str
    gives: str
    sizes: tuple[int, ...]
    label: str = ""
    draw: Callable[[random.Random], Any] = random.Random.random


_ANY = (10, 100, 1_000, 100_000, 1_000_000)


def _amount(source: random.Random) -> float:
    return round(source.lognormvariate(3, 2), 2)


def _wild(source: random.Random) -> float:
    return source.uniform(-1, 1) * 2.0 ** source.randrange(-900, 900)


def _whole(source: random.Random) -> int:
    return source.randrange(-(2**62), 2**62)


def _name(source: random.Random) -> str:
    return f"household-{source.randrange(10**6)}"


CASES = (
    Case("sum_exact_double", "double", "f64", _ANY, "amounts", _amount),
    Case("sum_exact_double", "double", "f64", _ANY, "wild exponents", _wild),
    Case("min_of_double", "double", "f64", _ANY, draw=_amount),
    Case("sum_long", "long", "i64", _ANY, draw=lambda source: source.randrange(10**6)),
    Case("sort_double", "double", "i32", _ANY, draw=_amount),
    Case("sort_long", "long", "i32", _ANY, draw=_whole),
    Case("sort_string", "string", "i32", _ANY[:4], draw=_name),
    Case("words_at_space", "text", "i32", (20, 200, 100_000), "a byte, of words of 5"),
    Case("lower", "text", "i64", (20, 200, 100_000), "a byte"),
    Case("length_string", "text", "i32", (20, 200, 100_000), "a byte"),
    Case("whole_long", "number", "i64", (1,), "a call", _amount),
)


def _loop(name: str, takes: str) -> str:
    return f"""(func (export "{name}") (param $x {takes}) (param $n i32) (local $mark i32)
      (local.set $mark (global.get $heap))
      (loop $next
        (drop (call ${name} (local.get $x)))
        (call $reset (local.get $mark))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $next (local.get $n))))"""


class Bench:
    """One module with a loop for each function."""

    def __init__(self) -> None:
        """Compile it."""
        names = dict.fromkeys(case.name for case in CASES)
        takes = {case.name: _TAKES[case.takes] for case in CASES}
        wanted = [*names, "start_memory", "alloc", "reset"]
        text = f"""(module (memory $memory (export "memory") 2)
            (global $failed (mut i32) (i32.const 0))
            {runtime_text(wanted, given={"failed"})}
            (export "alloc" (func $alloc)) (export "start_memory" (func $start_memory))
            {" ".join(_loop(name, takes[name]) for name in names)})"""
        engine = wasmtime.Engine()
        self.store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, text)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        self.call("start_memory", 64)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call an export."""
        return self.exports[name](self.store, *arguments)  # type: ignore[operator]

    def hold(self, data: bytes) -> int:
        """Bytes in memory, for good."""
        at: int = self.call("alloc", len(data))
        memory: Any = self.exports["memory"]
        memory.write(self.store, data, at)
        return at

    def value(self, case: Case, size: int) -> Any:
        """What a case is called with."""
        source = random.Random(1)
        if case.takes == "number":
            return case.draw(source)
        if case.takes == "text":
            data = ("lorem " * size)[:size].encode()
            return self.hold(data) | len(data) << 32
        values = [case.draw(source) for _ in range(size)]
        if case.takes == "string":
            texts = [str(value).encode() for value in values]
            values = [self.hold(text) | len(text) << 32 for text in texts]
        code = "d" if case.takes == "double" else "q"
        held = self.hold(struct.pack(f"<{size}{code}", *values))
        return self.hold(struct.pack("<iiii", held, size, 0, 0))

    def figures(self, case: Case) -> Iterator[tuple[int, float]]:
        """Nanoseconds an element for each size."""
        for size in case.sizes:
            value = self.value(case, size)
            rounds, best = max(1, 400_000 // size), float("inf")
            for _ in range(5):
                start = time.perf_counter()
                self.call(case.name, value, rounds)
                best = min(best, time.perf_counter() - start)
            yield size, best / rounds / size * 1e9


def main() -> None:
    """Print the table."""
    bench = Bench()
    for case in CASES:
        found = "  ".join(f"{size:,}: {each:.2f}" for size, each in bench.figures(case))
        print(f"{case.name} {case.label}".ljust(40), found)


if __name__ == "__main__":
    main()
