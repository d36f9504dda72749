"""A prepared request, run in the tier and with the workers that a benchmark asks for."""

from __future__ import annotations

import inspect
from typing import Any

from totemlang.data.parameters import sent_values
from totemlang.engine.local import run_job
from totemlang.engine.outcome import Outcome
from totemlang.execution import Request

CHOICES = frozenset(inspect.signature(run_job).parameters)
"""What can be chosen about a run."""


def run_request(request: Request, **choices: Any) -> Outcome:
    """Run it as `execution.execute` does; `choices` are arguments of `run_job`.

    Raises:
        TypeError: for a choice that `run_job` does not have.
    """
    return run_job(
        request.program.verified,
        request.data,
        request.budget,
        parameters=sent_values(request.program.module.globals, request.parameters),
        metadata=request.metadata,
        quote=request.quote,
        policy=request.policy,
        **choices,
    )
