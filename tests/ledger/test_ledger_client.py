"""The typed client: a method for each function of the contract, named answers, plain refusals."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from client_consortium import Members, members
from consortium import BILLS, FLAT_METADATA, FLAT_POLICY, bytecode, metadata

from totemlang.diagnostics import LedgerUnreachable, UsageError
from totemlang.ledger.chain import verify
from totemlang.ledger.client import (
    Access,
    AccessKeys,
    BadAnswer,
    Balance,
    Ledger,
    Offer,
    access_key,
    as_refused,
    every,
    prove,
)
from totemlang.ledger.contract import CONTRACT, Reason, Refusal
from totemlang.ledger.contract.deliveries import VALUE


@pytest.fixture(name="five")
def _five(tmp_path: Path) -> Members:
    return members(tmp_path)


def test_every_function_of_the_contract_has_a_method_with_its_arguments() -> None:
    for name, function in CONTRACT.items():
        method = inspect.signature(getattr(Ledger, name))
        taken = set(method.parameters) - {"self"}
        given = VALUE if VALUE in taken else None
        assert taken - {given} == set(function.arguments), name
        assert (given is not None) == function.is_private, name
        for argument, kind in function.arguments.items():
            may_lack = method.parameters[argument].default is None
            assert may_lack == (type(kind).__name__ == "Optional"), (name, argument)


def test_figures_that_may_not_be_published_are_not_even_sent(five: Members) -> None:
    measured = metadata(10, exact=True, distinct=5)
    before = five["nora"].chain.head()
    with pytest.raises(Refusal, match="LDG141"):
        five["nora"].dataset_publish("bills", "bills", measured, FLAT_POLICY)
    with pytest.raises(Refusal, match="LDG140"):
        five["nora"].dataset_publish("bills", "bills", "{}", FLAT_POLICY)
    assert five["nora"].chain.head() == before  # where a refused call would stand for ever


def test_answers_read_and_write_back_what_the_contract_gave(five: Members) -> None:
    ledger = five["gro"]
    raw: dict[str, Any] = ledger.channel.query("consortium_show", {})
    assert ledger.consortium_show().to_json() == raw
    assert ledger.consortium_show().founded == five.begun
    raw = ledger.channel.query("table_show", {"kind": "rules"})
    assert ledger.table_show("rules").to_json() == raw
    raw = ledger.channel.query("account_history", {"member": "ada@lab"})
    page = ledger.account_history("ada@lab")
    assert page.to_json() == raw
    assert page.items[0].totem == 10_000


def test_an_organisation_is_admitted(five: Members) -> None:
    proposed = five["gro"].organisation_propose("west", ["provider"])
    assert (proposed.state, proposed.approved_by) == ("proposed", ("grid",))
    assert five["lise"].organisation_approve("west", ["provider"]).state == "admitted"
    assert five["ada"].consortium_show().organisations["west"] == ("provider",)
    raw: dict[str, Any] = five["ada"].channel.query("organisation_list", {})
    assert five["ada"].organisation_list().to_json() == raw


def test_an_answer_of_another_shape_is_no_answer() -> None:
    whole = {"member": "a@b", "balance": 1, "reserved": 0, "granted": 1, "spent": 0, "earned": 0}
    with pytest.raises(BadAnswer, match="entries"):
        Balance.of(whole)
    with pytest.raises(BadAnswer):
        Balance.of(whole | {"entries": "many"})
    with pytest.raises(BadAnswer):
        Balance.of([1, 2])
    assert Balance.of(whole | {"entries": 1, "later_field": 5}).balance == 1
    assert issubclass(BadAnswer, LedgerUnreachable)


def test_a_refusal_says_which_rule_and_what_to_do(five: Members) -> None:
    with pytest.raises(Refusal) as caught:
        five["ada"].account_transfer("gro@grid", 10**9)
    found = as_refused(caught.value).diagnostics[0]
    assert (found.code, caught.value.reason) == ("LDG121", Reason.BALANCE)
    assert "ask an operator" in found.hint
    with pytest.raises(Refusal) as caught:
        five["ada"].account_grant("ada@lab", 5)
    assert as_refused(caught.value).diagnostics[0].error_class.value == "PolicyError"


def test_a_refused_program_brings_its_findings(five: Members) -> None:
    dataset = five["nora"].dataset_publish("bills", "bills", metadata()).dataset
    offer = Offer(1_000, {"bills": Access(dataset, "0" * 24)})
    with pytest.raises(Refusal) as caught:
        five["ada"].job_judge(b"no bytecode", "0" * 64, [offer])
    findings = as_refused(caught.value).diagnostics
    assert findings[0].code == "LDG150"
    assert findings[1].code.startswith("BYT")


def test_access_key_is_delivered_read_and_proved(five: Members, tmp_path: Path) -> None:
    lab, north = five["ada"], five["nora"]
    dataset = north.dataset_publish("bills", "bills of a month", metadata()).dataset
    asked = lab.request_open(dataset, "a study")
    keys = AccessKeys.kept(north, tmp_path)
    keys.grant(asked.request, five.clock() + timedelta(days=30))
    key = access_key(lab, asked.request)
    assert key == AccessKeys.kept(north, tmp_path).key(asked.request)  # of the secret, not a list

    code, source = bytecode(), five.source_hash(BILLS)
    offers = [Offer(500, {"bills": Access(dataset, asked.request)})]
    quoted = lab.job_judge(code, source, offers).parts[0].quote
    assert (quoted.lower, quoted.upper) == (198, 198)
    good = lab.job_submit(code, source, prove(code, source, offers, {asked.request: key}), 24)
    assert keys.is_proven(good, 0)
    bad = lab.job_submit(code, source, prove(code, source, offers, {asked.request: b"x" * 32}), 24)
    assert not keys.is_proven(bad, 0)
    assert lab.job_code(good.job).bytecode == code
    listed = {job.job for job in every(lambda after: lab.job_list("consumer", after, 1))}
    assert listed == {good.job, bad.job}
    assert verify(lab.chain).finding is None
    assert five["carl"].account_show("ada@lab").reserved == 1_000


def test_the_secret_of_access_keys_is_its_owners_alone(five: Members, tmp_path: Path) -> None:
    AccessKeys.kept(five["nora"], tmp_path)
    path = tmp_path / "access.secret"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        AccessKeys.kept(five["nora"], tmp_path)


def test_flat_data_is_published_and_judged(five: Members) -> None:
    north, lab = five["nora"], five["ada"]
    found = north.dataset_publish("bills", "bills", FLAT_METADATA, FLAT_POLICY)
    assert found.billing == "flat"
    shown = lab.dataset_show(found.dataset)
    assert json.loads(shown.policy or "")["privacy_unit"] == "C_id"
    assert [each.dataset for each in lab.catalogue().items] == [found.dataset]


def test_a_ledger_opened_without_identity_is_only_read(five: Members) -> None:
    with Ledger.open(five.path) as ledger:
        assert verify(ledger.chain).finding is None
        with pytest.raises(UsageError, match="open it as a member"):
            ledger.account_show()
    assert Ledger.open(five.path.parent).id == five["ada"].id  # a folder holds ledger.db
