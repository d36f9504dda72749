"""Which process holds a reserve, and whether it is still there.

A process is known by its number and its time of birth, within one machine (one boot, one space of
process numbers): a number is given again, a pair never. Its mark stands in the name of its run on
the ledger, so the reserve and its owner are written at once. About a process of another machine
nothing is known.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import sys
from pathlib import Path

from attrs import frozen

_MARK = re.compile(r"([0-9a-f]{16})\.([0-9]{1,10})\.([0-9]{0,20})")


@frozen
class Owner:
    """A process: `machine` is an opaque mark, `born` empty where the system does not tell it."""

    machine: str
    process: int
    born: str

    @property
    def mark(self) -> str:
        """How it is written: 19 to 48 characters."""
        return f"{self.machine}.{self.process}.{self.born}"

    @classmethod
    def of(cls, mark: str) -> Owner | None:
        """The process of a mark, None where it is none."""
        found = _MARK.fullmatch(mark)
        return None if found is None else cls(found[1], int(found[2]), found[3])

    def is_here(self) -> bool:
        """Whether it is a process of this machine, of which something can be known."""
        return self.machine == _machine() and sys.platform != "win32"

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
    """One boot of one kernel with one space of process numbers, as 16 digits that tell no more."""
    found = f"host {platform.node()}"
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        found = f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return hashlib.sha256(found.encode()).hexdigest()[:16]


def _life(process: int) -> tuple[str, str]:
    """State letter and time of birth of a process, empty where there is none or no `/proc`."""
    with contextlib.suppress(OSError, IndexError):
        status = Path(f"/proc/{process}/stat").read_text()
        fields = status.rpartition(")")[2].split()  # the name before may hold spaces and brackets
        return fields[0], fields[19]
    return "", ""
