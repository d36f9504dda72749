"""Loops in the EVM by revm (the package `pyrevm`), metered by gas.

python -m benchmarks.loops.revm gas add_up 10000000
"""

from __future__ import annotations

import sys
import time

from pyrevm import EVM, AccountInfo

from benchmarks.loops.catalogue import LOOPS

CALLER, CODE = "0x" + "11" * 20, "0x" + "22" * 20
GAS = 2**63 - 1


def seconds(loop: str, rounds: int) -> float:
    """Seconds of one run."""
    code = bytes.fromhex(LOOPS[loop].evm.replace("{n}", f"{rounds:08x}"))
    machine = EVM(gas_limit=GAS)
    machine.insert_account_info(CODE, AccountInfo(code=code))
    began = time.process_time()
    machine.message_call(caller=CALLER, to=CODE, gas=GAS)
    passed = time.process_time() - began
    assert machine.result.is_success
    return passed


if __name__ == "__main__":
    print(seconds(sys.argv[2], int(sys.argv[3])))
