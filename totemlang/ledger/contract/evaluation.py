"""Eval(code*): the contract's own judgement of a submitted program, before anything is reserved.

Bytecode is decoded, verified under the rules and prices in force and quoted on published metadata
(S406). The contract, a chaincode and a node call the same function, so they agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import field, frozen

from totemlang.bytecode.container import decode, module_hash
from totemlang.bytecode.halves import above_merge
from totemlang.bytecode.module import Dataset, Module, Value
from totemlang.check.library import default_library
from totemlang.cost.quote import Quote, quote
from totemlang.data.kinds import WIDER
from totemlang.data.parameters import sent_values
from totemlang.diagnostics import BadData, Refused, UsageError
from totemlang.ledger.contract.jobs import MOST_STAGES
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.contract.table_texts import findings_of
from totemlang.schema.metadata import Metadata
from totemlang.schema.policy import Policy
from totemlang.schema.types import Field, Kind
from totemlang.schema.untrusted_json import parse_document
from totemlang.tables.prices import PriceTable
from totemlang.tables.rules import RuleBook
from totemlang.verify.verified import VerifiedModule
from totemlang.verify.verifier import verify

MAX_KEPT = 64 * 2**10
"""Bytes of a program that is kept in memory once it is verified."""


@frozen
class Premises:
    """What one provider's part is quoted on: metadata by name in the program, and the policy."""

    metadata: Mapping[str, Metadata]
    policy: Policy


@frozen
class Evaluation:
    """The judgement: what a provider runs and its values, its stages, and a quote for each part.

    `dataset` is the name, in the program, of the data that it maps over.
    """

    verified: VerifiedModule
    dataset: str
    parameters: Mapping[str, Value]
    code_hash: str
    stages: tuple[str, ...]
    quotes: tuple[Quote, ...]


def evaluate(
    bytecode: bytes,
    rules: RuleBook,
    prices: PriceTable,
    premises: Sequence[Premises],
    parameters: str,
    source_hash: str | None = None,
    *,
    providers: int | None = None,
) -> Evaluation:
    """Judge a program for every provider that it is sent to.

    `parameters` is a JSON object; `source_hash` SHA-256, in hex, of the source's UTF-8. Of
    several `providers` (None: as many as premises) each runs what stands above `merge`.

    Raises:
        Refusal: with the findings of whichever room refuses.
    """
    verified, code_hash = _verified(bytecode, rules, prices)
    module = verified.module
    source = module.source
    if source_hash is not None and source is not None:
        found = hashlib.sha256(source.text.encode()).hexdigest()
        if found != source_hash:
            raise Refusal(Reason.SOURCE)
    values = _values(module, parameters)
    if module.dataset is None or not module.stages:
        raise Refusal(Reason.DATA, "a job takes a data set: this program takes none")
    if (len(premises) if providers is None else providers) > 1:
        verified = verify(above_merge(module), rules, prices, default_library())
    quotes = []
    for part in premises:
        _check_names(module, module.dataset, part.metadata)
        quotes.append(_quoted(verified, part, values))
    stages = tuple(stage.name for stage in quotes[0].by_stage)
    if len(stages) > MOST_STAGES:
        raise Refusal(Reason.LIMIT, f"a job has at most {MOST_STAGES} stages")
    return Evaluation(verified, module.dataset.name, values, code_hash, stages, tuple(quotes))


@frozen
class _Tables:
    """Rules and prices under the hashes that pin them."""

    pinned: tuple[str, str]
    rules: RuleBook = field(eq=False, repr=False)
    prices: PriceTable = field(eq=False, repr=False)


def _verified(bytecode: bytes, rules: RuleBook, prices: PriceTable) -> tuple[VerifiedModule, str]:
    """The verified program and its hash. Programs are sent often: those of usual size are kept."""
    tables = _Tables((rules.hash, prices.hash), rules, prices)
    judge = _judged if len(bytecode) <= MAX_KEPT else _judged.__wrapped__
    return judge(bytecode, tables)


@lru_cache(32)
def _judged(bytecode: bytes, tables: _Tables) -> tuple[VerifiedModule, str]:
    try:
        module = decode(bytecode)
        found = verify(module, tables.rules, tables.prices, default_library())
        return found, module_hash(module)
    except Refused as refused:
        first = refused.diagnostics[0]
        message = f"{first.code}: {first.message}"
        raise Refusal(Reason.BYTECODE, message, findings_of(refused)) from None


def _values(module: Module, parameters: str) -> dict[str, Value]:
    try:
        return sent_values(module.globals, parse_document(parameters, "the parameters"))
    except (UsageError, BadData) as error:
        raise Refusal(Reason.PARAMETERS, str(error)) from None


def _quoted(verified: VerifiedModule, part: Premises, values: Mapping[str, Value]) -> Quote:
    try:
        found = quote(verified, part.metadata, values)
    except Refused as refused:
        first = refused.diagnostics[0]
        message = f"{first.code}: {first.message}"
        raise Refusal(Reason.BYTECODE, message, findings_of(refused)) from None
    policy = part.policy
    if policy.is_flat and (
        found.upper is None or any(stage.upper is None for stage in found.by_stage)
    ):
        raise Refusal(Reason.OPEN_BOUND, f"nothing bounds {', '.join(found.open_symbols)}")
    caps = (
        (Reason.RESULT, "rows of the result", found.result_rows, policy.largest_result_rows),
        (Reason.RESULT, "bytes of the result", found.result_bytes, policy.largest_result_bytes),
        (Reason.GROUP, "bytes of a group", found.largest_group_bytes, policy.largest_group_bytes),
    )
    for reason, what, bound, most in caps:
        if most is not None and (bound is None or bound > most):
            may = "are not bounded" if bound is None else f"may be {bound:,}"
            raise Refusal(reason, f"{what} {may}, the policy allows {most:,}")
    return found


def _check_names(module: Module, dataset: Dataset, metadata: Mapping[str, Metadata]) -> None:
    """Every data set and lookup of the program is there, and has the columns that it takes."""
    wanted: dict[str, tuple[Field, ...]] = {
        lookup.name: (*lookup.keys, *lookup.columns) for lookup in module.lookups
    }
    wanted[dataset.name] = dataset.columns
    if set(wanted) != set(metadata):
        names = ", ".join(sorted(wanted))
        raise Refusal(Reason.DATA, f"the program takes {names}: name a data set for each of them")
    for name in sorted(wanted):
        for column in wanted[name]:
            _check_column(name, column, metadata[name])


def _check_column(name: str, field: Field, metadata: Metadata) -> None:
    known = metadata.column(field.name)
    if known is None:
        raise Refusal(Reason.DATA, f"{name} has no column {field.name!r}")
    kind, own = field.type.kind, known.type.kind
    # A long may be declared int, and text is read as what is declared: the provider checks values.
    fits = kind is own or kind in WIDER.get(own, ()) or own is Kind.STRING
    if not fits and (own, kind) != (Kind.LONG, Kind.INT):
        message = f"{name}: column {field.name!r} is {own.value}, the program takes {kind.value}"
        raise Refusal(Reason.DATA, message)
    if known.missing and not field.type.is_optional:
        message = f"{name}: values are missing in {field.name!r}: declare it {kind.value}?"
        raise Refusal(Reason.DATA, message)
