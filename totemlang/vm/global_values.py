"""Parameters and constants before a run: what was sent, else what the program says."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from totemlang.bytecode.module import GlobalKind, Value
from totemlang.diagnostics import OperationFailed, OutOfTotem, UsageError
from totemlang.verify.verified import VerifiedModule
from totemlang.vm import failures
from totemlang.vm.loading import Till, load, machine_value, pool
from totemlang.vm.meter import Meter
from totemlang.vm.prepared import Prepared, prepare
from totemlang.vm.sizes import strings_bytes

INITIAL_TOTEM = 20_000_000
"""Initial values are free of charge, so what they may use is bounded: together, not each."""

INITIAL_BYTES = 1 << 26
"""Memory that the values of all parameters and constants may take together, 8 bytes a number."""

TOO_COSTLY = "initial values take too much work or memory"


def global_values(
    verified: VerifiedModule, sent: Mapping[str, Value], *, prepared: Prepared | None = None
) -> tuple[Value, ...]:
    """The value of each global, in order. `sent` has values of parameters, checked already.

    Raises:
        UsageError: a parameter without default was not sent.
        OperationFailed: an initial value fails, or asks for more than is free.
    """
    module = verified.module
    if all(g.initial is None or g.field.name in sent for g in module.globals):
        return tuple(_sent(g.field.name, sent) for g in module.globals)
    till = Till(Meter(INITIAL_TOTEM))
    loaded = load(prepared or prepare(_only_initials(verified)), pool(verified, ()), till)
    values: list[Value] = []
    size = 0
    for number, known in enumerate(module.globals):
        name = known.field.name
        is_sent = known.kind is GlobalKind.PARAMETER and name in sent
        if is_sent or known.initial is None:
            value = _sent(name, sent)
        else:
            try:
                value = till.run(name, loaded, f"i{number}")
            except OutOfTotem:
                raise OperationFailed(TOO_COSTLY) from None
            except failures.FAILURES as error:
                sites = list(loaded.sites(error))
                lines = [loaded.prepared.bodies[s.body].lines[s.instruction] for s in sites]
                line = lines[-1] if lines else 0
                raise OperationFailed(failures.reason_of(error), line) from None
            size += _bytes(value)
            if size > INITIAL_BYTES:
                raise OperationFailed(TOO_COSTLY)
        loaded.names[f"g{number}"] = machine_value(value)
        values.append(tuple(value) if isinstance(value, list) else value)
    return tuple(values)


def _only_initials(verified: VerifiedModule) -> VerifiedModule:
    """The module without all that initial values do not use: they call nothing."""
    module = evolve(verified.module, functions=(), stages=(), script=None, variables=())
    return evolve(verified, module=module, functions=(), stages=(), script=None, own=())


def _sent(name: str, sent: Mapping[str, Value]) -> Value:
    if name not in sent:
        raise UsageError(f"parameter {name} has no default: send it with --param {name}=…")
    return sent[name]


def _bytes(value: object) -> int:
    if isinstance(value, list):
        return 8 * len(value) + sum(_bytes(e) for e in value if isinstance(e, str))
    return strings_bytes([value]) if isinstance(value, str) else 8
