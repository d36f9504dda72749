"""`totem provider`: a provider's duties, done by the node or step by step."""

from __future__ import annotations

import click

from totemlang.cli.group import Lazy, LazyGroup

_NODE = "totemlang.cli.consortium.provider_node"
_HAND = "totemlang.cli.consortium.provider_by_hand"


@click.group(
    cls=LazyGroup,
    lazy={
        "serve": Lazy(f"{_NODE}:serve", "Do a provider's duties, as long as it runs."),
        "step": Lazy(f"{_NODE}:step", "Do what is due now, then stop."),
        "receive": Lazy(f"{_NODE}:receive", "Take in a lookup that is sent along."),
        "admit": Lazy(f"{_NODE}:admit", "Let a consumer in who shows a one-time code."),
        "accept": Lazy(f"{_HAND}:accept", "Accept a part of a job."),
        "refuse": Lazy(f"{_HAND}:refuse", "Refuse a part, and with it the job."),
        "start": Lazy(f"{_HAND}:start", "Start a part that all have accepted."),
        "report": Lazy(f"{_HAND}:report", "Charge a finished stage."),
        "finish": Lazy(f"{_HAND}:finish", "End a part whose stages are all reported."),
        "fail": Lazy(f"{_HAND}:fail", "End a job that failed, or whose data is bad."),
    },
)
def provider() -> None:
    """Run accepted jobs beside the data, report after every stage, deliver what is released.

    `serve` and `step` do all of it. What stands below them does one thing, for providers whose
    programs run elsewhere and for those who look closely.
    """
