"""`totemc`: check, price, compile and run TOTEM programs.

Exit codes: 0 done, 1 refused, 2 wrong use, 3 out of totem, 4 failed on the data, 5 bad data,
6 forbidden, 69 ledger unreachable, 70 internal error, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import click

from totemlang.cli.failure import INTERNAL_ERROR, INTERRUPTED, report, tell
from totemlang.cli.group import Lazy, LazyGroup
from totemlang.cli.shell import current_shell
from totemlang.diagnostics import TotemError, UsageError

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
    "account": Lazy("totemlang.cli.account:account", "Keep accounts in an embedded ledger."),
    "completion": Lazy("totemlang.cli.completion:completion", "Print a shell completion script."),
}


class Totemc(LazyGroup):
    """The group, with the one place where exceptions become messages and exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what TOTEM refuses is said and gives the exit code."""
        try:
            return super().invoke(ctx)
        except TotemError as error:
            lists = ctx.invoked_subcommand == "check"
            ctx.exit(tell(current_shell(ctx), error, as_list=lists))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit, as an entry point; see `click.Command.main`."""
        run: Callable[[], Any] = partial(
            super().main, args, prog_name, complete_var, standalone_mode=False, **extra
        )
        if not standalone_mode:
            return run()
        try:
            with _terminable():
                code = run()
                sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            code = UsageError.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            code = _quietly()
        except OSError as error:
            code = _quietly() if error.errno == errno.EPIPE else _internal(error)
        except Exception as error:
            code = _internal(error)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(
    cls=Totemc,
    lazy=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A program's life: check it, estimate it on what is published about the data, run it. "
    "`totemc COMMAND --help` shows examples.",
)
@click.version_option(package_name="totemlang", prog_name="totemc", message="%(prog)s %(version)s")
def totemc() -> None:
    """TOTEM: questions to data that stays with its owner, metered to the operation."""


def _internal(error: Exception) -> int:
    click.echo(report(error), err=True)
    return INTERNAL_ERROR


def _quietly() -> int:
    """Whoever read our output has gone; say nothing more, as `head` expects."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let a termination unwind like an interruption, so that reserves are returned."""
    try:
        before = signal.signal(signal.SIGTERM, _terminate)
    except ValueError:  # not the main thread: whoever embeds this decides
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
