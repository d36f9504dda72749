"""The node's tests stand on the ledger's: a consortium of five on the embedded ledger."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ledger"))
