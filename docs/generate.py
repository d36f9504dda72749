"""Write the generated part of the documentation: `make docs`.

The reference and the pages of the ledger's contract are made anew, and every console block in
README and docs is run again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

from console import refreshed  # noqa: E402
from reference_pages import pages  # noqa: E402

from totemlang.ledger.contract.pages import pages as contract_pages  # noqa: E402

TOLD = ("README.md", "docs/*.md", "examples/*.md")
"""Pages that people write, with console blocks in them."""


def main() -> None:
    """Write what has changed, and say which files that were."""
    for name, text in pages().items():
        _write(ROOT / "docs" / "reference" / name, text)
    for name, text in contract_pages().items():
        _write(ROOT / "docs" / name, text)
    for path in sorted(path for pattern in TOLD for path in ROOT.glob(pattern)):
        with tempfile.TemporaryDirectory() as folder:
            _write(path, refreshed(path.read_text(), Path(folder)))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
