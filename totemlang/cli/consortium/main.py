"""`totem`: members, accounts, data sets, requests and jobs of a consortium, on its ledger."""

from __future__ import annotations

import click

from totemlang.cli.entry import EntryPoint
from totemlang.cli.group import Lazy

_HERE = "totemlang.cli.consortium"

_GROUPS = {
    "ca": Lazy(f"{_HERE}.authority:ca", "Run the authority that signs members' certificates."),
    "enrol": Lazy(f"{_HERE}.enrolment:enrol", "Become a member: key, request, certificate."),
    "ledger": Lazy(f"{_HERE}.ledgers:ledger", "Begin, show and verify a ledger."),
    "organisation": Lazy(f"{_HERE}.organisations:organisation", "See and admit organisations."),
    "account": Lazy(f"{_HERE}.accounts:account", "Keep an account of totem."),
    "dataset": Lazy(f"{_HERE}.datasets:dataset", "Publish data sets, and find them."),
    "request": Lazy(f"{_HERE}.requests:request", "Ask for access to data, and answer."),
    "job": Lazy(f"{_HERE}.jobs:job", "Submit a job, follow it, read its result, settle it."),
    "provider": Lazy(f"{_HERE}.provider:provider", "Do a provider's duties."),
    "rules": Lazy(f"{_HERE}.tables:rules", "See and change the rules in force."),
    "prices": Lazy(f"{_HERE}.tables:prices", "See and change the prices in force."),
    "completion": Lazy("totemlang.cli.completion:completion", "Print a shell completion script."),
}

_EPILOG = """\
Who acts: --as FOLDER, or TOTEM_IDENTITY. On which ledger: --ledger PATH, or TOTEM_LEDGER.

Exit codes: 0 done, 1 refused, 2 wrong use, 3 out of totem, 4 failed, 5 bad data, 6 forbidden,
69 ledger unreachable or broken, 70 internal error. `totem GROUP COMMAND --help` shows examples.
"""


@click.group(
    cls=EntryPoint,
    lazy=_GROUPS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="totemlang", prog_name="totem", message="%(prog)s %(version)s")
def totem() -> None:
    """The consortium: whoever asks pays, whoever has the data keeps it, the ledger has it all."""
