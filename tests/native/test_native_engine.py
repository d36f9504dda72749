"""There is one compiler in a process, however many threads ask for the first."""

from __future__ import annotations

import subprocess
import sys

ASK_AT_ONCE = """
import threading, time
from concurrent.futures import ThreadPoolExecutor
import wasmtime
from totemlang.native.compiled import engine

make, asked = wasmtime.Config, threading.Barrier(4)

def slowly():
    time.sleep(0.05)
    return make()

def ask(number):
    asked.wait()
    return id(engine())

wasmtime.Config = slowly
with ThreadPoolExecutor(4) as threads:
    assert len(set(threads.map(ask, range(4)))) == 1
"""


def test_threads_share_one_compiler() -> None:
    ran = subprocess.run([sys.executable, "-c", ASK_AT_ONCE], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
