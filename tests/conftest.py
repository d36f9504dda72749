"""What all tests share: `TOTEM_FUZZ=50` makes every random test draw fifty times as many examples.

`make fuzz` sets it. Tests whose draws are fixed draw anew then.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

_SETTINGS = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps the settings of a test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raise the number of examples of the random tests."""
    times = int(os.environ.get("TOTEM_FUZZ", "1"))
    if times == 1:
        return
    raised: set[int] = set()
    for item in items:
        function = getattr(item, "function", None)
        own = getattr(function, _SETTINGS, None)
        if own is not None and id(function) not in raised:
            raised.add(id(function))
            more = settings(own, max_examples=times * own.max_examples, derandomize=False)
            setattr(function, _SETTINGS, more)
