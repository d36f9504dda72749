"""What members and strangers may send to the real chain: each refused or named, none with a trace.

Arguments of any kind and size for every function, transactions altered byte by byte, and clocks
that go wrong. Whatever comes of it, the ledger verifies and the totem is all there.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from consortium import COURT, GRID, LAB, NORTH, OTHER, SOUTH
from embedded_consortium import Embedded, embedded
from hypothesis import given, settings
from hypothesis import strategies as st

import totemlang.ledger
from totemlang.ledger.chain import Chain, Fault, Receipt, Rejected, verify
from totemlang.ledger.chain import transaction as transactions
from totemlang.ledger.contract import CONTRACT, Reason, Refusal, execute
from totemlang.ledger.contract.arguments import (
    Argument,
    Base64,
    Choice,
    Hex,
    Many,
    Moment,
    Name,
    Named,
    Optional,
    Pair,
    Parts,
    Text,
    Whole,
)

MEMBERS = st.sampled_from([GRID, LAB, OTHER, NORTH, SOUTH, COURT])
GRANTED = 5_000
FUNCTIONS = [*sorted(CONTRACT), "chain_revoke", "chain_renew"]

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
    | st.sampled_from(["a" * 64, "0" * 24, "ada@lab", "nora@north", "north/bills", "x" * 70_000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/\0é"), inner),
    max_leaves=6,
)


def fitting(kind: Argument, known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Values of a declared kind; identifiers and digests often ones that the ledger knows."""
    match kind:
        case Optional():
            return st.none() | fitting(kind.item, known)
        case Whole():
            return st.sampled_from([kind.least, kind.most]) | st.integers(kind.least, kind.most)
        case Choice():
            return st.sampled_from(kind.words)
        case Hex():
            fit = [text for text in known if kind.least <= len(text) <= kind.most]
            return st.sampled_from([*fit, "e" * kind.least])
        case Name():
            return st.sampled_from(["bills", "lab", "x" * 64])
        case Pair():
            names = {"@": ["ada@lab", "nora@north", "no@body"], "/": ["north/bills", "no/thing"]}
            return st.sampled_from(names[kind.sign])
        case Moment():
            return st.sampled_from(
                ["2026-03-02T12:00:00.000Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z"]
            )
        case Text():
            return st.sampled_from(["a text", "a" * kind.most, '{"totem_policy": 1}'])
        case Base64():
            return st.sampled_from(["AAAA", "VE9URU0="])
        case Many():
            return st.lists(fitting(kind.item, known), min_size=kind.least, max_size=2)
        case Named():
            keys = fitting(kind.key, known)
            return st.dictionaries(keys, fitting(kind.item, known), min_size=kind.least, max_size=2)
        case Parts():
            return st.fixed_dictionaries({k: fitting(v, known) for k, v in kind.fields.items()})
    raise TypeError(kind)


@cache
def prepared() -> tuple[Embedded, tuple[str, ...]]:
    """A ledger with jobs in several states, and the names that stand on it."""
    folder = Path(tempfile.mkdtemp())
    world = embedded(folder)
    world.grant(GRANTED)
    running, submitted, ended = (world.submit(198) for _ in range(3))
    for job in (running, ended):
        world.run(job, (90, 108) if job == ended else (90,))
    world.finish(ended)
    request = world.records("request/")[0]["request"]
    return world, (
        running,
        submitted,
        ended,
        request,
        "a" * 64,
        world.records("dataset/")[0]["version"],
    )


def sent(
    chain: Chain, function: str, arguments: dict[str, Any], names: tuple[str, ...]
) -> tuple[Fault | None, Receipt | None]:
    """What comes of a call: a fault where it is rejected, or else a receipt."""
    try:
        call = chain.prepare(function, arguments, names)
        return None, chain.submit(call, dict.fromkeys(names, b"{}"))
    except Rejected as rejected:
        return rejected.fault, None


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_called_is_answered_refused_or_rejected(data: st.DataObject) -> None:
    master, known = prepared()
    with tempfile.TemporaryDirectory() as folder:
        world = master.at(Path(folder) / "ledger.db")
        granted = GRANTED
        for _ in range(6):
            function = data.draw(
                st.sampled_from([*sorted(CONTRACT), "chain_revoke", "chain_renew"])
            )
            wanted = CONTRACT[function].arguments if function in CONTRACT else {"list": Text(9)}
            fits = {name: fitting(kind, known) for name, kind in wanted.items()}
            arguments = data.draw(st.fixed_dictionaries(fits))
            if data.draw(st.booleans()):
                wrong = st.dictionaries(st.sampled_from([*wanted, "more"]), ANYTHING, max_size=2)
                arguments |= data.draw(wrong)
            world.clock += timedelta(seconds=1)
            chain = world.chain(data.draw(MEMBERS))
            names = ("value",) if data.draw(st.integers(0, 5)) == 0 else ()
            fault, receipt = sent(chain, function, arguments, names)
            assert fault in (None, Fault.FORM, Fault.SIZE)
            if function == "account_grant" and receipt is not None and receipt.refusal is None:
                granted += arguments["totem"]
        assert world.total() == granted
        found = verify(world.chain(GRID))
        assert found.finding is None
        for chain in world.chains.values():
            chain.close()


