"""What a finished job leaves as evidence: hashes of all that went in and came out.

Whoever holds the data can run the bytecode again and must get the same hashes. The signature is
the provider's and stands apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from totemlang.bytecode.module import Value
from totemlang.schema.metadata import Metadata
from totemlang.schema.metadata_json import metadata_hash
from totemlang.verify.verified import VerifiedModule

VERSION = 1


@frozen
class Receipt:
    """All hashes are SHA-256 in hex. `quote` is (lower, expected, upper), upper None if open.

    `metadata` and `lookups` are by the name of the data set in the program; `totem` and
    `by_stage` are what was charged, as the billing allows it to be told.
    """

    bytecode: str
    rules: str
    prices: str
    parameters: str
    metadata: Mapping[str, str]
    status: str
    result: str
    billing: str
    quote: tuple[int, int, int | None] | None
    totem: int
    by_stage: tuple[tuple[str, int], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The receipt as a JSON object; what does not apply is left out."""
        found: dict[str, Any] = {
            "totem_receipt": VERSION,
            "status": self.status,
            "bytecode": self.bytecode,
            "rules": self.rules,
            "prices": self.prices,
            "parameters": self.parameters,
            "metadata": dict(self.metadata),
            "billing": self.billing,
            "totem": self.totem,
            "by_stage": [{"stage": name, "totem": totem} for name, totem in self.by_stage],
        }
        if self.result:
            found["result"] = self.result
        if self.quote is not None:
            lower, expected, upper = self.quote
            found["quote"] = {"lower": lower, "expected": expected, "upper": upper}
        return found

    @property
    def hash(self) -> str:
        """SHA-256, in hex, of the receipt's canonical JSON: what a provider signs."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def parameters_hash(parameters: Mapping[str, Value]) -> str:
    """SHA-256, in hex, of the parameters that were sent, by name; floats by their exact bits."""
    text = json.dumps(
        {name: _exact(value) for name, value in sorted(parameters.items())},
        separators=(",", ":"),
        ensure_ascii=True,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _exact(value: Value) -> object:
    if isinstance(value, list | tuple):
        return [_exact(element) for element in value]
    return {"float": value.hex()} if isinstance(value, float) else value


def make_receipt(
    verified: VerifiedModule,
    parameters: Mapping[str, Value],
    metadata: Mapping[str, Metadata],
    *,
    status: str,
    result: str,
    is_flat: bool,
    quote: tuple[int, int, int | None] | None,
    totem: int,
    by_stage: tuple[tuple[str, int], ...],
) -> Receipt:
    """The receipt of a run that has ended with a status; `result` is empty where there is none."""
    return Receipt(
        verified.hash,
        verified.rules.hash,
        verified.prices.hash,
        parameters_hash(parameters),
        {name: metadata_hash(known) for name, known in sorted(metadata.items())},
        status,
        result,
        "flat" if is_flat else "metered",
        quote,
        totem,
        by_stage,
    )
