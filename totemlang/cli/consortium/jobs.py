"""`totem job`: a program for data that stays with its providers, from quote to settlement."""

from __future__ import annotations

import click

from totemlang.cli.group import Lazy, LazyGroup

_HERE = "totemlang.cli.consortium"


@click.group(
    cls=LazyGroup,
    lazy={
        "quote": Lazy(f"{_HERE}.job_submit:quote", "Ask the contract what a job would cost."),
        "submit": Lazy(f"{_HERE}.job_submit:submit", "Submit a job: judged, its budget reserved."),
        "run": Lazy(f"{_HERE}.job_run:run", "Submit a job, wait, show its result, settle it."),
        "list": Lazy(f"{_HERE}.job_show:list_", "List jobs."),
        "show": Lazy(f"{_HERE}.job_show:show", "Show a job: parts, stages, totem."),
        "watch": Lazy(f"{_HERE}.job_watch:watch", "Follow a job and its balance going down."),
        "result": Lazy(f"{_HERE}.job_result:result", "Read the result that was delivered."),
        "receipt": Lazy(f"{_HERE}.job_result:receipt", "Read a provider's signed receipt."),
        "settle": Lazy(f"{_HERE}.job_ends:settle", "Agree to the charge: pay, and get the rest."),
        "stop": Lazy(f"{_HERE}.job_ends:stop", "Stop a job at once."),
        "expire": Lazy(f"{_HERE}.job_ends:expire", "Let a job go on whose deadline has passed."),
        "dispute": Lazy(f"{_HERE}.job_ends:dispute", "Dispute what was charged."),
        "disputes": Lazy(f"{_HERE}.job_replay:disputes", "List what waits for an auditor."),
        "replay": Lazy(f"{_HERE}.job_replay:replay", "Run a part again, as an auditor."),
        "judge": Lazy(f"{_HERE}.job_replay:judge", "Settle a dispute, as an auditor."),
        "code": Lazy(f"{_HERE}.job_codes:code", "Issue a one-time code for a provider's door."),
    },
)
def job() -> None:
    """Submit a job, follow it, read its result, settle it.

    The contract judges the program itself and reserves what it may cost at most; providers run it
    beside their data and are paid for what it did. A JOB is named by its beginning, or `latest`.
    """
