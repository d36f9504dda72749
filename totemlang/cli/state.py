"""Where what a person's commands remember is kept: the state folder of the XDG convention."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """`$XDG_STATE_HOME/totem`, else `~/.local/state/totem`; it may not exist yet."""
    told = os.environ.get("XDG_STATE_HOME", "")
    base = Path(told) if told and Path(told).is_absolute() else Path.home() / ".local" / "state"
    return base / "totem"
