"""`totem ca` and `totem enrol`: who is a member, said by an authority and shown by a key."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from totemlang.cli.consortium.main import totem

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types `totem` in a folder of its own, with no identity or ledger set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("TOTEM_IDENTITY", "TOTEM_LEDGER", "TOTEM_CA", "TOTEM_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(totem, arguments)

    return typed


def done(result: Result) -> Any:
    """The JSON document of a command that succeeded."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def enrolled(run: Run, member: str = "ada@lab", *roles: str) -> str:
    """A member's folder, enrolled with an authority in `ca`."""
    name = member.split("@")[0]
    if not Path("ca").exists():
        done(run("ca", "init", "valley", "--json"))
    done(run("enrol", "request", member, "--as", name, "-o", f"{name}.request", "--json"))
    given = [word for role in roles or ("consumer",) for word in ("--role", role)]
    done(run("ca", "sign", f"{name}.request", *given, "-o", f"{name}.pem", "--json"))
    done(run("enrol", "install", f"{name}.pem", "--as", name, "--json"))
    return name


def test_a_member_enrols_and_is_who_he_is(run: Run) -> None:
    enrolled(run, "gro@grid", "operator", "auditor")
    shown = done(run("enrol", "show", "--as", "gro", "--json"))
    assert (shown["member"], shown["roles"]) == ("gro@grid", ["auditor", "operator"])
    assert stat.S_IMODE(Path("gro/key.pem").stat().st_mode) == 0o600
    assert "gro@grid: auditor, operator until 2" in run("enrol", "show", "--as", "gro").stdout


def test_the_key_stays_where_it_was_made(run: Run) -> None:
    enrolled(run)
    assert "PRIVATE" not in Path("ada.request").read_text() + Path("ada.pem").read_text()
    again = run("enrol", "request", "ada@lab", "--as", "ada")
    assert again.exit_code == 2
    assert "a key is never overwritten" in again.stderr


def test_a_certificate_is_renewed_with_its_key_and_its_roles(run: Run) -> None:
    enrolled(run, "ada@lab", "consumer", "operator")
    done(run("enrol", "renew", "--as", "ada", "-o", "again", "--json"))
    renewed = done(run("ca", "renew", "again", "-o", "ada2.pem", "--json"))
    assert renewed["roles"] == ["consumer", "operator"]
    assert (
        done(run("enrol", "install", "ada2.pem", "--as", "ada", "--json"))["serial"]
        == (renewed["serial"])
    )


def test_what_was_never_signed_or_is_revoked_is_not_renewed(run: Run) -> None:
    enrolled(run)
    run("enrol", "request", "eve@lab", "--as", "eve", "-o", "eve.request")
    refused = run("ca", "renew", "eve.request")
    assert refused.exit_code == 2
    assert "none that was signed" in refused.stderr
    done(run("ca", "revoke", "ada@lab", "--json"))
    refused = run("ca", "renew", "ada.request")
    assert refused.exit_code == 2
    assert "revoked: the member enrols again" in refused.stderr


def test_revoked_certificates_are_listed_as_such(run: Run) -> None:
    enrolled(run)
    enrolled(run, "nora@north", "provider")
    assert "revoked ada@lab" in run("ca", "revoke", "ada.pem").stdout
    listed = done(run("ca", "list", "--json"))["certificates"]
    assert {(each["member"], each["revoked"]) for each in listed} == {
        ("ada@lab", True),
        ("nora@north", False),
    }
    assert "valley: 2 signed, 1 revoked" in run("ca", "list").stdout
    assert "nothing to revoke" in run("ca", "revoke", "ada@lab").stdout
    assert run("ca", "crl").stdout.startswith("-----BEGIN X509 CRL-----")
    assert run("ca", "revoke", "bob@lab").exit_code == 2


def test_another_members_certificate_is_not_installed(run: Run) -> None:
    enrolled(run)
    enrolled(run, "nora@north", "provider")
    before = Path("ada/certificate.pem").read_text()
    refused = run("enrol", "install", "nora.pem", "--as", "ada")
    assert refused.exit_code == 2
    assert "nora.pem: the key does not belong" in refused.stderr
    assert Path("ada/certificate.pem").read_text() == before


def test_a_protected_key_asks_for_its_passphrase(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOTEM_PASSPHRASE", "correct horse")
    done(run("ca", "init", "valley", "--passphrase", "--json"))
    assert "ENCRYPTED" in Path("ca/authority.key").read_text().splitlines()[0]
    enrolled(run)
    monkeypatch.setenv("TOTEM_PASSPHRASE", "another")
    assert (
        "the passphrase is another" in run("ca", "sign", "ada.request", "--role", "auditor").stderr
    )
    monkeypatch.delenv("TOTEM_PASSPHRASE")
    unasked = run("ca", "sign", "ada.request", "--role", "auditor")
    assert unasked.exit_code == 2
    assert "set TOTEM_PASSPHRASE" in unasked.stderr


def test_what_is_missing_is_named_with_the_way_to_it(run: Run) -> None:
    unknown = run("enrol", "show")
    assert unknown.exit_code == 2
    assert "--as FOLDER" in unknown.stderr
    assert "TOTEM_IDENTITY" in unknown.stderr
    assert "totem enrol request NAME@ORGANISATION --as ada" in (
        run("enrol", "show", "--as", "ada").stderr
    )
    run("enrol", "request", "ada@lab", "--as", "ada")
    assert "totem enrol install" in run("enrol", "show", "--as", "ada").stderr
    assert json.loads(run("enrol", "show", "--json").stdout)["status"] == "usage"
    Path("notes.txt").write_text("nothing")
    assert "notes.txt is a file" in run("enrol", "show", "--as", "notes.txt").stderr
    run("ca", "init", "valley")
    assert "notes.txt: no readable" in run("ca", "sign", "notes.txt", "--role", "auditor").stderr
    assert "notes.txt: no readable" in run("ca", "renew", "notes.txt").stderr
    assert "notes.txt: the cert" in run("enrol", "install", "notes.txt", "--as", "ada").stderr


def test_names_that_none_may_bear_are_refused(run: Run) -> None:
    for member in ("ada", "ada@", "@lab", "a/b@lab", "ada@lab@lab", "ada\n@lab"):
        assert run("enrol", "request", member, "--as", "x").exit_code == 2, member
    assert not Path("x/key.pem").exists()
