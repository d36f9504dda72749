"""What nothing bounds in a program, whatever is published: found without any metadata."""

from __future__ import annotations

from totemlang.cost.job_cost import job_cost
from totemlang.diagnostics import Diagnostic, Refused
from totemlang.verify.verified import VerifiedModule


def bound_findings(verified: VerifiedModule) -> tuple[Diagnostic, ...]:
    """Loops without a bound (CTL201) and sizes without one (CST103); costs beyond all (CST102).

    What follows from literals, parameters, lengths or published ranges is a bound; parameters and
    metadata need not be known. Nothing is raised.
    """
    try:
        return job_cost(verified, {}, {}).findings
    except Refused as refused:
        return refused.diagnostics
