"""What a provider allows: how jobs are billed, what is not published, what a result may hold.

As JSON, version 1 (everything but the version may be left out):

    {"totem_policy": 1, "billing": "flat", "privacy_unit": "household_id",
     "withhold": {"extremes": ["kwh"], "distinct": ["household_id"]},
     "ceilings": {"rows": 2000000, "columns": {"kwh": {"lower": 0, "upper": 50},
                                               "household_id": {"max_bytes": 9}}},
     "largest_result_rows": 10000, "largest_result_bytes": 1000000,
     "largest_group_bytes": 1000000000}

Ceilings are declared, not measured: they are published in place of what the file holds, and the
data must keep to them. A `flat` bill is reckoned from ceilings alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from attrs import field, frozen

from totemlang.schema.metadata_json import MAX_COLUMNS
from totemlang.schema.untrusted_json import Reader, parse_document

VERSION = 1

_SIZES = ("distinct", "missing", "max_bytes", "total_bytes")


class Billing(Enum):
    """What a job pays: what it used, or what was quoted as its bound before the run."""

    METERED = "metered"
    FLAT = "flat"


@frozen
class Ceiling:
    """What a provider declares of a column; None: nothing. Bounds as JSON writes them."""

    distinct: int | None = None
    missing: int | None = None
    lower: int | float | str | None = None
    upper: int | float | str | None = None
    max_bytes: int | None = None
    total_bytes: int | None = None


@frozen
class Policy:
    """A provider's policy for a data set; the empty one publishes all and meters.

    `privacy_unit` is the column whose values are the persons or homes to protect. Of columns in
    `withhold_extremes` neither bounds nor the longest string are published, of those in
    `withhold_distinct` not the number of different values. Results of more than
    `largest_result_rows` or `largest_result_bytes` are not released; jobs that may hold more
    than `largest_group_bytes` in one group are not accepted. None: no such cap.
    """

    billing: Billing = Billing.METERED
    privacy_unit: str | None = None
    withhold_extremes: frozenset[str] = frozenset()
    withhold_distinct: frozenset[str] = frozenset()
    rows: int | None = None
    ceilings: Mapping[str, Ceiling] = field(factory=dict)
    largest_result_rows: int | None = None
    largest_result_bytes: int | None = None
    largest_group_bytes: int | None = None

    @property
    def is_flat(self) -> bool:
        """Whether a bill is the bound from declared ceilings."""
        return self.billing is Billing.FLAT


def policy_from_json(text: str | bytes) -> Policy:
    """Read a policy document; billing is flat where a privacy unit is named, else metered.

    Raises:
        BadData: for anything but a whole document of this version.
    """
    document = Reader(parse_document(text, "the policy"), "the policy")
    if document.found.get("totem_policy") != VERSION:
        raise document.error(f"this version reads 'totem_policy': {VERSION} alone")
    caps = ("largest_result_rows", "largest_result_bytes", "largest_group_bytes")
    document.only(("totem_policy", "billing", "privacy_unit", "withhold", "ceilings", *caps))
    unit = document.text("privacy_unit") if "privacy_unit" in document.found else None
    billing = document.found.get("billing", "flat" if unit else "metered")
    if billing not in ("metered", "flat"):
        raise document.error("'billing' must be metered or flat")
    withhold = document.object("withhold")
    withhold.only(("extremes", "distinct"))
    ceilings = document.object("ceilings")
    ceilings.only(("rows", "columns"))
    return Policy(
        Billing(billing),
        unit,
        withhold.names("extremes", MAX_COLUMNS),
        withhold.names("distinct", MAX_COLUMNS),
        ceilings.whole("rows"),
        _ceilings(ceilings.object("columns")),
        **{cap: document.whole(cap) for cap in caps},
    )


def with_policy(metadata: str, policy: str | bytes) -> str:
    """A metadata document that carries a policy document.

    Raises:
        BadData: where the policy is none.
    """
    policy_from_json(policy)
    found = parse_document(metadata, "the metadata") | {
        "policy": parse_document(policy, "the policy")
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def carried_policy(metadata: str | bytes) -> Policy | None:
    """The policy that a metadata document carries.

    Raises:
        BadData: where that is no policy document.
    """
    found = parse_document(metadata, "the metadata").get("policy")
    return None if found is None else policy_from_json(json.dumps(found))


def _ceilings(columns: Reader) -> dict[str, Ceiling]:
    if len(columns.found) > MAX_COLUMNS:
        raise columns.error(f"more than {MAX_COLUMNS:,} columns")
    found: dict[str, Ceiling] = {}
    for number, name in enumerate(columns.found, 1):
        column = columns.object(name)
        column = Reader(column.found, f"the policy, ceiling {number}")
        column.only(("lower", "upper", *_SIZES))
        bounds = {key: column.found.get(key) for key in ("lower", "upper")}
        for value in bounds.values():
            if isinstance(value, bool) or not isinstance(value, int | float | str | None):
                raise column.error("a bound is a number or a date")
        found[name] = Ceiling(**bounds, **{key: column.whole(key) for key in _SIZES})
    return found
