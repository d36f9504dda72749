"""`totem ledger`: one file that several processes use at once, and that anybody can verify."""

from __future__ import annotations

import click

from totemlang.cli.group import Lazy, LazyGroup

_HERE = "totemlang.cli.consortium"


@click.group(
    cls=LazyGroup,
    lazy={
        "init": Lazy(f"{_HERE}.founding:init", "Begin a ledger of one's own, ready to use."),
        "found": Lazy(f"{_HERE}.founding:found", "Found a consortium of several organisations."),
        "show": Lazy(f"{_HERE}.ledger_show:show", "Show a ledger, a block or a transaction."),
        "history": Lazy(f"{_HERE}.ledger_show:history", "List what was called, and what came."),
        "verify": Lazy(
            f"{_HERE}.ledger_verify:verify", "Replay everything and name what is wrong."
        ),
        "checkpoint": Lazy(
            f"{_HERE}.ledger_verify:checkpoint", "Sign the head, for others to hold."
        ),
        "check": Lazy(f"{_HERE}.ledger_verify:check", "Hold the ledger to checkpoints."),
        "rebuild": Lazy(f"{_HERE}.ledger_verify:rebuild", "Make the state anew from the blocks."),
        "export": Lazy(f"{_HERE}.ledger_copy:export", "Write the chain as lines of JSON."),
        "import": Lazy(f"{_HERE}.ledger_copy:import_", "Make a ledger from an export, verified."),
        "functions": Lazy(f"{_HERE}.ledger_call:functions", "List the contract's functions."),
        "call": Lazy(f"{_HERE}.ledger_call:call", "Call a function of the contract by its name."),
    },
)
def ledger() -> None:
    """Begin, show and verify a ledger: blocks in a chain, every call signed by its member.

    It is one SQLite file. Whoever has it can replay all of it; whoever keeps a checkpoint notices
    if history was cut, rewritten or split.
    """
