"""A part of a job as its provider, its consumer and an auditor work it out from the ledger alone.

They call the same function as the contract did, on the same texts, so they come to what it came to;
where they do not, this is another version of TOTEM, and nothing is run.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from totemlang.bytecode.container import decode, module_hash
from totemlang.bytecode.module import Module, Value
from totemlang.cost.quote import Quote
from totemlang.diagnostics import Forbidden
from totemlang.ledger.canonical import digest_bytes
from totemlang.ledger.client import Job, Ledger, Sent
from totemlang.ledger.contract.evaluation import Premises, evaluate
from totemlang.ledger.contract.submission import strictest
from totemlang.schema.metadata import Metadata
from totemlang.schema.metadata_json import metadata_from_json
from totemlang.schema.policy import Policy, policy_from_json
from totemlang.tables.prices import load_prices
from totemlang.tables.rules import load_rules
from totemlang.verify.verified import VerifiedModule


@frozen
class JudgedPart:
    """What a part's provider runs, and on what premises.

    `module` is the whole program, `runs` what this part runs of it (with several providers, down
    to the merge); `metadata` of data sets and lookups is by name in the program.
    """

    module: Module = field(repr=False)
    runs: VerifiedModule = field(repr=False)
    parameters: Mapping[str, Value]
    metadata: Mapping[str, Metadata] = field(repr=False)
    policy: Policy
    quote: Quote = field(repr=False)
    sent: Mapping[str, Sent] = field(repr=False)

    @property
    def code(self) -> str:
        """The hash of what is run, as a receipt has it."""
        return module_hash(self.runs.module)


def judged_part(ledger: Ledger, job: Job, part: int) -> JudgedPart:
    """Work a part out from the ledger.

    Raises:
        Forbidden: where it comes to something else than the contract came to.
        Refusal: where the caller has nothing to do with the job.
    """
    code = ledger.job_code(job.job)
    rules = load_rules(_table(ledger, "rules", job.rules), "rules.csv")
    prices = load_prices(_table(ledger, "prices", job.prices), "prices.csv")
    metadata: dict[str, Metadata] = {}
    policies = []
    for name, used in job.parts[part].data.items():
        shown = ledger.dataset_show(used.dataset, used.version)
        metadata[name] = metadata_from_json(shown.metadata or "")
        policies.append(policy_from_json(shown.policy or ""))
    for name, lookup in code.sent.items():
        metadata[name] = metadata_from_json(lookup.metadata)
    premises = Premises(metadata, strictest(policies))
    found = evaluate(
        code.bytecode,
        rules,
        prices,
        [premises],
        code.parameters,
        job.source,
        providers=len(job.parts),
    )
    (quote,) = found.quotes
    judged = JudgedPart(
        decode(code.bytecode),
        found.verified,
        found.parameters,
        metadata,
        premises.policy,
        quote,
        code.sent,
    )
    same = (found.code_hash, found.stages, quote.lower, quote.upper) == (
        job.code,
        job.stages,
        job.parts[part].quote.lower,
        job.parts[part].quote.upper,
    )
    if not same or digest_bytes(code.bytecode) != job.program:
        raise Forbidden("this version of TOTEM judges the job otherwise than the ledger did")
    return judged


def _table(ledger: Ledger, kind: str, hash: str) -> str:
    return ledger.table_show(kind, hash).text or ""
