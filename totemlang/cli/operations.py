"""What a script does, step by step: its TOTEM_operators and mapped_executions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from totemlang.cli.table import safe
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.program import Program
    from totemlang.vm.trace import Trace


def traced(program: Program, parameters: Mapping[str, object]) -> Trace:
    """Run a script within its quote and note its operations.

    Raises:
        UsageError: for a job, whose operations are those of its data.
        Refused: where the program is refused.
    """
    from totemlang.data.parameters import sent_values
    from totemlang.execution import settled_budget
    from totemlang.vm.global_values import global_values
    from totemlang.vm.meter import Meter
    from totemlang.vm.trace import trace_script

    verified = program.accept()
    if verified.module.script is None:
        raise UsageError(
            "the operations of a job depend on its data: --emit listing shows its code"
        )
    budget = settled_budget(program.estimate({}, parameters), None)
    values = global_values(verified, sent_values(verified.module.globals, parameters))
    return trace_script(verified, values, Meter(budget))


def operations_text(trace: Trace) -> str:
    """One operation a line: its class, and what was executed."""
    head = "TOTEM_operators"
    wide = max(map(len, [head, *trace.operators]))
    lines = [f"{head:<{wide}}  mapped_executions"]
    lines += [
        f"{operator:<{wide}}  {safe(text)}"
        for operator, text in zip(trace.operators, trace.executions, strict=True)
    ]
    return "\n".join(lines)


def operations_document(trace: Trace) -> dict[str, Any]:
    """The document of `compile --emit operations --json`."""
    return {
        "TOTEM_operators": list(trace.operators),
        "mapped_executions": list(trace.executions),
    }
