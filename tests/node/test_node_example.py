"""The consortium as a library: three nodes in threads of one process, and a merged result."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "consortium" / "embed.py"


def test_the_example_of_embedding_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE))["main"](tmp_path)
    said = capsys.readouterr().out
    assert "submitted: 2,639,176 totem left" in said
    assert said.count("ran, done") == 3
    assert "'kw': 102.5919998, 'homes': 99" in said
