"""Where rounds follow rounds for long, what is owed is settled in between: totem stays exact."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totemlang.diagnostics import OperationFailed, OutOfTotem
from totemlang.native.machine import NativeMachine
from totemlang.program import Program
from totemlang.source import Source
from totemlang.vm.machine import Machine
from totemlang.vm.meter import Meter

_SCRIPTS = {
    "counted up": "long c = 0\nfor i = 0; i < 40000; i++ do\n    c = c + i\nend for\n",
    "counted down": "long c = 0\nfor i = 40000; i >= 5; i -= 3 do\n    c = c + i\nend for\n",
    "branches and continue": "int c = 0\nfor i = 0; i <= 40000; i += 2 do\n"
    "    if i % 3 == 0 then\n        continue\n    end if\n    c = c + 1\nend for\n",
    "within another": "double x = 0\nfor i = 0; i < 200; i++ do\n    for j = i; j < 200; j++ do\n"
    "        x = x + 0.5 * j\n    end for\n    x = x / 2\nend for\n",
    "left by break": "int c = 0\nfor i = 0; i < 50000; i++ do\n    c = c + 1\n"
    "    if c == 30000 then\n        break\n    end if\nend for\n",
    "bounded by an array": "int[] xs = fill(7, 30000)\nint c = 0\n"
    "for i = 0; i < len(xs); i++ do\n    c = c + xs[i]\nend for\n"
    "for x in xs do\n    c = c - x\nend for\n",
    "fails late": "int c = 2147450000\nfor i = 0; i < 50000; i++ do\n    c = c + 1\nend for\n",
    "in a function": "function long up(int n)\n    long c = 0\n"
    "    for i = 0; i < n; i++ do\n        if i == 39990 then\n            return c\n"
    "        end if\n        c = c + i\n    end for\n    return c\nend function\n"
    "long a = up(20000)\nlong b = up(40000)\n",
}


def _ended(kind: type, text: str, budget: int) -> tuple[object, ...]:
    """How a run ends, with all of its totem where that is told."""
    meter = Meter(budget)
    machine = kind(Program(Source(text)).accept(), (), (), meter)
    try:
        ended: object = machine.run_script()
    except OperationFailed as error:
        ended = str(error)
    except OutOfTotem:
        return ("out of totem", meter.used)
    if isinstance(machine, NativeMachine):
        assert machine.given_up == 0
    return (ended, machine.totals(), meter.used)


@pytest.mark.parametrize("name", _SCRIPTS)
def test_long_loops_charge_as_the_interpreter(name: str) -> None:
    text = _SCRIPTS[name]
    meant = _ended(Machine, text, 2**40)
    assert _ended(NativeMachine, text, 2**40) == meant
    used = meant[-1]
    assert isinstance(used, int)
    for budget in (used, used - 1, used // 2, 1):
        assert _ended(NativeMachine, text, budget) == _ended(Machine, text, budget)


JOB = """\
function int more(int n)
    return n + 1
end function

dataset rows(int n)
map m(rows row)
    emit more(row.n)
end map
"""


def test_what_short_functions_owe_is_looked_for_at_the_end_of_a_batch() -> None:
    """Found by random programs: the body owes nothing of its own, so nobody had looked."""
    batch = pa.RecordBatch.from_arrays([pa.array([5, 6], pa.int32())], names=["n"])
    verified = Program(Source(JOB)).accept()
    plenty = Meter(10**6)
    Machine(verified, (), (), plenty).map(0, [[5, 6]], 2)
    for budget in range(plenty.used + 1):
        meter = Meter(budget)
        machine = NativeMachine(verified, (), (), meter)
        if budget == plenty.used:
            machine.map(0, batch)
        else:
            with pytest.raises(OutOfTotem):
                machine.map(0, batch)
        assert meter.used == budget
