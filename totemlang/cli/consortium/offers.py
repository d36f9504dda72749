"""A job as it is typed: a program under the ledger's tables, data sets by provider, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from totemlang.cli.consortium.naming import requests_of
from totemlang.cli.consortium.shown import amount, when
from totemlang.cli.programs import declared, open_program
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger
    from totemlang.node.consumer import Wanted
    from totemlang.program import Program
    from totemlang.schema.metadata import Metadata


@frozen
class Asked:
    """A program, and of each organisation its data sets by name in the program."""

    program: Program
    names: tuple[str, ...]
    data: Mapping[str, Mapping[str, str]]

    def wanted(self, budgets: Mapping[str, int]) -> tuple[Wanted, ...]:
        """A part for each organisation; without a budget it has the quote's upper bound."""
        from totemlang.node.consumer import Wanted

        return tuple(Wanted(named, budgets.get(name)) for name, named in self.data.items())

    def lookups(self, given: Sequence[str]) -> dict[str, Path]:
        """What `--send NAME=FILE` sends along.

        Raises:
            UsageError: for a name that the program does not have, or a file that is not there.
        """
        found = {}
        for text in given:
            name, equals, path = text.partition("=")
            if not equals or name not in self.names:
                raise UsageError(f"--send {text}: write NAME=FILE ({', '.join(self.names)})")
            if not Path(path).is_file():
                raise UsageError(f"--send {text}: there is no file {path}")
            found[name] = Path(path)
        return found


def read_asked(ledger: Ledger, file: Path, given: Sequence[str]) -> Asked:
    """A program compiled under the tables in force, and the data sets that `--data` names.

    Raises:
        Refused: where the program is refused.
        UsageError: where data sets and program do not go together.
    """
    from totemlang.execution import data_names
    from totemlang.program import ForeignProgram
    from totemlang.tables.prices import load_prices
    from totemlang.tables.rules import load_rules

    rules = load_rules(ledger.table_show("rules").text or "", "rules.csv")
    prices = load_prices(ledger.table_show("prices").text or "", "prices.csv")
    program = open_program(file, rules, prices).program
    untyped: tuple[str, ...] = ()
    if isinstance(program, ForeignProgram):
        names = data_names(program)
    else:
        names, untyped = declared(program)
    data = _by_organisation(given, names)
    if untyped:
        first = next(iter(data.values()))
        schemas = {name: _metadata(ledger, first[name]) for name in untyped if name in first}
        program = evolve(program, schemas=schemas)
    program.accept()
    return Asked(program, names, data)


def budgets_of(given: Sequence[str], organisations: Sequence[str]) -> dict[str, int]:
    """What `--budget` says: an amount for every provider, or `ORGANISATION=TOTEM` for one.

    Raises:
        UsageError: for a provider that has no part.
    """
    found: dict[str, int] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        if equals and name not in organisations:
            raise UsageError(f"--budget {text}: {name} has no data set in this job")
        for organisation in (name,) if equals else organisations:
            found[organisation] = amount(number)
    return found


def require_access(ledger: Ledger, asked: Asked) -> None:
    """Make sure that every data set may be used, before anything is made of the job.

    Raises:
        Refusal: LDG142, saying where the latest request stands, or LDG143.
    """
    from totemlang.ledger.contract import Reason, Refusal

    own, now = requests_of(ledger, "consumer"), datetime.now(UTC)
    for dataset in (each for named in asked.data.values() for each in named.values()):
        known = [each for each in own if each.dataset == dataset]
        ends = [each.deadline for each in known if each.state == "granted" and each.deadline]
        if not ends:
            latest = f"the request for {dataset} is {known[-1].state}" if known else ""
            raise Refusal(Reason.ACCESS, latest or f"{dataset} was never asked for")
        if max(ends) < now:
            raise Refusal(Reason.EXPIRED, f"the access to {dataset} was until {when(max(ends))}")


def _metadata(ledger: Ledger, dataset: str) -> Metadata:
    from totemlang.schema.metadata_json import metadata_from_json

    return metadata_from_json(ledger.dataset_show(dataset).metadata or "")


def _by_organisation(given: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        raise UsageError("a job takes a data set: this program takes none (totemc run runs it)")
    found: dict[str, dict[str, str]] = {}
    for text in given:
        name, equals, dataset = text.rpartition("=")
        organisation, slash, _ = dataset.partition("/")
        if not slash:
            raise UsageError(f"--data {text}: a data set is ORGANISATION/NAME: totem dataset list")
        if equals and name not in names:
            raise UsageError(f"--data {text}: the program takes {', '.join(names)}")
        part = found.setdefault(organisation, {})
        if (name or names[0]) in part:
            raise UsageError(f"--data {text}: {name or names[0]} is given twice for {organisation}")
        part[name or names[0]] = dataset
    if not found:
        raise UsageError(f"which data? give --data ORGANISATION/NAME for {names[0]}")
    return found
