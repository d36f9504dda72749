"""A program and what it is offered to: data sets by organisation, budgets, lookups sent along."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from totemlang.cli.consortium.naming import requests_of
from totemlang.cli.options import LARGEST_TEXT
from totemlang.cli.programs import declared, open_program
from totemlang.diagnostics import UsageError

if TYPE_CHECKING:
    from totemlang.ledger.client import Ledger, Offer, Sent
    from totemlang.program import Program
    from totemlang.schema.metadata import Metadata

LARGEST_BUDGET = 2**63 - 1


@frozen
class Wanted:
    """A program under the ledger's tables; of each organisation its data sets, by name in it."""

    program: Program
    data: Mapping[str, Mapping[str, str]]

    @property
    def bytecode(self) -> bytes:
        """What is submitted."""
        return self.program.bytecode()

    @property
    def source_hash(self) -> str:
        """SHA-256 of the source that the bytecode carries, or of none."""
        source = self.program.module.source
        return hashlib.sha256((source.text if source else "").encode()).hexdigest()


def read_wanted(ledger: Ledger, file: Path, given: Sequence[str]) -> Wanted:
    """A program compiled under the tables in force, and the data sets that `--data` names.

    Raises:
        Refused: where the program is refused.
        UsageError: where data sets and program do not go together.
    """
    from totemlang.program import ForeignProgram
    from totemlang.tables.prices import load_prices
    from totemlang.tables.rules import load_rules

    rules = load_rules(ledger.table_show("rules").text or "", "rules.csv")
    prices = load_prices(ledger.table_show("prices").text or "", "prices.csv")
    program = open_program(file, rules, prices).program
    untyped: tuple[str, ...] = ()
    if isinstance(program, ForeignProgram):
        from totemlang.execution import data_names

        names = data_names(program)
    else:
        names, untyped = declared(program)
    data = _by_organisation(given, names)
    if untyped:
        first = next(iter(data.values()))
        schemas = {name: metadata_of(ledger, first[name]) for name in untyped if name in first}
        program = evolve(program, schemas=schemas)
    return Wanted(program, data)


def metadata_of(ledger: Ledger, dataset: str) -> Metadata:
    """What is published of a data set."""
    from totemlang.schema.metadata_json import metadata_from_json

    return metadata_from_json(ledger.dataset_show(dataset).metadata or "")


def offers(
    ledger: Ledger, wanted: Wanted, budgets: Mapping[str, int], *, requested: bool
) -> tuple[Offer, ...]:
    """A part for each organisation; `requested`: with the requests that give access.

    Raises:
        Refusal: LDG142, where there is no granted request for a data set.
    """
    from totemlang.ledger.client import Access, Offer

    nobody = Access("", "0" * 24, "0" * 64)
    granted = _granted(ledger) if requested else {}

    def access(dataset: str) -> Access:
        request = _request(granted, dataset) if requested else nobody.request
        return Access(dataset, request, nobody.proof)

    return tuple(
        Offer(budgets[organisation], {name: access(each) for name, each in named.items()})
        for organisation, named in wanted.data.items()
    )


def budgets_of(given: Sequence[str], organisations: Sequence[str]) -> dict[str, int]:
    """What `--budget` says: an amount for every provider, or `ORGANISATION=TOTEM` for one.

    Raises:
        UsageError: for a provider that has no part.
    """
    from totemlang.cli.consortium.shown import amount

    found: dict[str, int] = {}
    for text in given:
        name, equals, number = text.rpartition("=")
        if equals and name not in organisations:
            raise UsageError(f"--budget {text}: {name} has no data set in this job")
        for organisation in (name,) if equals else organisations:
            found[organisation] = amount(number)
    return found


def sent_along(given: Sequence[str], names: Sequence[str]) -> dict[str, tuple[Sent, bytes]]:
    """Lookups that go with the submission: hash and metadata for the ledger, and their content.

    Raises:
        UsageError: for a name that the program does not have, or a file that cannot be read.
    """
    from totemlang.data.describe import describe
    from totemlang.data.file import open_data
    from totemlang.ledger.client import Sent
    from totemlang.schema.metadata_json import metadata_to_json

    found = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or name not in names:
            raise UsageError(f"--send {text}: write NAME=FILE ({', '.join(names)})")
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        if len(content) > LARGEST_TEXT:
            raise UsageError(f"{path} is larger than {LARGEST_TEXT >> 20} MiB: it is no lookup")
        metadata = metadata_to_json(describe(open_data(path), name))
        found[name] = Sent(hashlib.sha256(content).hexdigest(), metadata), content
    return found


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


def _granted(ledger: Ledger) -> dict[str, tuple[str, str]]:
    """Of each data set asked for, the state of the request that matters most, and its name."""
    found: dict[str, tuple[str, str]] = {}
    for each in requests_of(ledger, "consumer"):  # the latest last
        if found.get(each.dataset, ("", ""))[0] != "granted" or each.state == "granted":
            found[each.dataset] = (each.state, each.request)
    return found


def _request(granted: Mapping[str, tuple[str, str]], dataset: str) -> str:
    from totemlang.ledger.contract import Reason, Refusal

    state, request = granted.get(dataset, ("", ""))
    if state != "granted":
        why = f"the request for {dataset} is {state}" if state else f"{dataset} was never asked for"
        raise Refusal(Reason.ACCESS, why)
    return request
