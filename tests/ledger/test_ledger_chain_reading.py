"""Blocks, calls and events shown; the chain exported and made again elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tiny_consortium import START, Consortium, busy, tiny

from totemlang.diagnostics import UsageError
from totemlang.ledger.canonical import canonical
from totemlang.ledger.chain import (
    BrokenLedger,
    Chain,
    Entry,
    block_at,
    check,
    entries,
    export_lines,
    find_transaction,
    history,
    restore,
    take_checkpoint,
    verify,
)


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return busy(tmp_path_factory.mktemp("busy"))


@pytest.fixture
def chain(consortium: Consortium) -> Chain:
    return consortium.chain("eve")


def test_a_block_shows_who_did_what(chain: Chain) -> None:
    found = block_at(chain, 5)
    assert found is not None
    assert (found.sealer, found.header.count) == ("bob@Hub", 3)
    assert [entry.arguments["totem"] for entry in found.entries] == [60, 60, 40]
    refused = found.entries[1].refusal
    assert refused is not None
    assert refused["code"] == "LDG121"
    assert found.entries[0].writes.public == {"held/x": b"40", "held/y": b"160"}
    shown = json.loads(canonical(found.to_json()))
    assert shown["hash"] == found.header.hash
    assert shown["entries"][1]["refusal"]["code"] == "LDG121"
    for number in (8, -1, 2**70):
        assert block_at(chain, number) is None
    genesis = block_at(chain, 0)
    assert genesis is not None
    assert (genesis.sealer, genesis.entries) == ("ada@DSO", ())


def test_what_came_of_a_transaction_can_be_asked(consortium: Consortium, chain: Chain) -> None:
    first = entries(chain, count=1)[0]
    assert find_transaction(chain, first.id) == first
    assert (first.member, first.function, first.block) == ("ada@DSO", "grant", 1)
    for unknown in ("00" * 32, "", "no hex"):
        assert find_transaction(chain, unknown) is None


def test_a_keys_history(chain: Chain) -> None:
    found = history(chain, "held/x")
    assert [(entry.block, entry.function) for entry in found] == [
        (1, "grant"),
        (5, "pay"),
        (5, "pay"),
        (7, "drop"),
    ]
    assert [entry.writes.public["held/x"] for entry in found] == [b"100", b"40", b"0", None]
    assert history(chain, "held/x", after=found[1].number, count=1) == found[2:3]
    assert history(chain, "nothing") == ()


def test_a_ledger_is_followed_by_its_events(chain: Chain) -> None:
    first = entries(chain, count=2)
    rest = entries(chain, after=first[-1].number)
    found = [entry.event for entry in (*first, *rest) if entry.event]
    assert found == [("granted", b"x"), ("granted", b"y"), ("granted", b"z")]
    assert entries(chain, after=rest[-1].number) == ()


def test_an_export_makes_the_same_ledger(
    consortium: Consortium, chain: Chain, tmp_path: Path
) -> None:
    lines = list(export_lines(chain))
    assert not any(b"salt and secret" in line for line in lines)
    made = restore(lines, tmp_path / "copy.db", tiny, clock=consortium.clock)
    assert made.id == chain.id
    assert made.head() == chain.head()
    assert list(export_lines(made)) == lines
    assert check(made, take_checkpoint(chain)).number == 7
    assert verify(made).checked().taken == 2  # private values do not travel
    assert made.get("held/y") == chain.get("held/y")
    with pytest.raises(UsageError, match="exists"):
        restore(lines, tmp_path / "copy.db", tiny, clock=consortium.clock)
    again = Chain.open(
        tmp_path / "copy.db", tiny, consortium.members["ada"], clock=consortium.clock
    )
    again.call("grant", {"name": "z", "totem": 1})
    assert verify(again).finding is None


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: [],
        lambda lines: lines[:1],
        lambda lines: lines[1:],
        lambda lines: [b"null", *lines],
        lambda lines: [b"{}", *lines],
        lambda lines: [b"[" * 100_000, *lines],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:-2], lines[-1]],
        lambda lines: [line.replace(b'"totem":60', b'"totem":50') for line in lines],
        lambda lines: [line.replace(b'"held/y"', b'"held/q"') for line in lines],
        lambda lines: [line.replace(b'"signature":"30', b'"signature":"31') for line in lines],
    ],
)
def test_an_edited_export_makes_nothing(
    consortium: Consortium,
    chain: Chain,
    tmp_path: Path,
    edit: Callable[[list[bytes]], list[bytes]],
) -> None:
    with pytest.raises(BrokenLedger):
        restore(edit(list(export_lines(chain))), tmp_path / "copy.db", tiny, clock=consortium.clock)
    assert list(tmp_path.iterdir()) == []


def test_a_restored_ledger_is_not_of_the_future(
    consortium: Consortium, chain: Chain, tmp_path: Path
) -> None:
    def early() -> object:
        return START.replace(year=2025)

    with pytest.raises(BrokenLedger, match="future"):
        restore(export_lines(chain), tmp_path / "copy.db", tiny, clock=early)  # type: ignore[arg-type]


def test_large_transactions_are_read_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = busy(tmp_path).chain()
    every = entries(chain)
    monkeypatch.setattr("totemlang.ledger.chain.reading.PAGE_BYTES", 1_500)
    read: list[Entry] = []
    while page := entries(chain, after=read[-1].number if read else -1):
        assert len(page) <= 3
        read += page
    assert tuple(read) == every


def test_a_line_without_end_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totemlang.ledger.chain.export.MAX_LINE", 1_000)
    read: list[int] = []

    class Endless(BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            read.append(size or 0)
            return b"x" * (10**6 if size in (None, -1) else size)

        __next__ = readline

    with pytest.raises(BrokenLedger, match="line 1 of the export is malformed"):
        restore(Endless(), tmp_path / "copy.db", tiny)
    assert read == [1_001]
