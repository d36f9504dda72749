"""The client of a ledger: what commands, nodes and programs use of it.

with Ledger.open(path, Identity.load(folder)) as ledger:
    print(ledger.account_show().balance)
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import frozen

from totemlang.diagnostics import UsageError
from totemlang.ledger.chain import Chain
from totemlang.ledger.chain.ledger import Clock, machine_clock
from totemlang.ledger.client.data_calls import DataCalls
from totemlang.ledger.client.founded import hold_to_founding
from totemlang.ledger.client.job_calls import JobCalls
from totemlang.ledger.client.member_calls import MemberCalls
from totemlang.ledger.client.run_calls import RunCalls
from totemlang.ledger.contract import execute
from totemlang.ledger.identity import Identity

LEDGER_FILE = "ledger.db"
"""The ledger's file, where a folder is named."""


@frozen
class Ledger(MemberCalls, DataCalls, JobCalls, RunCalls):
    """A ledger as one member uses it: a method for every function of the contract.

    Each method may raise `Refusal` (the contract's, with code, rule and hint), `Rejected` (the
    ledger does not take the call) and `LedgerUnreachable`. It may be used from any thread.
    """

    identity: Identity | None = None

    @classmethod
    def open(
        cls,
        path: str | Path,
        identity: Identity | None = None,
        *,
        ledger: str | None = None,
        clock: Clock = machine_clock,
    ) -> Ledger:
        """Open the embedded ledger at `path`, a file or the folder that holds `ledger.db`.

        Without identity it can be verified, shown and exported, but not asked or called.
        `ledger` is the id that the file must have.

        Raises:
            LedgerUnreachable: where there is none.
            BrokenLedger: where its beginning is malformed, or it is another ledger; for a member
                also where it was founded otherwise than its first block says.
        """
        chain = Chain.open(ledger_file(path), execute, identity, ledger=ledger, clock=clock)
        if identity is not None:
            hold_to_founding(chain)
        return cls(chain, identity)

    @property
    def chain(self) -> Chain:
        """The embedded ledger behind it: to verify, show, follow and export."""
        if not isinstance(self.channel, Chain):
            raise UsageError("this is no embedded ledger: its own tools verify and show it")
        return self.channel

    @property
    def id(self) -> str:
        """What tells this ledger from any other: the hash of its first block."""
        return self.channel.id

    @property
    def member(self) -> str:
        """As whom it is used, `name@organisation`. Raises UsageError where it is only read."""
        return self.me.member

    @property
    def me(self) -> Identity:
        """Whose calls these are. Raises UsageError where it is only read."""
        if self.identity is None:
            raise UsageError("the ledger was opened to be read: open it as a member")
        return self.identity

    def close(self) -> None:
        """Let go of the ledger in this thread."""
        self.channel.close()

    def __enter__(self) -> Self:
        """Use it in a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        self.close()


def ledger_file(path: str | Path) -> Path:
    """The ledger's file: the path itself, or `ledger.db` in it where it is a folder."""
    found = Path(path)
    return found / LEDGER_FILE if found.is_dir() else found
