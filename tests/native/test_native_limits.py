"""What bounds the native tier: memory, stack, the size of code; and that loops do not leak."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
import wasmtime

from native.native_pairs import PLENTY, Pair
from totemlang.diagnostics import OperationFailed, OutOfTotem
from totemlang.engine.interpreted import InterpretedMachine
from totemlang.native import calling
from totemlang.native.limits import NotNative
from totemlang.native.machine import NativeMachine
from totemlang.native.translation.translator import translate_module
from totemlang.vm.meter import Meter
from vm.compiled import compiled

MEBIBYTE = 1 << 20

BUILDING = """\
dataset rows(int k, string s)

map m(rows row)
    int[] large = fill(row.k, 7)
    int x = 100 // row.k
    int size = len(large) + x + len(row.s)
    int k = row.k
    emit k, size
    k = k + 1
    size = x
    emit k, size
end map

reduce r(int k, int[] v)
    emit k, sum(v)
end reduce
"""

LOOPS = {
    "strings": 'string s = ""\nlong n = 0\nfor i = 0; i < 60000; i++ do\n'
    '    s = concat("abcdefghij", substr(s, 0, 5))\n    n += len(s)\nend for\n',
    "arrays": "int[] a = fill(1000, 1)\nlong n = 0\nfor i = 0; i < 1000; i++ do\n"
    "    int[] b = a\n    int[] c = sort(b)\n    a[3] = i\n    n += sum(c)\nend for\n",
    "words": 'string t = "the quick brown fox"\nlong n = 0\nfor i = 0; i < 20000; i++ do\n'
    "    for w in words(t) do\n        string u = upper(w)\n        n += len(u)\n"
    "    end for\nend for\n",
    "strings in an array": 'string[] a = fill(100, "")\nlong n = 0\nint i = 0\n'
    "while i < 60000 limit 60000 do\n"
    '    a[i % 100] = concat("x", substr("abcdefghijklmnop", i % 7, i % 9))\n'
    "    n += len(a[(i * 7) % 100])\n    i++\nend while\n",
    "functions": "function string f(string a, int k)\n    string r = a\n"
    '    for i = 0; i < 3; i++ do\n        r = concat(r, "x")\n    end for\n'
    "    return substr(r, 0, k)\nend function\n\n"
    'string s = ""\nlong n = 0\nfor i = 0; i < 20000; i++ do\n    s = f(s, i % 10)\n'
    "    n += len(s)\nend for\n",
}


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS.keys())
def test_a_loop_gives_back_what_a_round_took(text: str) -> None:
    pair = Pair(compiled(text), memory=MEBIBYTE)
    pair.check_script()
    assert pair.given_up == 0


def test_records_give_back_what_they_took() -> None:
    pair = Pair(compiled(BUILDING), memory=2 * MEBIBYTE)
    pair.check_stage(0, [[1000 + n % 50, "x" * (n % 7)] for n in range(2000)])
    assert pair.given_up == 0


def test_the_interpreter_takes_a_batch_that_needs_more_memory() -> None:
    pair = Pair(compiled(BUILDING), memory=MEBIBYTE)
    records = [[5, "a"], [0, ""], [400_000, "bc"], [3, "Größe"]]
    used = pair.check_stage(0, records)
    assert pair.given_up == 1
    for budget in (0, used // 2, used - 1, used):
        pair.check_stage(0, records, budget)


def test_batches_before_and_after_one_that_was_given_up_count() -> None:
    pair = Pair(compiled(BUILDING), memory=MEBIBYTE)
    slow, fast = pair.machines(PLENTY)
    for sizes in ([1, 0, 2], [500_000, 0], [7, 8, 9]):
        texts = ["z"] * len(sizes)
        expected = slow.map(0, [sizes, texts], len(sizes))
        batch = pa.record_batch([pa.array(sizes, pa.int32()), pa.array(texts)], names=["k", "s"])
        found = fast.map(0, batch)
        assert [column.to_pylist() for column in found.batch().columns] == expected.columns
        assert found.failures == expected.failures
    assert fast.given_up == 1
    pair.same_totals(slow, fast, exhausted=False)


def test_a_script_that_needs_more_memory_runs_all_the_same() -> None:
    pair = Pair(compiled("int[] a = fill(400000, 1)\nint[] b = sort(a)\n"), memory=MEBIBYTE)
    pair.check_script()
    assert pair.given_up == 1


def test_a_long_chain_of_calls_with_many_variables_fits_the_stack() -> None:
    """As deep and as wide as a source may be: frames are bounded by the size of the module."""
    variables = "".join(f"    int v{n} = x + {n}\n" for n in range(15))
    sums = " + ".join(f"v{n}" for n in range(15))
    chain = "".join(
        f"function int f{level}(int x)\n{variables}"
        f"    int y = {f'f{level - 1}(x)' if level else 'x'}\n"
        f"    return (y + {sums}) % 1000\nend function\n\n"
        for level in range(99)
    )
    pair = Pair(compiled(chain + "int r = f98(1)\n"))
    pair.check_script()
    assert pair.given_up == 0


def test_sizes_that_fit_nothing_are_charged_exactly() -> None:
    text = 'long n = 9000000000000000000\nint l = len(fill(n, "aa"))\n'
    pair = Pair(compiled(text))
    assert pair.check_script(2**62) == 2**62
    assert pair.check_script(2**70) > 2**63


def test_a_module_with_very_many_loops_is_none_for_this_tier() -> None:
    loops = "".join(f"for i{n} = 0; i{n} < 2; i{n}++ do\n    a++\nend for\n" for n in range(500))
    with pytest.raises(NotNative):
        translate_module(compiled("int a = 0\n" + loops))


def test_any_nan_leaves_as_the_one_nan() -> None:
    text = (
        "dataset rows(int k, double d, float f)\n\nmap m(rows row)\n"
        "    emit row.k, row.d, -row.d, row.f\nend map\n\n"
        "reduce r(int k, double[] a, double[] b, float[] c)\n    emit k, sum(a)\nend reduce\n"
    )
    machine = NativeMachine(compiled(text), (), (), Meter(PLENTY))
    odd = struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_BEEF))[0]
    doubles = np.array([odd, 1.0])
    floats = np.array([0x7FC0BEEF, 0], np.uint32).view(np.float32)
    batch = pa.record_batch(
        [pa.array([1, 2], pa.int32()), pa.array(doubles), pa.array(floats)], names=["k", "d", "f"]
    )
    columns = machine.map(0, batch).batch().columns
    for column in columns[1:3]:
        assert column.to_numpy().view(np.uint64)[0] == 0x7FF8_0000_0000_0000
    assert columns[3].to_numpy().view(np.uint32)[0] == 0x7FC0_0000


def test_running_out_within_a_loop_ends_the_run_at_once() -> None:
    text = "long n = 0\nfor i = 0; i < 2000000000; i++ do\n    n += i\nend for\n"
    meter = Meter(10_000)
    machine = NativeMachine(compiled(text), (), (), meter)
    with pytest.raises(OutOfTotem):
        machine.run_script()
    assert meter.used == 10_000


def test_slices_of_a_batch_are_what_they_show() -> None:
    text = (
        "dataset rows(int k, bool b, string? s)\n\nmap m(rows row)\n"
        '    emit row.k, row.b, default(row.s, "none")\nend map\n\n'
        "reduce r(int k, bool[] b, string[] s)\n    emit k, len(s)\nend reduce\n"
    )
    machine = NativeMachine(compiled(text), (), (), Meter(PLENTY))
    rows = [(n, n % 3 == 0, None if n % 4 == 0 else "é" * n) for n in range(40)]
    whole = pa.record_batch(
        [
            pa.array([row[0] for row in rows], pa.int32()),
            pa.array([row[1] for row in rows]),
            pa.array([row[2] for row in rows]),
        ],
        names=["k", "b", "s"],
    )
    found = machine.map(0, whole.slice(11, 17)).batch()
    expected = [(k, b, "none" if s is None else s) for k, b, s in rows[11:28]]
    assert list(zip(*(column.to_pylist() for column in found.columns), strict=True)) == expected


def test_an_interrupt_ends_a_run() -> None:
    """Generated code asks for totem again and again; who is asked may be told to stop."""

    class Interrupted(Meter):
        def draw(self, least: int, most: int, stage: str = "") -> int:
            if self.used > 10_000_000:
                raise KeyboardInterrupt
            return super().draw(least, most, stage)

    text = "long n = 0\nfor i = 0; i < 2000000000; i++ do\n    n += i\nend for\n"
    machine = NativeMachine(compiled(text), (), (), Interrupted(PLENTY))
    with pytest.raises(KeyboardInterrupt):
        machine.run_script()
    assert machine.given_up == 0


def test_the_documented_way_of_calling_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "DIRECT", False)
    pair = Pair(compiled(BUILDING), memory=MEBIBYTE)
    used = pair.check_stage(0, [[5, "a"], [0, ""], [400_000, "bc"], [3, "Größe"]])
    assert pair.given_up == 1
    pair.check_stage(0, [[5, "a"], [0, ""]], used // 3)


def test_machines_of_a_module_run_in_threads_side_by_side() -> None:
    verified = compiled(BUILDING)
    rng = np.random.default_rng(3)
    batch = pa.record_batch(
        [
            pa.array(rng.integers(0, 40, 5000), pa.int32()),
            pa.array(["y" * int(n) for n in rng.integers(0, 9, 5000)]),
        ],
        names=["k", "s"],
    )

    def run(_: int) -> tuple[list[list[int]], int]:
        meter = Meter(PLENTY)
        machine = NativeMachine(verified, (), (), meter)
        found = [machine.map(0, batch).batch() for _ in range(5)]
        assert all(each.equals(found[0]) for each in found)
        return [column.to_pylist() for column in found[0].columns], meter.used

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(run, range(8)))
    assert all(result == results[0] for result in results)


def test_more_totem_than_64_bits_count_is_charged_exactly() -> None:
    text = (
        "dataset rows(int k, long n)\n\nmap m(rows row)\n    int size = len(fill(row.n, 1))\n"
        "    emit row.k, size\nend map\n\n"
        "reduce r(int k, int[] v)\n    emit k, sum(v)\nend reduce\n"
    )
    pair = Pair(compiled(text))
    records = [[n, 2**58 + n] for n in range(20)]
    used = pair.check_stage(0, records, 2**80)
    assert used > 2**64
    pair.check_stage(0, records, used - 1)
    pair.check_stage(0, records, 2**62)


def test_a_batch_may_hold_more_rows_than_the_groups() -> None:
    text = (
        "dataset rows(string k, string v)\n\nmap m(rows row)\n    emit row.k, row.v\nend map\n\n"
        "reduce r(string k, string[] v)\n    string first = v[0]\n    emit k, first\nend reduce\n"
    )
    meter, other = Meter(PLENTY), Meter(PLENTY)
    rows = pa.record_batch(
        [pa.array(["a", "b", "b", "ccc", "d"]), pa.array(["x", "yy", "", "zzz", "w"])],
        names=["k", "v"],
    )
    found = NativeMachine(compiled(text), (), (), meter).reduce_rows(1, rows, np.array([1, 3, 4]))
    assert found.batch().to_pydict() == {"c0": ["b", "ccc"], "c1": ["yy", "zzz"]}
    part = rows.slice(1, 3)
    NativeMachine(compiled(text), (), (), other).reduce_rows(1, part, np.array([0, 2, 3]))
    assert meter.used == other.used


def test_strings_that_fit_once_but_not_twice_come_out_all_the_same() -> None:
    text = (
        "dataset rows(int k, string s)\n\nmap m(rows row)\n    for i = 0; i < 20; i++ do\n"
        "        emit row.k, row.s\n    end for\nend map\n\n"
        "reduce r(int k, string[] s)\n    emit k, len(s)\nend reduce\n"
    )
    pair = Pair(compiled(text), memory=MEBIBYTE)
    pair.check_stage(0, [[1, "é" * 50_000], [2, "b"]])
    assert pair.given_up == 0


def test_a_script_may_run_again_after_it_failed() -> None:
    text = "param int n\nint x = 10 // n\n"
    machine = NativeMachine(compiled(text), (0,), (), Meter(PLENTY))
    for _ in range(3):
        with pytest.raises(OperationFailed, match="division by zero"):
            machine.run_script()


def test_without_addresses_for_a_memory_there_is_no_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refused(wasmtime.Instance):
        def __init__(self, *_: object) -> None:
            raise wasmtime.WasmtimeError("mmap failed to reserve 0x104000000 bytes")

    monkeypatch.setattr(wasmtime, "Instance", Refused)
    with pytest.raises(NotNative):
        NativeMachine(compiled("int a = 1\n"), (), (), Meter(PLENTY))


def test_a_batch_of_much_text_comes_out_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """One Arrow array holds less than 2 GiB of text, and a string may be emitted very often."""
    for at in ("native.emission", "data.python_values"):
        monkeypatch.setattr(f"totemlang.{at}.MOST_TEXT", 1 << 16)
    text = (
        "dataset rows(int k, string s)\n\nmap m(rows row)\n    for i = 0; i < 20; i++ do\n"
        "        emit row.k, row.s, row.k > i, 0.5 * i\n    end for\nend map\n\n"
        "reduce r(int k, string[] s, bool[] b, double[] d)\n    emit k, len(s)\nend reduce\n"
    )
    verified = compiled(text)
    rows = pa.record_batch(
        [pa.array([1, 2, 7], pa.int32()), pa.array(["é" * 5_000, "", "b" * 90_000])],
        names=["k", "s"],
    )
    given = verified, (), (), Meter(PLENTY)
    found = [
        list(machine.map(0, rows).batches())
        for machine in (NativeMachine(*given), InterpretedMachine(*given))
    ]
    whole = NativeMachine(*given).map(0, rows).batch()
    for pieces in found:
        assert len(pieces) > 20
        assert pa.Table.from_batches(pieces).equals(pa.Table.from_batches([whole]))
        assert all(piece.num_rows == 1 for piece in pieces[-20:])


def test_more_than_four_gigabytes_are_no_small_block() -> None:
    machine = NativeMachine(compiled("int a = 1\n"), (), (), Meter(PLENTY))
    with pytest.raises(calling.Trapped):
        machine.instance.hold((1 << 32) + 8)
