"""Which process holds a reserve, and whether it is still there.

A process is known by its number and its time of birth, within one machine (one boot, one space of
process numbers): a number is given again, a pair never. About a process of another machine
nothing is known, and only the lease tells.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from pathlib import Path

from attrs import frozen


@frozen
class Owner:
    """A process: `machine` and `born` are opaque marks, empty where the system tells none."""

    machine: str
    process: int
    born: str

    def is_here(self) -> bool:
        """Whether it is a process of this machine, of which more is known than its lease."""
        return bool(self.machine) and self.machine == _machine()

    def is_gone(self) -> bool:
        """Whether this process has certainly ended. False also where that cannot be known."""
        if not self.is_here():
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            pass  # it is there and belongs to somebody else, or the number is no process number
        state, born = _life(self.process)
        return state in {"Z", "X"} or bool(self.born and born and born != self.born)


def this_process() -> Owner:
    """The process that runs this."""
    number = os.getpid()
    return Owner(_machine(), number, _life(number)[1])


def _machine() -> str:
    """One boot of one kernel with one space of process numbers; empty where that is not told."""
    if sys.platform == "win32":
        return ""  # there `os.kill(n, 0)` would not ask but interrupt
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return f"host {platform.node()}"


def _life(process: int) -> tuple[str, str]:
    """State letter and time of birth of a process, empty where there is none or no `/proc`."""
    with contextlib.suppress(OSError, IndexError):
        status = Path(f"/proc/{process}/stat").read_text()
        fields = status.rpartition(")")[2].split()  # the name before may hold spaces and brackets
        return fields[0], fields[19]
    return "", ""
