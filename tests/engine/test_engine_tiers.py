"""Which tier a run gets: by its size, and only where the native one has what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from totemlang.diagnostics import UsageError
from totemlang.engine.tiers import NATIVE_ROWS, NATIVE_TOTEM, chosen_tier

LIMITED = """\
import resource
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY))
from totemlang.diagnostics import UsageError
from totemlang.engine.tiers import chosen_tier
print(chosen_tier("auto", 1 << 30).name)
try:
    chosen_tier("native", 1)
except UsageError as error:
    print(error)
"""


def test_a_compiler_must_be_worth_waiting_for() -> None:
    assert chosen_tier("auto", NATIVE_ROWS - 1, NATIVE_TOTEM - 1).name == "interpreter"
    assert chosen_tier("auto", NATIVE_ROWS).name == "native"
    assert chosen_tier("auto", 0, NATIVE_TOTEM).name == "native"
    with pytest.raises(UsageError, match="no tier 'fast'"):
        chosen_tier("fast", 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_with_few_addresses_there_is_no_native_tier() -> None:
    """Every memory takes four gigabytes of them, and a job has several for each worker."""
    run = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True, timeout=60
    )
    name, refused = run.stdout.splitlines()
    assert name == "interpreter"
    assert "unlimited address space" in refused
