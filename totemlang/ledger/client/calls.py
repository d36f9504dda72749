"""How the client reaches a ledger: a channel that calls and queries, whatever ledger is behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from attrs import frozen

from totemlang.ledger.client.reading import Answer, to_document

A = TypeVar("A", bound=Answer)
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Called(Protocol):
    """Where a transaction stands and what it gave."""

    @property
    def id(self) -> str:
        """The transaction's id."""

    @property
    def result(self) -> Any:
        """The answer."""


class Channel(Protocol):
    """A ledger as one member uses it; the embedded `Chain` is one.

    All may raise `Refusal`, `Rejected` and `LedgerUnreachable`.
    """

    @property
    def id(self) -> str:
        """What tells this ledger from any other."""

    def call(
        self, function: str, arguments: Mapping[str, object], transient: Mapping[str, bytes] = ...
    ) -> Called:
        """Have a transaction executed; it is on the ledger when this returns."""

    def query(self, function: str, arguments: Mapping[str, object]) -> Any:
        """What a call would give now; nothing is written."""

    def close(self) -> None:
        """Let go of it."""


@frozen
class Calls:
    """What every part of the client is made of: one channel."""

    channel: Channel

    def _call(
        self,
        kind: type[A],
        function: str,
        transient: Mapping[str, bytes] | None = None,
        /,
        **arguments: object,
    ) -> A:
        return kind.of(self.channel.call(function, _sent(arguments), transient or {}).result)

    def _ask(self, kind: type[A], function: str, /, **arguments: object) -> A:
        return kind.of(self.channel.query(function, _sent(arguments)))


class Page(Protocol[T_co]):
    """A page of an answer; `next` goes on behind it, None where it is empty."""

    @property
    def items(self) -> tuple[T_co, ...]:
        """What is on the page."""

    @property
    def next(self) -> str | None:
        """What to ask for next."""


def every(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All of what is read by the page: `every(lambda at: ledger.job_list("consumer", at))`."""
    after = None
    while True:
        found = page(after)
        yield from found.items
        if found.next is None:
            return
        after = found.next


def _sent(arguments: Mapping[str, object]) -> dict[str, object]:
    """Arguments as JSON; those that are None are left out, which means the same."""
    return {name: to_document(value) for name, value in arguments.items() if value is not None}
