"""An entry point: the one place where exceptions become messages and exit codes.

Exit codes: 0 done, 1 refused, 2 wrong use, 3 out of totem, 4 failed on the data, 5 bad data,
6 forbidden, 69 ledger unreachable, 70 internal error, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import click

from totemlang.cli.failure import INTERNAL_ERROR, INTERRUPTED, error_document, report, tell
from totemlang.cli.group import LazyGroup
from totemlang.cli.shell import current_shell
from totemlang.diagnostics import TotemError, UsageError


class EntryPoint(LazyGroup):
    """The outermost group of a command. `listing` names commands whose document is a list."""

    listing: tuple[str, ...] = ()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what TOTEM refuses is said and gives the exit code."""
        try:
            return super().invoke(ctx)
        except TotemError as error:
            lists = ctx.invoked_subcommand in self.listing
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
            if "--json" in (sys.argv[1:] if args is None else args):
                wrong = UsageError(error.format_message())
                click.echo(json.dumps(error_document(wrong), indent=2, ensure_ascii=False))
            error.show()
            code = UsageError.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        except BrokenPipeError:
            code = _quietly()
        except OSError as error:
            code = _quietly() if error.errno == errno.EPIPE else _internal(error, self.name)
        except Exception as error:
            code = _internal(error, self.name)
        sys.exit(code if isinstance(code, int) else 0)


def _internal(error: Exception, program: str | None) -> int:
    click.echo(report(error, program or "totem"), err=True)
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
