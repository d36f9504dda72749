"""`totemc account`: grant totem in an embedded ledger, and see what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict

from totemlang.cli.group import Command
from totemlang.cli.shell import Shell, speaks
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from totemlang.ledger import Balance, EmbeddedLedger, Job, Record

_ledger_option = click.option(
    "--ledger",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    metavar="PATH",
    help="The ledger's SQLite file.",
)


@click.group(context_settings={"max_content_width": 100})
def account() -> None:
    """Keep accounts of totem in an embedded ledger: one SQLite file, every event a chained record.

    A run reserves its budget in an account, is charged after each stage, and gets the rest back.
    """


@account.command(
    cls=Command,
    examples=(
        ("totemc account create alice --ledger ledger.db", "open an account, empty"),
        ("totemc account create alice --grant 1000000 --ledger ledger.db", "with totem in it"),
    ),
)
@click.argument("name")
@click.option("--grant", "totem", type=int, metavar="N", help="Grant so much at once.")
@_ledger_option
@speaks
def create(shell: Shell, name: str, totem: int | None, path: Path) -> None:
    """Open an account, and the ledger if there is none."""
    from totemlang.ledger import EmbeddedLedger

    ledger = EmbeddedLedger.create(path)
    ledger.create_account(name)
    if totem is not None:
        ledger.grant(name, totem)
    _tell_balance(shell, ledger.balance(name), "opened")


@account.command(
    cls=Command, examples=(("totemc account grant alice 1000000 --ledger ledger.db", "a million"),)
)
@click.argument("name")
@click.argument("totem", type=int)
@_ledger_option
@speaks
def grant(shell: Shell, name: str, totem: int, path: Path) -> None:
    """Add TOTEM (a whole number) to an account."""
    _tell_balance(shell, _ledger(path).grant(name, totem), f"was granted {totem:,}")


@account.command(
    cls=Command,
    examples=(
        ("totemc account show --ledger ledger.db", "all accounts"),
        ("totemc account show alice --ledger ledger.db", "one, with the jobs that hold a reserve"),
    ),
)
@click.argument("name", required=False)
@_ledger_option
@speaks
def show(shell: Shell, name: str | None, path: Path) -> None:
    """Show what accounts hold: granted = available + reserved + spent."""
    ledger = _ledger(path)
    if name is None:
        balances = ledger.balances()
        if shell.as_json:
            shell.document([_balance_document(balance) for balance in balances])
        else:
            shell.show(_balance_table(balances))
        return
    balance, jobs = ledger.balance(name), ledger.open_jobs(name)
    if shell.as_json:
        shell.document(_balance_document(balance) | {"open_jobs": [asdict(job) for job in jobs]})
        return
    shell.show(_balance_table((balance,)))
    if jobs:
        shell.show(_job_table(jobs, "holds a reserve of", "rest"))


@account.command(
    cls=Command,
    examples=(("totemc account history alice --last 20 --ledger ledger.db", "the latest events"),),
)
@click.argument("name")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N records.")
@_ledger_option
@speaks
def history(shell: Shell, name: str, last: int | None, path: Path) -> None:
    """Show the records of an account, oldest first."""
    ledger = _ledger(path)
    ledger.balance(name)
    records = ledger.history(name, last)
    if shell.as_json:
        shell.document([_record_document(record) for record in records])
    else:
        shell.show(_record_table(records))


@account.command(
    cls=Command,
    examples=(
        ("totemc account verify --ledger ledger.db", "replay every record from the first"),
        (
            "totemc account verify --head 5f2c… --ledger ledger.db",
            "and make sure it only grew since that head was noted",
        ),
    ),
)
@click.option("--head", default="", metavar="HASH", help="The head of an earlier audit.")
@_ledger_option
@speaks
def verify(shell: Shell, head: str, path: Path) -> None:
    """Audit a ledger: hashes, rules of the books, balances. Exit 5 names the first bad record."""
    audit = _ledger(path).verify(head)
    if shell.as_json:
        balances = [_balance_document(balance) for balance in audit.balances]
        shell.document({"records": audit.records, "head": audit.head, "accounts": balances})
        return
    shell.show(f"the ledger is whole: {audit.records:,} records, head {audit.head}")


@account.command(
    cls=Command,
    examples=(("totemc account recover --ledger ledger.db", "of all accounts"),),
)
@click.argument("name", required=False)
@_ledger_option
@speaks
def recover(shell: Shell, name: str | None, path: Path) -> None:
    """Give back the reserves of runs whose process is gone. What they were charged stays spent."""
    ledger = _ledger(path)
    if name is not None:
        ledger.balance(name)
    jobs = ledger.recover(name)
    if shell.as_json:
        shell.document([asdict(job) for job in jobs])
    elif jobs:
        shell.show(_job_table(jobs, "returned", "returned"))
    else:
        known = [ledger.balance(name)] if name is not None else ledger.balances()
        reserved = any(balance.reserved for balance in known)
        why = "every reserve belongs to a run that may still be at work"
        shell.show(f"nothing to recover: {why if reserved else 'nothing is reserved'}")


def chosen_account(path: Path, name: str | None) -> Any:
    """The account that a run is paid from: the one named, or the only one there is.

    Raises:
        UsageError: where there are several and none is named.
    """
    ledger = _ledger(path)
    if name is None:
        names = [balance.account for balance in ledger.balances()]
        if len(names) != 1:
            found = ", ".join(names[:10]) or "none yet: `totemc account create NAME --ledger …`"
            raise UsageError(f"say which account pays with --account NAME ({path} has {found})")
        name = names[0]
    return ledger.account(name)


def _ledger(path: Path) -> EmbeddedLedger:
    from totemlang.ledger import EmbeddedLedger

    return EmbeddedLedger(path)


def _tell_balance(shell: Shell, balance: Balance, what: str) -> None:
    if shell.as_json:
        shell.document(_balance_document(balance))
    else:
        shell.show(f"{balance.account} {what}: {balance.available:,} totem available")


def _balance_document(balance: Balance) -> dict[str, Any]:
    return asdict(balance) | {"available": balance.available}


def _record_document(record: Record) -> dict[str, Any]:
    return {key: value for key, value in asdict(record).items() if value != ""}


def _balance_table(balances: tuple[Balance, ...]) -> Table:
    from totemlang.cli.table import plain_table

    rows = [
        (b.account, f"{b.granted:,}", f"{b.available:,}", f"{b.reserved:,}", f"{b.spent:,}")
        for b in balances
    ]
    return plain_table(("account", "granted", "available", "reserved", "spent"), rows, "lrrrr")


def _job_table(jobs: tuple[Job, ...], what: str, field: str) -> Table:
    from totemlang.cli.table import plain_table

    rows = [
        (j.job, j.account, f"{j.budget:,}", f"{j.used:,}", f"{getattr(j, field):,}") for j in jobs
    ]
    return plain_table(("job", "account", "budget", "used", what), rows, "llrrr")


def _record_table(records: tuple[Record, ...]) -> Table:
    from totemlang.cli.table import plain_table

    rows = [
        (str(r.number), r.time, r.event, f"{r.totem:,}", r.stage, r.job[:12], r.hash[:12])
        for r in records
    ]
    head = ("record", "time", "event", "totem", "stage", "job", "hash")
    return plain_table(head, rows, "rllrlll")
