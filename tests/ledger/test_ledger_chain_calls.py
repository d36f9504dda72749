"""What a call can and cannot do on the embedded ledger."""

from __future__ import annotations

import hashlib
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tiny_consortium import START, Consortium, busy, found, tiny

from totemlang.diagnostics import LedgerUnreachable, UsageError
from totemlang.ledger.chain import Chain, Fault, Rejected, verify
from totemlang.ledger.chain import transaction as transactions
from totemlang.ledger.contract.refusals import Reason, Refusal
from totemlang.ledger.identity import (
    Authority,
    CertificateAuthority,
    Identity,
    new_key,
    request_certificate,
)
from totemlang.ledger.stub import StubMisuse


@pytest.fixture
def consortium(tmp_path: Path) -> Consortium:
    return found(tmp_path)


def rejected(chain: Chain, fault: Fault, *arguments: Any) -> None:
    before = chain.head()
    with pytest.raises(Rejected) as caught:
        chain.submit(*arguments)
    assert caught.value.fault is fault
    assert chain.head() == before


def test_a_call_takes_effect_and_stands_in_a_block(consortium: Consortium) -> None:
    chain = consortium.chain()
    receipt = chain.call("grant", {"name": "x", "totem": 5})
    assert (receipt.block, receipt.result, receipt.time) == (1, {"held": 0}, START)
    assert chain.get("held/x") == b"5"
    assert consortium.chain("bob").query("count", {"prefix": "held/"}) == ["held/x"]
    assert chain.head().number == 1
    assert verify(chain).checked().transactions == 1


def test_a_write_cannot_be_read_in_its_own_call(consortium: Consortium) -> None:
    chain = consortium.chain()
    chain.call("grant", {"name": "x", "totem": 5})
    result = chain.call("own_write", {"key": "held/x"}).result
    assert result == {"same": True, "seen": ["5"], "after": True}
    assert chain.get("held/x") == b"newer"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("mixed", {"private_first": True}),
        ("mixed", {"private_first": False}),
        ("many_events", {}),
        ("read_note", {"key": "n", "write": True}),
        ("read_note", {"key": "n", "collection": "Hub"}),
        ("own_write", {"key": ""}),
        ("own_write", {"key": "x" * 513}),
    ],
)
def test_what_no_chaincode_may_leaves_no_trace(
    consortium: Consortium, function: str, arguments: dict[str, Any]
) -> None:
    chain = consortium.chain()
    with pytest.raises(StubMisuse):
        chain.call(function, arguments)
    assert chain.head().number == 0
    assert chain.get("k") is None


def test_a_stub_is_of_no_use_after_its_call(consortium: Consortium) -> None:
    kept: list[Any] = []

    def contract(stub: Any, function: str, arguments: Any) -> object:
        kept.append(stub)
        kept.append(stub.range("", "z"))
        return None

    consortium.chain("ada", contract).call("anything", {})
    with pytest.raises(StubMisuse):
        kept[0].put("k", b"v")


def test_keys_are_in_the_order_of_their_utf8(consortium: Consortium) -> None:
    chain = consortium.chain()
    names = ["\U00010000", "\uffff", "b", "a", "a\0", "é", "a/b"]
    for name in names:
        chain.call("grant", {"name": name, "totem": 1})
    wanted = sorted((f"held/{name}" for name in names), key=str.encode)
    assert chain.query("count", {"prefix": "held/"}) == wanted
    assert verify(chain).finding is None


def test_a_refusal_is_recorded_and_without_effect(consortium: Consortium) -> None:
    chain = consortium.chain()
    with pytest.raises(Refusal) as caught:
        chain.call("pay", {"name": "x", "to": "y", "totem": 1})
    assert caught.value.reason is Reason.BALANCE
    assert chain.head().number == 1
    assert chain.query("count", {"prefix": ""}) == []
    assert verify(chain).checked().transactions == 1


def test_transactions_of_one_block_see_those_before(consortium: Consortium) -> None:
    chain = consortium.chain()
    chain.call("grant", {"name": "x", "totem": 100})
    calls = [chain.prepare("pay", {"name": "x", "to": "y", "totem": 60}) for _ in range(2)]
    first, second = chain.submit_all([(call, {}) for call in calls])
    assert (first.block, second.block) == (2, 2)
    assert first.result == {"left": 40}
    assert isinstance(second.refusal, Refusal)
    assert verify(chain).checked().blocks == 3


