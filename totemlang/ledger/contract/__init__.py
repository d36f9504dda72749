"""The contract of the consortium: plain functions over a ledger's stub, each declared once.

`CONTRACT` has them by name, `execute` calls one. They know no clock, no randomness and no
environment: the same call on the same state writes the same, on every ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from totemlang.ledger.contract import (
    accounts,
    admissions,
    codes,
    consortium,
    datasets,
    deliveries,
    disputes,
    jobs,
    local_runs,
    requests,
    running,
    settlement,
    submission,
    tables,
)
from totemlang.ledger.contract.declare import ContractFunction, call, functions_of
from totemlang.ledger.contract.records import Record
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Stub

_MODULES = (
    consortium,
    admissions,
    accounts,
    tables,
    datasets,
    requests,
    submission,
    jobs,
    running,
    settlement,
    disputes,
    codes,
    deliveries,
    local_runs,
)

CONTRACT: Mapping[str, ContractFunction] = MappingProxyType(
    {name: found for module in _MODULES for name, found in functions_of(vars(module))}
)
"""Every function of the contract by name."""


def execute(stub: Stub, function: str, arguments: Mapping[str, object]) -> Record:
    """Call a function of the contract as the stub's caller; the answer is a JSON object.

    Raises:
        Refusal: with a stable code; the call must have no effect then.
    """
    return call(CONTRACT, stub, function, arguments)


__all__ = ["CONTRACT", "ContractFunction", "Reason", "Record", "Refusal", "execute"]
