"""Running a program on data: from paths, parameters and a budget to an outcome.

The order is what protects both sides: the program is accepted, the data is held against its
metadata, the quote is made and compared with the budget, and only then anything is reserved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from totemlang.diagnostics import UsageError
from totemlang.program import Program

if TYPE_CHECKING:
    from totemlang.cost.quote import Quote
    from totemlang.data.file import DataFile
    from totemlang.data.locate import Spec
    from totemlang.engine.account import Account
    from totemlang.engine.outcome import Outcome
    from totemlang.engine.progress import Progress
    from totemlang.schema.metadata import Metadata
    from totemlang.schema.policy import Policy

DEFAULT_MEMORY_LIMIT = 1 << 30
"""Bytes that a run may hold of what its stages emit before it writes to disk: 1 GiB."""


@frozen
class Request:
    """What a run is asked for, all premises checked: ready to be reserved and executed."""

    program: Program
    data: Mapping[str, DataFile]
    metadata: Mapping[str, Metadata]
    parameters: Mapping[str, object]
    quote: Quote
    budget: int
    policy: Policy | None = None


def prepare(
    program: Program,
    data: Mapping[str, DataFile | Spec] | None = None,
    *,
    budget: int | None = None,
    parameters: Mapping[str, object] | None = None,
    metadata: Mapping[str, Metadata] | None = None,
    policy: Policy | None = None,
    workers: int = 1,
) -> Request:
    """Open and describe the data, make the quote and settle the budget (None: the upper bound).

    So many `workers` read the data.

    Raises:
        Refused: for a program with errors.
        UsageError: for data or parameters that do not fit the program, or a quote without upper
            bound and no budget.
        BadData: for data that cannot be read.
    """
    from totemlang.data.describe import describe
    from totemlang.data.file import DataFile, open_data

    program.accept()
    given = dict(data or {})
    names = data_names(program)
    for name in given:
        if name not in names:
            raise UsageError(f"the program takes no data set {name!r} (it takes: {_list(names)})")
    for name in names:
        if name not in given:
            raise UsageError(f"the program takes {name}: bind it with --data {name}=PATH")
    opened = {
        name: spec if isinstance(spec, DataFile) else open_data(spec)
        for name, spec in given.items()
    }
    known = dict(metadata or {})
    for name, file in opened.items():
        if name not in known:
            its = policy if name == dataset_name(program) else None
            known[name] = describe(file, name, its, threads=workers)
    sent = dict(parameters or {})
    quoted = program.estimate(known, sent)
    return Request(program, opened, known, sent, quoted, settled_budget(quoted, budget), policy)


def run(
    program: Program,
    data: Mapping[str, DataFile | Spec] | None = None,
    *,
    budget: int | None = None,
    parameters: Mapping[str, object] | None = None,
    metadata: Mapping[str, Metadata] | None = None,
    policy: Policy | None = None,
    account: Account | None = None,
    job: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
    workers: int = 1,
    partitions: int | None = None,
    tier: str = "auto",
) -> Outcome:
    """Run a program. `data` binds data sets and lookups by name to paths or opened files.

    `budget` is in totem (None: the quote's upper bound); `parameters` are JSON values by name;
    `metadata` is what was published, where that is not simply what the files say; `account`
    pays, under the name of `job`. `workers` run it in a `tier` (`interpreter`, `native`, or
    `auto`: by the size of the data); how stages are cut into `partitions` shows nowhere.

    Raises:
        TotemError: as `prepare`, and as `run_job` where nothing is charged: a budget under the
            lower bound, an account without it. What happens in the run is the outcome's status.
    """
    request = prepare(
        program,
        data,
        budget=budget,
        parameters=parameters,
        metadata=metadata,
        policy=policy,
        workers=workers,
    )
    return execute(
        request,
        account=account,
        job=job,
        progress=progress,
        memory_limit=memory_limit,
        workers=workers,
        partitions=partitions,
        tier=tier,
    )


def execute(
    request: Request,
    *,
    account: Account | None = None,
    job: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
    workers: int = 1,
    partitions: int | None = None,
    tier: str = "auto",
) -> Outcome:
    """Run what was prepared; `job` names it in the account (None: a new random name)."""
    from totemlang.data.parameters import sent_values
    from totemlang.engine.local import run_job

    module = request.program.module
    return run_job(
        request.program.verified,
        request.data,
        request.budget,
        parameters=sent_values(module.globals, request.parameters),
        metadata=request.metadata,
        quote=request.quote,
        policy=request.policy,
        account=account,
        job=job,
        progress=progress,
        memory_limit=memory_limit,
        workers=workers,
        partitions=partitions,
        tier=tier,
    )


def data_names(program: Program) -> tuple[str, ...]:
    """The data set that a program takes, if it is a job, then its lookups."""
    first = dataset_name(program)
    lookups = (lookup.name for lookup in program.module.lookups)
    return (*lookups,) if first is None else (first, *lookups)


def dataset_name(program: Program) -> str | None:
    """The name of the data set that a job takes, which its policy is about; None for a script."""
    dataset = program.module.dataset
    return None if dataset is None else dataset.name


def settled_budget(quote: Quote, budget: int | None) -> int:
    """The budget of a run: what was given, else the quote's upper bound.

    Raises:
        UsageError: where there is neither.
    """
    if budget is not None:
        return budget
    if quote.upper is None:
        raise UsageError("the metadata leaves the upper bound open: give a --budget")
    return quote.upper


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