def test_a_block_is_bounded(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = consortium.chain()
    calls = [(chain.prepare("grant", {"name": "x", "totem": t}), {}) for t in range(9)]
    monkeypatch.setattr("totemlang.ledger.chain.sealing.MAX_BLOCK_BYTES", 5_000)
    with pytest.raises(Rejected) as caught:
        chain.submit_all(calls)
    assert caught.value.fault is Fault.SIZE
    assert chain.get("held/x") is None
    chain.submit_all(calls[:3])
    monkeypatch.setattr("totemlang.ledger.chain.judging.MAX_BLOCK_BYTES", 1_000)
    finding = verify(chain).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.BLOCK, 1)


def test_a_query_leaves_nothing(consortium: Consortium) -> None:
    chain = consortium.chain()
    assert chain.query("grant", {"name": "x", "totem": 1}) == {"held": 0}
    assert chain.get("held/x") is None
    assert chain.head().number == 0


def test_private_values_stand_beside_the_chain_and_their_hashes_on_it(
    consortium: Consortium,
) -> None:
    chain = consortium.chain()
    secret = b"salt and secret"
    stated = hashlib.sha256(secret).hexdigest()
    chain.call("note", {"key": "n", "stated": stated}, {"value": secret})
    assert chain.call("read_note", {"key": "n"}).result == {"length": len(secret)}
    found = verify(chain).checked()
    assert (found.transactions, found.taken) == (2, 0)
    with chain.store.reading() as connection:
        rows = connection.execute("SELECT body, record, writes FROM entries").fetchall()
    assert not any(secret in part for row in rows for part in row)


def test_transient_values_are_those_signed_for(consortium: Consortium) -> None:
    chain = consortium.chain()
    call = chain.prepare("note", {"key": "n", "stated": "00"}, ["value"])
    rejected(chain, Fault.FORM, call, {})
    rejected(chain, Fault.FORM, call, {"value": b"v", "other": b"v"})
    rejected(chain, Fault.SIZE, call, {"value": b"v" * 2**22})


def test_a_transaction_counts_once(consortium: Consortium) -> None:
    chain = consortium.chain()
    call = chain.prepare("grant", {"name": "x", "totem": 5})
    chain.submit(call)
    rejected(chain, Fault.REPLAYED, call)
    rejected(consortium.chain("bob"), Fault.REPLAYED, call)
    assert chain.get("held/x") == b"5"
    again = chain.prepare("grant", {"name": "x", "totem": 5})
    with pytest.raises(Rejected):
        chain.submit_all([(again, {}), (again, {})])
    assert chain.head().number == 1


def test_a_refused_transaction_does_not_come_back(consortium: Consortium) -> None:
    chain = consortium.chain()
    call = chain.prepare("pay", {"name": "x", "to": "y", "totem": 5})
    assert chain.submit(call).refusal is not None
    chain.call("grant", {"name": "x", "totem": 5})
    rejected(consortium.chain("bob"), Fault.REPLAYED, call)


