"""A consortium of five on a ledger in a folder, founded and filled with the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import frozen
from click.testing import CliRunner, Result

from totemlang.cli.consortium.main import totem

MEMBERS = {
    "gro@grid": "operator",
    "nora@north": "provider",
    "sam@south": "provider",
    "ada@lab": "consumer",
    "carl@court": "auditor",
}

ORGANISATIONS = {
    "grid": "operator",
    "north": "provider",
    "south": "provider",
    "lab": "consumer,operator",
    "court": "auditor",
}

GRANT = 10_000


@frozen
class Five:
    """The folder of the consortium; each member's identity is in a folder of his own name."""

    folder: Path

    def type_in(self, line: str, *, who: str | None = None, stdin: str | None = None) -> Result:
        """Types a command, as a member where one is named."""
        given = line.split()
        given += [] if who is None else ["--as", str(self.folder / who)]
        environment = {
            "TOTEM_LEDGER": str(self.folder / "ledger.db"),
            "TOTEM_CA": str(self.folder / "ca"),
            "TOTEM_IDENTITY": None,
            "COLUMNS": "200",
        }
        return CliRunner().invoke(totem, given, env=environment, input=stdin)

    def says(self, line: str, who: str | None = None) -> str:
        """What a command that succeeds prints on standard output."""
        result = self.type_in(line, who=who)
        assert result.exit_code == 0, result.output
        return result.stdout

    def gives(self, line: str, who: str | None = None) -> Any:
        """The JSON document of a command that succeeds."""
        return json.loads(self.says(f"{line} --json", who))

    def refuses(self, line: str, who: str | None = None, *, exit_code: int = 1) -> str:
        """What a command says that does not do it, on standard error."""
        result = self.type_in(line, who=who)
        assert result.exit_code == exit_code, result.output
        assert "Traceback" not in result.output
        return result.stderr

    def path(self, name: str) -> Path:
        """A file in the folder."""
        return self.folder / name


def enrol(five: Five, member: str, *roles: str) -> None:
    """Make somebody a member, with an identity in a folder of his name."""
    name = five.path(member.split("@")[0])
    given = " ".join(f"--role {role}" for role in roles)
    five.says(f"enrol request {member} -o {name}.request", name.name)
    five.says(f"ca sign {name}.request {given} -o {name}.pem")
    five.says(f"enrol install {name}.pem", name.name)


def five_members(folder: Path) -> Five:
    """A consortium in a new folder: founded, accounts open, ada with `GRANT` totem."""
    five = Five(folder)
    five.says("ca init valley")
    for member, role in MEMBERS.items():
        enrol(five, member, role)
    given = " ".join(f"--organisation {name}={roles}" for name, roles in ORGANISATIONS.items())
    five.says(f"ledger found valley {given} --authority {folder}/ca/authority.pem", "gro")
    for name in ("nora", "sam", "ada"):
        five.says("account open", name)
    five.says(f"account grant ada@lab {GRANT}", "gro")
    return five
