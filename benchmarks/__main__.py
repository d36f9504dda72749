"""Measure: `make bench` runs every benchmark of this folder, or those named.

    python -m benchmarks [NAME…]

A benchmark is a module with a `main()` that prints what it measured. The comparison with recorded
answers (`benchmarks.programs`) needs a folder of data and is run by itself: `make programs`.
"""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path

APART = {"__main__", "programs"}


def main() -> None:
    """Run the benchmarks one after the other."""
    found = sorted(each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)]))
    for name in sys.argv[1:] or [name for name in found if name not in APART]:
        module = import_module(f"benchmarks.{name}")
        print(f"\n== {name}: {(module.__doc__ or '').splitlines()[0]}")
        module.main()


if __name__ == "__main__":
    main()
