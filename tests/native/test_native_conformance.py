"""Every conformance case that runs, in both tiers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.conformance_cases import Case, all_cases
from native.tiers import assert_tiers_agree

RUN = [case for case in all_cases() if "diagnostics" not in case["expect"]]


@pytest.mark.parametrize("given", RUN, ids=lambda case: str(case["name"]))
def test_it_ends_the_same_in_both_tiers(given: Mapping[str, Any], tmp_path: Path) -> None:
    case = Case(given, tmp_path)
    outcome = assert_tiers_agree(case.run)
    if outcome.is_done and outcome.totem:
        assert_tiers_agree(lambda: case.run(outcome.totem - 1))
