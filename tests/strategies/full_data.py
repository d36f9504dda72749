"""The full data sets: not part of the repository, so tests that want them may have to skip."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def full_data() -> Path | None:
    """The folder with `data/` and `programs/`: the one `TOTEM_DATA` names, or one beside us."""
    named = os.environ.get("TOTEM_DATA")
    if named:
        return (ROOT / named).resolve()
    return next((p.parents[1] for p in sorted(ROOT.parent.glob("*/programs/answers.json"))), None)


WANTED = "the full data is not here: set TOTEM_DATA to the folder with data/ and programs/"
