"""TOTEM once more, with all metering taken out of its native code."""

from __future__ import annotations

import pyarrow as pa

from benchmarks.jobs.engines import totem_engine
from benchmarks.unmetered import unmetered_build


class Engine(totem_engine.Engine):
    """See `engines`."""

    name = "TOTEM unmetered"

    def ways(self, job: str) -> tuple[str, ...]:
        """See `engines`."""
        return ("unmetered",)

    def run(self, job: str, way: str) -> pa.Table:
        """See `engines`."""
        with unmetered_build():
            return super().run(job, way)