def test_a_transaction_is_for_one_ledger(consortium: Consortium, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "ledger.db"
    authorities = [Authority(consortium.authority.certificate)]
    other = Chain.create(
        path, tiny, consortium.members["ada"], "other", authorities, clock=consortium.clock
    )
    rejected(other, Fault.LEDGER, consortium.chain().prepare("grant", {"name": "x", "totem": 5}))


def test_forged_signatures_are_refused(consortium: Consortium) -> None:
    chain = consortium.chain()
    call = chain.prepare("grant", {"name": "x", "totem": 5})
    bob = consortium.members["bob"]
    for body, signature in (
        (call.body.replace(b'"totem":5', b'"totem":6'), call.signature),
        (call.body, bob.sign(call.body)),
        (call.body, b""),
        (call.body, b"\xff" * 72),
    ):
        rejected(
            chain,
            Fault.SIGNATURE,
            transactions.read(body, signature, consortium.members["ada"].certificate.der),
        )
    with pytest.raises(Rejected) as caught:
        transactions.read(call.body, call.signature, bob.certificate.der)
    assert caught.value.fault is Fault.CERTIFICATE


def test_strangers_are_refused(consortium: Consortium, tmp_path: Path) -> None:
    stranger = CertificateAuthority.create(tmp_path / "strange", "hub", now=START)
    key = new_key()
    text = stranger.enrol(request_certificate(key, "ada", "DSO"), ["operator"], now=START)
    chain = Chain.open(consortium.path, tiny, Identity.of(text, key), clock=consortium.clock)
    call = chain.prepare("grant", {"name": "x", "totem": 5})
    rejected(chain, Fault.CERTIFICATE, call)
    rejected(consortium.chain(), Fault.CERTIFICATE, call)
    known = consortium.chain().prepare("grant", {"name": "x", "totem": 5})
    rejected(chain, Fault.CERTIFICATE, known)  # a stranger cannot seal either


def test_a_certificate_ends(consortium: Consortium) -> None:
    chain = consortium.chain()
    consortium.clock.forward(days=366)
    rejected(chain, Fault.CERTIFICATE, chain.prepare("grant", {"name": "x", "totem": 5}))
    with pytest.raises(Rejected):
        chain.query("count", {"prefix": ""})


def test_the_revoked_neither_call_nor_seal(consortium: Consortium) -> None:
    ada, bob = consortium.chain("ada"), consortium.chain("bob")
    early = bob.prepare("grant", {"name": "x", "totem": 5})
    bob.call("grant", {"name": "y", "totem": 5})
    text = consortium.authority.revoke(bob.member().certificate.pem, now=START).decode()
    assert ada.call("chain_revoke", {"list": text}).result == {"revoked": 1}
    rejected(ada, Fault.CERTIFICATE, early)
    rejected(bob, Fault.CERTIFICATE, bob.prepare("grant", {"name": "x", "totem": 5}))
    rejected(bob, Fault.CERTIFICATE, ada.prepare("grant", {"name": "x", "totem": 5}))
    assert verify(ada).finding is None


def test_revocation_lists_come_from_authorities_and_grow(
    consortium: Consortium, tmp_path: Path
) -> None:
    ada = consortium.chain("ada")
    members = consortium.members
    first = consortium.authority.revoke(members["bob"].certificate.pem, now=START).decode()
    second = consortium.authority.revoke(members["eve"].certificate.pem, now=START).decode()
    ada.call("chain_revoke", {"list": second})
    stranger = CertificateAuthority.create(tmp_path / "strange", "hub", now=START)
    for text in (first, second, stranger.revocation_list().decode(), "nothing", 5, None):
        with pytest.raises(Refusal):
            ada.call("chain_revoke", {"list": text})
    assert verify(ada).finding is None


def test_the_contract_cannot_touch_revocations(consortium: Consortium) -> None:
    chain = consortium.chain()
    text = consortium.authority.revoke(
        consortium.members["bob"].certificate.pem, now=START
    ).decode()
    chain.call("chain_revoke", {"list": text})
    assert chain.query("count", {"prefix": ""}) == []


def test_time_never_goes_back(consortium: Consortium) -> None:
    chain = consortium.chain()
    consortium.clock.forward(minutes=4)
    chain.call("clock", {"key": "a"})
    consortium.clock.forward(minutes=-3)
    chain.call("clock", {"key": "b"})
    assert chain.get("a") == chain.get("b") == (START + timedelta(minutes=4)).isoformat().encode()
    consortium.clock.forward(minutes=-10)
    rejected(chain, Fault.CLOCK, chain.prepare("clock", {"key": "c"}))
    assert verify(consortium.chain()).finding is not None  # of the future, by this clock
    consortium.clock.forward(minutes=20)
    assert verify(consortium.chain()).finding is None


@pytest.mark.parametrize("minutes", [6, -6])
def test_a_transactions_time_is_near(consortium: Consortium, minutes: int) -> None:
    chain = consortium.chain()
    call = chain.prepare("clock", {"key": "a"})
    consortium.clock.forward(minutes=20)
    chain.call("clock", {"key": "a"})
    late = transactions.make(
        consortium.members["ada"],
        chain.id,
        "clock",
        {"key": "a"},
        consortium.clock() + timedelta(minutes=minutes),
    )
    rejected(chain, Fault.STALE, call)
    rejected(chain, Fault.STALE, late)


@pytest.mark.parametrize(
    "arguments",
    [{"f": 1.5}, {"n": 2**63}, {"o": object()}, {"s": "\ud800"}, {1: 2}],
    ids=["float", "beyond 64 bits", "object", "surrogate", "key"],
)
def test_arguments_are_canonical(consortium: Consortium, arguments: Any) -> None:
    with pytest.raises(Rejected) as caught:
        consortium.chain().prepare("grant", arguments)
    assert caught.value.fault is Fault.FORM


def test_arguments_are_bounded(consortium: Consortium) -> None:
    with pytest.raises(Rejected) as caught:
        consortium.chain().prepare("grant", {"name": "x" * 2**22})
    assert caught.value.fault is Fault.SIZE
    deep: Any = 1
    for _ in range(20):
        deep = [deep]
    with pytest.raises(Rejected) as caught:
        consortium.chain().prepare("grant", {"name": deep})
    assert caught.value.fault is Fault.FORM


@pytest.mark.parametrize(
    "edit",
    [
        lambda b: b"",
        lambda b: b"null",
        lambda b: b"[" * 100_000,
        lambda b: b"\xff" + b,
        lambda b: b" " + b,
        lambda b: b.replace(b'"nonce":"', b'"nonce":"A'),
        lambda b: b.replace(b'"kind":"transaction"', b'"kind":"block"'),
        lambda b: b.replace(b'"function":"grant"', b'"function":"Grant"'),
        lambda b: b.replace(b'"function":"grant"', b'"function":5'),
        lambda b: b.replace(b'"transient":[]', b'"transient":["b","a"]'),
        lambda b: b.replace(b'"transient":[]', b'"transient":[{}]'),
        lambda b: b.replace(b".000Z", b".00Z"),
        lambda b: b.replace(b"2026-03-01", b"2026-13-01"),
        lambda b: b.replace(b'"arguments":{"name":"x","totem":5}', b'"arguments":[]'),
        lambda b: b.replace(b'{"arguments"', b'{"a":1,"arguments"'),
    ],
)
def test_malformed_transactions_are_refused(consortium: Consortium, edit: Any) -> None:
    call = consortium.chain().prepare("grant", {"name": "x", "totem": 5})
    assert edit(call.body) != call.body
    with pytest.raises(Rejected) as caught:
        transactions.read(edit(call.body), call.signature, call.der)
    assert caught.value.fault is Fault.FORM


def test_a_ledger_is_never_made_over_a_file(consortium: Consortium) -> None:
    before = consortium.path.read_bytes()
    with pytest.raises(UsageError, match="exists"):
        Chain.create(
            consortium.path,
            tiny,
            consortium.members["ada"],
            "hub",
            [Authority(consortium.authority.certificate)],
            clock=consortium.clock,
        )
    assert consortium.path.read_bytes() == before
    assert stat.S_IMODE(consortium.path.stat().st_mode) == 0o600
    assert [p.name for p in consortium.path.parent.iterdir() if p.name.startswith(".")] == []


def test_what_is_no_ledger_is_said_to_be_none(consortium: Consortium, tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreachable, match="no ledger"):
        Chain.open(tmp_path / "absent.db", tiny)
    other = tmp_path / "other.db"
    for text in (b"", b"hello", b"SQLite format 3\0" + b"\xff" * 5000):
        other.write_bytes(text)
        with pytest.raises(LedgerUnreachable):
            Chain.open(other, tiny)
        assert other.read_bytes() == text


def test_without_an_identity_it_is_only_read(consortium: Consortium) -> None:
    chain = consortium.chain(None)
    assert chain.head().number == 0
    with pytest.raises(UsageError, match="as a member"):
        chain.call("grant", {"name": "x", "totem": 5})


def test_a_busy_ledger_verifies(tmp_path: Path) -> None:
    found = verify(busy(tmp_path).chain(None)).checked()
    assert (found.blocks, found.transactions, found.taken) == (8, 9, 0)
