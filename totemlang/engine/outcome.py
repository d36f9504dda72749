"""What a run leaves: status, result, what it used, and the receipt."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from attrs import field, frozen

from totemlang.bytecode.module import Value
from totemlang.diagnostics import TotemError
from totemlang.engine.receipt import Receipt
from totemlang.schema.types import Field, Type

DONE = "done"


@frozen
class StageUsage:
    """What a stage used, in totem. A script is one stage, called `script`."""

    name: str
    totem: int


@frozen
class Usage:
    """What a job is charged: `used` in all, the same by stage, by operation group, by source line.

    With metered billing that is what it used. With flat billing it is the bill: `by_stage` adds
    up to the quoted bound, and groups and lines, which only measuring tells, are empty. A job
    that ran out of totem used its budget, and nothing else is told; one that never ran used 0.
    """

    used: int = 0
    by_stage: tuple[StageUsage, ...] = ()
    by_group: Mapping[str, int] = field(factory=dict)
    by_line: Mapping[int, int] = field(factory=dict)


@frozen(eq=False)
class Outcome:
    """The end of a run.

    `status` is `done`, `out_of_totem`, `failed`, `bad_data` or `forbidden`; `error` says why it
    is not done. `table` (of a job that is done) has `columns`: key parts, then values.
    `variables` (of a script that is done) are types and values by name, in order of declaration.
    """

    status: str
    budget: int
    usage: Usage = Usage()
    table: pa.Table | None = None
    columns: tuple[Field, ...] = ()
    variables: Mapping[str, tuple[Type, Value]] = field(factory=dict)
    receipt: Receipt | None = None
    error: TotemError | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is a result."""
        return self.status == DONE

    @property
    def remaining(self) -> int:
        """What is left of the budget."""
        return self.budget - self.usage.used

    @property
    def totem(self) -> int:
        """What the job is charged."""
        return self.usage.used

    def checked(self) -> Outcome:
        """This outcome, if the run is done.

        Raises:
            TotemError: what stopped it.
        """
        if self.error is not None:
            raise self.error
        return self

    def to_pandas(self) -> object:
        """The result as a pandas data frame (pandas must be installed)."""
        return None if self.table is None else self.table.to_pandas()
