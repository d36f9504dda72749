"""Loops in the EVM by py-evm, metered by gas.

python -m benchmarks.loops.pyevm gas add_up 20000
"""

from __future__ import annotations

import sys
import time

from eth import constants
from eth.chains.base import Chain
from eth.db.atomic import AtomicDB
from eth.vm.forks import LondonVM

from benchmarks.loops.catalogue import LOOPS


def seconds(loop: str, rounds: int) -> float:
    """Seconds of one run."""
    kind = Chain.configure(
        "Loop", vm_configuration=((constants.GENESIS_BLOCK_NUMBER, LondonVM),), chain_id=1
    )
    head = {"difficulty": 1, "gas_limit": 10**12, "timestamp": 1}
    machine = kind.from_genesis(AtomicDB(), head).get_vm()
    code = bytes.fromhex(LOOPS[loop].evm.replace("{n}", f"{rounds:08x}"))
    began = time.process_time()
    done = machine.execute_bytecode(
        origin=bytes(20),
        gas_price=1,
        gas=10**12,
        to=bytes([1]) * 20,
        sender=bytes(20),
        value=0,
        data=b"",
        code=code,
    )
    passed = time.process_time() - began
    assert not done.is_error
    return passed


if __name__ == "__main__":
    print(seconds(sys.argv[2], int(sys.argv[3])))
