"""The benchmarks still fit what they measure: they run, each at its smallest."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.agreement_case import agree  # noqa: E402
from benchmarks.calibrated import DECLARED, FRESH, LIBRARY, OPERATIONS  # noqa: E402
from benchmarks.calibrated_reading import READ, reading  # noqa: E402
from benchmarks.calibration import Found, by_class, report  # noqa: E402
from benchmarks.jobs.catalogue import CENTRES, JOBS, SEPARATORS  # noqa: E402
from benchmarks.jobs.equality import difference  # noqa: E402
from benchmarks.jobs.report import table  # noqa: E402
from benchmarks.loops.catalogue import LOOPS, TOTEM_LOOPS  # noqa: E402
from benchmarks.loops.totem import machine_for  # noqa: E402
from benchmarks.unmetered import unmetered  # noqa: E402
from totemlang.native.translation.translator import translate_module  # noqa: E402
from totemlang.program import Program  # noqa: E402
from totemlang.source import Source  # noqa: E402
from totemlang.tables.prices import WEIGHTS, default_prices  # noqa: E402

PROGRAMS = ROOT / "benchmarks" / "jobs" / "programs"


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_each_job_has_a_program_that_reads_its_input(job) -> None:
    text = (PROGRAMS / f"{job.name}.totem").read_text()
    program = Program(Source(text))
    assert program.diagnostics == ()
    dataset = program.module.dataset
    assert dataset is not None
    assert dataset.name == job.data
    assert tuple(column.name for column in dataset.columns) == job.columns
    if job.name == "kmeans":
        for number, letter in enumerate("xy"):
            written = re.search(rf"double\[\] {letter}s = \[(.*)\]", text)
            assert written is not None
            assert [float(part) for part in written[1].split(",")] == [c[number] for c in CENTRES]
    if job.name == "word_count":
        assert SEPARATORS.replace('"', '\\"') in text


@pytest.mark.parametrize("name", ["hour_mean", "kmeans", "word_count", "correlation"])
def test_the_unmetered_build_charges_nothing(name: str) -> None:
    text = translate_module(Program(Source((PROGRAMS / f"{name}.totem").read_text())).verified).text
    assert "(local.set $left (i64.sub " in text
    assert "(local.set $left (i64.sub " not in unmetered(text)


@pytest.mark.parametrize("name", [*LOOPS, *TOTEM_LOOPS])
def test_loops_give_the_same_in_all_builds(name: str) -> None:
    text = LOOPS[name].totem if name in LOOPS else TOTEM_LOOPS[name]
    verified = Program(Source(text.replace("{n}", "1000"))).accept()
    tiers = ("interpreter", "native", "unmetered")
    first, *others = (machine_for(tier, verified).run_script() for tier in tiers)
    assert all(other == first for other in others)


def test_the_calibration_measures_every_weight_that_costs() -> None:
    measured = {each.weight for each in OPERATIONS} | {READ}
    assert measured - {LIBRARY} == {name for name in WEIGHTS if default_prices().weight(name)}


@pytest.mark.parametrize("letter", FRESH)
def test_calibrated_operations_run_alike_in_both_tiers(letter: str) -> None:
    those = [each for each in OPERATIONS if each.fresh == letter]
    statements = [text for each in those for text in (each.statement, each.beside)]
    lines = [*FRESH[letter].splitlines(), *statements]
    body = "\n".join(f"    {line}" for line in lines)
    text = f"{DECLARED}for n = 0; n < 9; n++ do\n{body}\nend for\n"
    verified = Program(Source(text)).accept()
    machines = [machine_for(tier, verified) for tier in ("interpreter", "native")]
    first, second = (machine.run_script() for machine in machines)
    assert first == second
    assert machines[0].totals().used == machines[1].totals().used


def test_a_row_that_the_calibration_reads_costs_its_bytes() -> None:
    _, totem = reading("interpreter", 80, default_prices(), 1)
    assert totem == 8 * 8 + 8


def test_a_class_far_off_the_median_is_flagged_unless_it_is_the_thesiss() -> None:
    figures = {"multiply": 1.0, "subtract": 1.0, "logic": 1.0, "divide": 2.9}
    figures |= {"call": 3.2, "power": 0.3, "add": 9.0}
    found = [Found(f"{name}!", name, 10, 10 * one) for name, one in figures.items()]
    found += [Found("?", "power", 10, 10 / 0.3 * 0.09), Found("c", "bits", 10, 10.0)]
    assert by_class(found)["power"] == pytest.approx(0.3)
    lines = report("native", found, default_prices()).splitlines()
    said = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    assert {name for name in figures if "flagged" in said[name]} == {"call", "power", "add"}
    assert "at the median with 26" in said["call"]
    assert "the thesis's, stays" in said["add"]


def test_a_case_of_the_agreement_run(tmp_path: Path) -> None:
    results = [agree(number, tmp_path)["result"] for number in range(6)]
    assert "agree" in results
    assert set(results) <= {"agree", "refused"}


def test_results_that_differ_are_told() -> None:
    import numpy as np

    job = JOBS[0]
    one = {"hour": np.array([1, 2]), "kwh": np.array([0.5, 0.25])}
    assert difference(one, {**one, "kwh": np.array([0.5, 0.25 * (1 + 1e-12)])}, job) == ""
    assert "kwh" in difference(one, {**one, "kwh": np.array([0.5, 0.2500001])}, job)
    assert "rows" in difference(one, {name: column[:1] for name, column in one.items()}, job)


def test_the_table_gives_ratios_to_the_faster_engine() -> None:
    runs = [
        {"job": "kmeans", "form": "memory", "tool": tool, "way": "w", "rows": 10**9, "seconds": s}
        for tool, s in (("totem", [3.0, 2.0, 9.0]), ("polars", [4.0]), ("duckdb", [2.0]))
    ]
    tools = {tool: {"name": tool, "version": "1"} for tool in ("totem", "polars", "duckdb")}
    machine = {"model": "m", "cores": 2, "load before": 0.0}
    document = {"rows": 10**9, "repeat": 3, "machine": machine, "tools": tools, "runs": runs}
    assert "| k-means step | 3 | 4 | 2 | **1.50** |" in table(document)
