"""`totem account`: totem of a member, what holds it and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import asdict

from totemlang.cli.consortium.folders import as_member
from totemlang.cli.consortium.shown import amount, balance_table, listed, short, totem, when
from totemlang.cli.consortium.spelling import member_name
from totemlang.cli.group import Command, Group
from totemlang.cli.shell import Shell, speaks

if TYPE_CHECKING:
    from totemlang.ledger.client import Balance, Ledger


@click.group(cls=Group)
def account() -> None:
    """Keep an account of totem, which jobs are paid from and providers are paid to.

    Operators grant totem; from then on it only moves. What a job may cost at most is reserved
    when it is submitted; what it did not use comes back.
    """


@account.command(
    "open",
    cls=Command,
    examples=(("totem account open --as ada", "one's own account, empty"),),
)
@as_member
@speaks
def open_(shell: Shell, ledger: Ledger) -> None:
    """Open one's own account."""
    _tell(shell, ledger.account_open(), "opened")


@account.command(
    cls=Command,
    examples=(("totem account grant ada@lab 5_000_000 --as gro", "as an operator"),),
)
@click.argument("member", type=member_name, metavar="MEMBER")
@click.argument("number", metavar="TOTEM", type=amount)
@as_member
@speaks
def grant(shell: Shell, member: str, number: int, ledger: Ledger) -> None:
    """Grant new TOTEM to a MEMBER, as an operator."""
    _tell(shell, ledger.account_grant(member, number), f"was granted {number:,}")


@account.command(
    cls=Command,
    examples=(('totem account transfer bob@lab 1000 --note "for May" --as ada', "to a colleague"),),
)
@click.argument("member", type=member_name, metavar="MEMBER")
@click.argument("number", metavar="TOTEM", type=amount)
@click.option("--note", metavar="TEXT", help="What for, in a line that the ledger keeps.")
@as_member
@speaks
def transfer(shell: Shell, member: str, number: int, note: str | None, ledger: Ledger) -> None:
    """Send TOTEM from one's own account to another MEMBER's."""
    found = ledger.account_transfer(member, number, note)
    _tell(shell, found, f"has sent {number:,} to {member}")


@account.command(
    cls=Command,
    examples=(
        ("totem account show --as ada", "one's own"),
        ("totem account show ada@lab --as gro", "anybody's, as operator or auditor"),
    ),
)
@click.argument("member", required=False, type=member_name, metavar="[MEMBER]")
@as_member
@speaks
def show(shell: Shell, member: str | None, ledger: Ledger) -> None:
    """Show what an account holds: balance + reserved = granted + earned − spent, and transfers."""
    found = ledger.account_show(member)
    if shell.as_json:
        shell.document(found.to_json())
    else:
        shell.show(balance_table([found]))


@account.command(
    cls=Command,
    examples=(
        ("totem account history --as ada", "every movement, oldest first"),
        ("totem account history --last 5 --as ada", "the latest five"),
    ),
)
@click.argument("member", required=False, type=member_name, metavar="[MEMBER]")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N movements.")
@as_member
@speaks
def history(shell: Shell, member: str | None, last: int | None, ledger: Ledger) -> None:
    """Show every movement of an account, and what it held afterwards."""
    from collections import deque

    from totemlang.ledger.client import every

    whose = ledger.account_show(member)
    movements = deque(every(lambda after: ledger.account_history(whose.member, after)), maxlen=last)
    if shell.as_json:
        entries = [each.to_json() for each in movements]
        shell.document({"member": whose.member, "entries": entries})
        return
    rows = [
        (
            str(each.number),
            when(each.time),
            each.event,
            totem(each.totem),
            totem(each.balance),
            totem(each.reserved),
            " ".join(word for word in (each.who, short(each.job), each.note) if word),
        )
        for each in movements
    ]
    head = ("no.", "time", "event", "totem", "balance", "reserved", "with")
    shell.show(listed(head, rows, "rllrrrl"))


@account.command(cls=Command, examples=(("totem account supply --as ada", "of all accounts"),))
@as_member
@speaks
def supply(shell: Shell, ledger: Ledger) -> None:
    """Show all totem that was ever granted: the sum of all balances and reserves."""
    found = ledger.account_supply()
    if shell.as_json:
        shell.document(found.to_json())
    else:
        shell.show(f"{found.granted:,} totem granted in all")


@account.command(
    cls=Command,
    examples=(("totem account runs --as ada", "what `totemc run --ledger` has paid for"),),
)
@as_member
@speaks
def runs(shell: Shell, ledger: Ledger) -> None:
    """List the runs on one's own data that the account has paid for."""
    from totemlang.ledger.client import every

    found = sorted(every(ledger.run_list), key=lambda each: each.changed)
    if shell.as_json:
        shell.document({"runs": [each.to_json() for each in found]})
        return
    rows = [
        (each.run, each.state, totem(each.budget), totem(each.used), each.payee, when(each.changed))
        for each in found
    ]
    shell.show(listed(("run", "state", "budget", "used", "paid to", "changed"), rows, "llrrll"))


@account.command(
    cls=Command,
    examples=(("totem account recover --as ada", "what a killed run holds"),),
)
@as_member
@speaks
def recover(shell: Shell, ledger: Ledger) -> None:
    """Get back what runs of `totemc run --ledger` hold whose process is gone.

    What they were charged stays spent. The next run does so by itself where it needs the totem.
    """
    from totemlang.ledger.run_account import recover as recover_runs

    found = recover_runs(ledger)
    if shell.as_json:
        shell.document({"recovered": [asdict(each) for each in found]})
    elif found:
        rows = [
            (each.run, totem(each.budget), totem(each.charge), totem(each.returned))
            for each in found
        ]
        shell.show(listed(("run", "budget", "used", "back"), rows, "lrrr"))
    else:
        shell.show("nothing to recover: no run is open whose process is known to be gone")


def _tell(shell: Shell, found: Balance, what: str) -> None:
    if shell.as_json:
        shell.document(found.to_json())
    else:
        shell.show(f"{found.member} {what}: {found.balance:,} totem to spend")
