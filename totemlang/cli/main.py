"""`totemc`: check, price, compile and run TOTEM programs."""

from __future__ import annotations

import click

from totemlang.cli.entry import EntryPoint
from totemlang.cli.group import Lazy

_COMMANDS = {
    "check": Lazy("totemlang.cli.check:check", "Say everything that is wrong with a program."),
    "estimate": Lazy("totemlang.cli.estimate:estimate", "Quote what a program costs on data."),
    "run": Lazy("totemlang.cli.run:run", "Run a program on data and show its result."),
    "repl": Lazy("totemlang.cli.repl.command:repl", "Try statements and jobs interactively."),
    "describe": Lazy("totemlang.cli.describe:describe", "Say what may be published about data."),
    "compile": Lazy("totemlang.cli.compile:compile_", "Turn a program into verified bytecode."),
    "disasm": Lazy("totemlang.cli.bytecode:disasm", "List bytecode with prices and lines."),
    "verify": Lazy("totemlang.cli.bytecode:verify", "Hold foreign bytecode to the rules."),
    "rules": Lazy("totemlang.cli.tables:rules", "Show the rules in force."),
    "prices": Lazy("totemlang.cli.tables:prices", "Show the prices in force."),
    "completion": Lazy("totemlang.cli.completion:completion", "Print a shell completion script."),
}


_EPILOG = """\
A program's life: check it, estimate it on what is published about the data, run it.

Exit codes: 0 done, 1 refused, 2 wrong use, 3 out of totem, 4 failed, 5 bad data, 6 forbidden,
69 ledger unreachable or broken, 70 internal error. `totemc COMMAND --help` shows examples.
"""


class Totemc(EntryPoint):
    """The group of the language."""

    listing = ("check",)


@click.group(
    cls=Totemc,
    lazy=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="totemlang", prog_name="totemc", message="%(prog)s %(version)s")
def totemc() -> None:
    """TOTEM: questions to data that stays with its owner, metered to the operation."""
