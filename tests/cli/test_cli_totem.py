"""`totem` as a whole: every command helps, speaks JSON, starts quickly and fails politely."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from totemlang.cli.consortium.main import totem
from totemlang.cli.group import Command

GROUPS = ("ca", "enrol", "ledger", "organisation", "account", "dataset", "request", "job")
GROUPS += ("provider", "rules", "prices", "completion")


def commands(
    group: click.Group = totem, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is no group, with what one types for it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands())


def test_the_groups_are_those_that_people_look_for() -> None:
    assert set(totem.list_commands(click.Context(totem))) == set(GROUPS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_helps_with_examples_that_exist(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert isinstance(command, Command)
    told = CliRunner().invoke(totem, [*path, "--help"])
    assert told.exit_code == 0
    assert command.help
    assert all(does for _, does in command.examples)
    lines = [line for line, _ in command.examples]
    assert lines
    for line in lines:
        words = [word for word in line.split() if word.isidentifier() or "-" in word]
        assert line.startswith(("totem ", "totemc ", "eval ")), line
        if line.startswith("totem "):
            typed = tuple(words[1 : 1 + len(path)])
            assert typed in COMMANDS, line


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_speaks_json(path: tuple[str, ...]) -> None:
    if path == ("completion",):
        return
    options = {option for each in COMMANDS[path].params for option in each.opts}
    assert {"--json", "--quiet"} <= options


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    options = [each for each in COMMANDS[path].params if isinstance(each, click.Option)]
    assert [each.opts for each in options if not (each.help or each.hidden)] == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_nothing_that_is_typed_leads_to_a_traceback(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [p for p in COMMANDS[path].params if isinstance(p, click.Argument) and p.required]
    for given in (["nonsense"] * len(words), ["1"] * len(words), ["-"] * len(words)):
        result = CliRunner().invoke(
            totem,
            [*path, *given],
            env={"TOTEM_LEDGER": str(tmp_path / "none.db"), "TOTEM_CA": str(tmp_path / "ca")},
            input="x",
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), given
        assert result.exit_code in (0, 1, 2, 69), (given, result.output)


def test_help_imports_nothing_heavy() -> None:
    for arguments in ("['--help']", "['job', '--help']", "['ledger', 'history', '--help']"):
        code = (
            "import sys\n"
            "from totemlang.cli.consortium.main import totem\n"
            f"try: totem.main({arguments}, 'totem')\n"
            "except SystemExit: pass\n"
            "heavy = {'pyarrow', 'numpy', 'cryptography', 'sqlite3', 'rich', 'lark'}\n"
            "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stderr.strip() == "[]", arguments


def test_reading_a_balance_needs_no_compiler(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    CliRunner().invoke(totem, ["ledger", "init", str(folder), "--name", "me"])
    code = (
        "import sys\n"
        "from totemlang.cli.consortium.main import totem\n"
        f"try: totem.main(['account', 'show', '--json', '--ledger', {str(folder)!r}], 'totem')\n"
        "except SystemExit: pass\n"
        "heavy = {'pyarrow', 'numpy', 'totemlang.check.checker', 'totemlang.verify.verifier'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert json.loads(done.stdout)["balance"] == 5_000_000
    assert done.stderr.strip() == "[]"


def test_a_near_miss_is_answered_with_what_was_meant() -> None:
    told = CliRunner().invoke(totem, ["acount", "show"])
    assert told.exit_code == 2
    assert "Did you mean 'account'?" in told.stderr
    assert "Did you mean 'submit'?" in CliRunner().invoke(totem, ["job", "submt"]).stderr


def test_the_shell_learns_the_commands() -> None:
    told = CliRunner().invoke(totem, ["completion", "bash"])
    assert "_TOTEM_COMPLETE" in told.stdout
    assert "complete -o nosort -F _totem_completion totem" in told.stdout
