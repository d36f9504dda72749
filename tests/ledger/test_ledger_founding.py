"""A consortium is founded whole or not at all; one person on one machine needs a single step."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from consortium import BEGIN, ORGANISATIONS, PRICES, RULES

from totemlang.diagnostics import UsageError
from totemlang.ledger.chain import BrokenLedger, Chain, export_lines, restore, verify
from totemlang.ledger.client import Ledger, hold_to_founding
from totemlang.ledger.contract import Refusal, execute
from totemlang.ledger.founding import found, found_alone, own_identity
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)


def _founder(folder: Path, *roles: str) -> tuple[Identity, list[Authority]]:
    authority = CertificateAuthority.create(folder / "ca", "valley", now=BEGIN)
    key = new_key()
    text = authority.enrol(request_certificate(key, "gro", "grid"), roles, now=BEGIN)
    return Identity.of(text, key), [Authority(authority.certificate)]


def test_one_person_is_authority_operator_and_all_else(tmp_path: Path) -> None:
    founded = found_alone(tmp_path / "mine", name="ada", totem=5_000)
    assert founded.member == "ada@home"
    assert founded.balance.balance == 5_000
    assert own_identity(founded.folder) == founded.identity
    me = Identity.load(founded.identity)
    with Ledger.open(founded.folder, me, ledger=founded.ledger) as ledger:
        assert ledger.account_grant("machine@home", 1).balance == 1
        assert verify(ledger.chain).finding is None
    assert (founded.folder.stat().st_mode & 0o777) == 0o700
    assert not CertificateAuthority.load(founded.authority).revoked()


def test_his_name_is_the_one_that_he_has_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "Ada Lovelace")
    assert found_alone(tmp_path / "mine").member == "Ada-Lovelace@home"


def test_a_passphrase_protects_key_and_authority(tmp_path: Path) -> None:
    founded = found_alone(tmp_path / "mine", name="ada", passphrase="open sesame")
    with pytest.raises(UsageError, match="needs a passphrase"):
        Identity.load(founded.identity)
    assert Identity.load(founded.identity, "open sesame").member == "ada@home"


def test_nothing_that_is_there_is_touched(tmp_path: Path) -> None:
    place = tmp_path / "mine"
    place.mkdir()
    (place / "letter.txt").write_text("dear Ada")
    with pytest.raises(UsageError, match="holds something"):
        found_alone(place, name="ada")
    with pytest.raises(UsageError, match="letters"):
        found_alone(tmp_path / "other", name="a b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_several_organisations_found_a_ledger_once(tmp_path: Path) -> None:
    founder, authorities = _founder(tmp_path, "operator")
    path = tmp_path / "ledger.db"
    with found(path, founder, "valley", authorities, ORGANISATIONS, clock=_clock) as ledger:
        shown = ledger.consortium_show()
        assert (shown.founder, shown.name) == ("gro@grid", "valley")
        agreed = ledger.chain.genesis.founding
        assert agreed["rules"] == shown.rules == ledger.table_show("rules").hash
        assert agreed["organisations"]["lab"] == ["consumer", "operator"]
    with pytest.raises(UsageError, match="founded once"):
        found(path, founder, "valley", authorities, ORGANISATIONS, clock=_clock)
    assert Ledger.open(path).id == ledger.id


def test_who_founds_a_known_genesis_otherwise_is_found_out(tmp_path: Path) -> None:
    founder, authorities = _founder(tmp_path, "operator")
    path, split = tmp_path / "ledger.db", tmp_path / "split.db"
    with found(path, founder, "valley", authorities, ORGANISATIONS, clock=_clock) as ledger:
        lines = [line for line in export_lines(ledger.chain) if b'"number":1,' not in line]
    restore(lines, split, execute, clock=_clock).close()
    chain = Chain.open(split, execute, founder, ledger=ledger.id, clock=_clock)
    texts = {"rules": RULES, "prices": PRICES}
    Ledger(chain, founder).consortium_found("valley", {"grid": ["operator"]}, **texts)
    assert verify(chain).finding is None  # every signature counts: the operator's own
    with pytest.raises(BrokenLedger, match="founded otherwise"):
        Ledger.open(split, founder, clock=_clock)
    with pytest.raises(BrokenLedger, match="founded otherwise"):
        hold_to_founding(Ledger.open(split).chain)


def test_what_cannot_be_founded_leaves_nothing(tmp_path: Path) -> None:
    founder, authorities = _founder(tmp_path, "provider")
    with pytest.raises(Refusal, match="LDG104"):
        found(tmp_path / "l.db", founder, "valley", authorities, ORGANISATIONS, clock=_clock)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca"]


def _clock() -> datetime:
    return BEGIN.astimezone(UTC)
