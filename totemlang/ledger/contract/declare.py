"""One declaration a function: name, arguments with their bounds, roles, what it does.

    @declared(roles=("operator",), member=MEMBER, totem=AMOUNT)
    def account_grant(stub: Stub, member: str, totem: int) -> Record:

`call` is the one way in: it checks caller, role and arguments before the function sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import getdoc
from typing import Any

from attrs import field, frozen

from totemlang.ledger.contract.arguments import NAME, Argument, check_all
from totemlang.ledger.contract.records import Record, roles_by_organisation
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.stub import Stub, StubMisuse

ROLES = ("provider", "consumer", "operator", "auditor")
"""What a certificate may allow its holder to do."""


@frozen
class ContractFunction:
    """A function of the contract. `roles` empty: any member.

    A query writes nothing. A private function writes private values alone, which stand in the
    transient map of the call under the names in `transient`.
    """

    name: str
    doc: str
    arguments: Mapping[str, Argument]
    roles: tuple[str, ...]
    is_query: bool
    transient: tuple[str, ...]
    run: Callable[..., Record] = field(repr=False)

    @property
    def is_private(self) -> bool:
        """Whether it writes private values."""
        return bool(self.transient) and not self.is_query


def declared(
    shared: Mapping[str, Argument] | None = None,
    *,
    roles: tuple[str, ...] = (),
    query: bool = False,
    transient: tuple[str, ...] = (),
    **arguments: Argument,
) -> Callable[[Callable[..., Record]], ContractFunction]:
    """Make a function one of the contract's, under its own name.

    `shared` are arguments that it has in common with others.
    """
    every = {**(shared or {}), **arguments}

    def declare(run: Callable[..., Record]) -> ContractFunction:
        return ContractFunction(
            run.__name__, getdoc(run) or "", every, roles, query, transient, run
        )

    return declare


@frozen
class ReadOnly:
    """A stub through which a query cannot write."""

    stub: Stub

    def __getattr__(self, name: str) -> Any:
        """Reading goes through."""
        if name in ("put", "delete", "private_put", "event"):
            raise StubMisuse(f"a query calls {name}")
        return getattr(self.stub, name)


def call(
    contract: Mapping[str, ContractFunction],
    stub: Stub,
    function: str,
    arguments: Mapping[str, object],
) -> Record:
    """Call a function as the stub's caller; the answer is a JSON object.

    Raises:
        Refusal: with a stable code; the call must have no effect then.
    """
    known = contract.get(function) if isinstance(function, str) else None
    if known is None:
        raise Refusal(Reason.FUNCTION)
    if not isinstance(arguments, Mapping):
        raise Refusal(Reason.ARGUMENT, f"{function}: the arguments are an object")
    _check_caller(known, stub)
    try:
        checked = check_all(known.arguments, arguments)
    except ValueError as error:
        raise Refusal(Reason.ARGUMENT, f"{function}: {error}") from None
    return known.run(ReadOnly(stub) if known.is_query else stub, **checked)


def _check_caller(function: ContractFunction, stub: Stub) -> None:
    caller = stub.caller()
    if not NAME.fullmatch(caller.organisation) or not NAME.fullmatch(caller.name):
        raise Refusal(Reason.CALLER)
    known = roles_by_organisation(stub)
    if known is None:
        if function.name != "consortium_found":
            raise Refusal(Reason.UNFOUNDED)
        return
    allowed = known.get(caller.organisation)
    if allowed is None:
        raise Refusal(Reason.ORGANISATION, f"{caller.organisation} is none of the consortium")
    held = caller.roles.intersection(allowed)
    if function.roles and held.isdisjoint(function.roles):
        wanted = " or ".join(function.roles)
        raise Refusal(Reason.ROLE, f"{function.name} is for the role {wanted}")


def functions_of(module: Mapping[str, object]) -> Iterator[tuple[str, ContractFunction]]:
    """The functions that a module declares, by name."""
    for value in module.values():
        if isinstance(value, ContractFunction):
            yield value.name, value