@settings(max_examples=150, deadline=None)
@given(
    part=st.sampled_from(["body", "signature", "der"]),
    how=st.sampled_from(["change", "cut", "insert", "twice"]),
    place=st.integers(0, 9_999),
    bits=st.integers(1, 255),
    more=st.binary(min_size=1, max_size=40),
)
def test_an_altered_transaction_is_not_taken(
    part: str, how: str, place: int, bits: int, more: bytes
) -> None:
    world, _ = prepared()
    chain = world.chain(LAB)
    call = chain.prepare("account_transfer", {"member": NORTH.member, "totem": 1})
    texts = {"body": call.body, "signature": call.signature, "der": call.der}
    text = bytearray(texts[part])
    at = place % len(text)
    match how:
        case "change":
            text[at] ^= bits
        case "cut":
            del text[at:]
        case "insert":
            text[at:at] = more
        case "twice":
            text = text * 2
    before = chain.head()
    with pytest.raises(Rejected):
        chain.submit(transactions.read(**(texts | {part: bytes(text)})))
    assert chain.head() == before


def test_values_beside_a_call_that_takes_none_are_rejected(tmp_path: Path) -> None:
    world = embedded(tmp_path)
    chain = world.chain(GRID)
    before = chain.head()
    grant = {"member": LAB.member, "totem": 5}
    with pytest.raises(Rejected) as caught:
        chain.call("account_grant", grant, {"value": b"{}"})
    assert caught.value.fault is Fault.FORM
    assert chain.head() == before


# --- clocks


def skewed(world: Embedded, who: Any, **by: float) -> Chain:
    """The ledger, open on a machine whose clock is wrong."""
    return Chain.open(
        world.path,
        execute,
        world.identity(who),
        clock=lambda: world.clock + timedelta(**by),
    )


@pytest.fixture(name="world")
def _world(tmp_path: Path) -> Embedded:
    world = embedded(tmp_path)
    world.grant(GRANTED)
    return world


def test_a_clock_within_five_minutes_moves_a_deadline_by_no_more(world: Embedded) -> None:
    job = world.submit(198)
    expire = {"job": job}
    world.wait(days=1, minutes=-10)
    with pytest.raises(Refusal) as caught:
        skewed(world, OTHER, minutes=5).call("job_expire", expire)
    assert caught.value.reason is Reason.EARLY
    world.wait(minutes=-10)  # an honest clock behind the block that was just sealed
    with pytest.raises(Rejected) as rejected:
        world.chain(LAB).call("job_stop", expire)
    assert rejected.value.fault is Fault.CLOCK
    world.wait(minutes=20)
    skewed(world, NORTH, minutes=-5).call("job_accept", {"job": job, "part": 0})
    assert verify(world.chain(GRID)).finding is None


def test_a_block_of_the_future_is_named_and_its_sealer_known(world: Embedded) -> None:
    job = world.submit(198)
    ahead = skewed(world, OTHER, days=2)
    receipt = ahead.call("job_expire", {"job": job})  # he writes to the file as he likes
    with pytest.raises(Rejected) as caught:
        world.chain(LAB).call("job_stop", {"job": job})
    assert caught.value.fault is Fault.CLOCK
    finding = verify(world.chain(GRID)).finding
    assert finding is not None
    assert (finding.fault, finding.block) == (Fault.TIME, receipt.block)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_call_signed_at_another_time_is_stale(world: Embedded, minutes: int) -> None:
    call = skewed(world, LAB, minutes=minutes).prepare(
        "account_transfer", {"member": NORTH.member, "totem": 1}
    )
    with pytest.raises(Rejected) as caught:
        world.chain(GRID).submit(call)
    assert caught.value.fault is Fault.STALE


def test_time_that_stands_still_ends_nothing(world: Embedded) -> None:
    job = world.submit(198)
    for _ in range(3):
        moment = world.clock
        with pytest.raises(Refusal):
            world.call(OTHER, "job_expire", job=job)
        world.clock = moment
    assert world.job(job)["state"] == "submitted"


def test_an_access_may_last_to_the_end_of_the_calendar(world: Embedded) -> None:
    asked = world.call(LAB, "request_open", dataset=world.publish(NORTH), purpose="a study")
    grant = {"request": asked["request"], "key_hash": "a" * 64}
    world.call(NORTH, "request_grant", **grant, expires="9999-12-31T23:59:59.999Z")
    assert verify(world.chain(GRID)).finding is None


# --- python -O


def test_no_rule_is_an_assertion() -> None:
    """Python run with -O drops assertions: not a single one may stand in the ledger's rooms."""
    folder = Path(totemlang.ledger.__file__).parent
    found = [
        f"{path.relative_to(folder)}:{node.lineno}"
        for name in ("chain", "contract", "identity")
        for path in sorted((folder / name).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


HOLDS_UNDER_O = """
from totemlang.ledger.contract.refusals import Unsound
from totemlang.ledger.contract.settlement import settle
from totemlang.ledger.contract.states import Lifecycle, State, Transition

def unsound(deed):
    try:
        deed()
    except Unsound:
        return
    raise SystemExit("not held")

part = {"provider": "nora@north", "charge": 11, "budget": 10}
unsound(lambda: settle(None, {"state": "settled", "parts": [part]}))
unsound(lambda: settle(None, {"state": "running", "parts": []}))
unsound(lambda: Lifecycle("trap", (State("open", "for ever", until="never"),), ()))
"""


def test_rules_hold_under_optimisation() -> None:
    found = subprocess.run(
        [sys.executable, "-O", "-c", HOLDS_UNDER_O], capture_output=True, text=True, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, "")
