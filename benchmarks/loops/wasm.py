"""Loops in WebAssembly by wasmtime: metered by its own fuel, or not at all.

python -m benchmarks.loops.wasm fuel add_up 100000000
"""

from __future__ import annotations

import sys
import time

import wasmtime

from benchmarks.loops.catalogue import LOOPS

MODULE = """
(module (func (export "run") (param $n i32) (result i64) (local $i i32) (local $c i64)
  (block $done (loop $next
    (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
    {body}
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next)))
  (local.get $c)))
"""


def seconds(fuel: bool, loop: str, rounds: int) -> float:
    """Seconds of one run."""
    config = wasmtime.Config()
    config.consume_fuel = fuel
    store = wasmtime.Store(wasmtime.Engine(config))
    if fuel:
        store.set_fuel(2**62)
    module = wasmtime.Module(store.engine, MODULE.replace("{body}", LOOPS[loop].wasm))
    run = wasmtime.Instance(store, module, []).exports(store)["run"]
    began = time.process_time()
    run(store, rounds)
    return time.process_time() - began


if __name__ == "__main__":
    print(seconds(sys.argv[1] == "fuel", sys.argv[2], int(sys.argv[3])))
