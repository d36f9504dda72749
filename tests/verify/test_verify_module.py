"""What the verifier accepts and refuses of a module apart from code: chain, merge, declarations."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from verify_assembler import Assembler, fields, script

import totemlang
from totemlang.bytecode.codes import CODES
from totemlang.bytecode.module import Lookup, Merge, Module, OrderBy, StageKind
from totemlang.check.library import default_library
from totemlang.diagnostics import Refused
from totemlang.program import Program
from totemlang.schema.types import Constraint
from totemlang.source import Source
from totemlang.tables.prices import default_prices
from totemlang.tables.rules import default_rules, load_rules
from totemlang.verify.verifier import verify

MAP, REDUCE, ALL = StageKind.MAP, StageKind.REDUCE, StageKind.REDUCE_ALL
PERCENT = Constraint("percent", lower=0, upper=100)


def codes(module: Module) -> list[str]:
    try:
        verify(module, default_rules(), default_prices(), default_library())
    except Refused as refused:
        return [found.code for found in refused.diagnostics]
    return []


EMIT = "load.int 0\n load.double 1\n emit"
TOTAL = "load.int 0\n load.double[] 1\n exact_sum.double\n emit"
SHARE = "load.int 0\n load.double 1\n emit"


def job(
    *,
    mapped: dict[str, Any] | None = None,
    reduced: dict[str, Any] | None = None,
    merge: Merge | None = None,
) -> Module:
    """A map, a keyed reduce and a map, with something changed."""
    parts = Assembler()
    first: dict[str, Any] = {"parameters": "int k, double v", "emitted": "int k, double v"}
    parts.stage(MAP, "m", text=EMIT, **(first | (mapped or {})))
    second: dict[str, Any] = {
        "kind": REDUCE,
        "parameters": "int k, double[] v",
        "emitted": "int k, double total",
        "text": TOTAL,
        "key_parts": 1,
    }
    parts.stage(name="r", **(second | (reduced or {})))
    parts.stage(MAP, "share", "int k, double total", "int k, double total", SHARE)
    return parts.job(merge)


def test_a_chain_of_stages() -> None:
    assert codes(job()) == []
    assert codes(job(reduced={"order_by": OrderBy(1, True)})) == []
    assert codes(job(merge=Merge(1, ("sum",)))) == []


def test_a_reduce_without_key_takes_arrays() -> None:
    text = "const.int {1}\n load.double[] 1\n exact_sum.double\n emit"
    whole = {"kind": ALL, "parameters": "int[] k, double[] v", "text": text, "key_parts": 0}
    assert codes(job(reduced=whole)) == []
    assert "BYT112" in codes(job(reduced=whole | {"parameters": "int k, double[] v"}))
    assert "BYT112" in codes(job(reduced=whole | {"key_parts": 1}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reduced": {"parameters": "long k, double[] v"}}, "BYT112"),
        ({"reduced": {"parameters": "int k, double v"}}, "BYT112"),
        ({"reduced": {"parameters": "int k"}}, "BYT112"),
        ({"reduced": {"key_parts": 0}}, "BYT112"),
        ({"reduced": {"key_parts": 2}}, "BYT112"),
        ({"reduced": {"key_parts": -1}}, "BYT112"),
        ({"reduced": {"order_by": OrderBy(0, False)}}, "BYT115"),
        ({"reduced": {"order_by": OrderBy(7, False)}}, "BYT115"),
        ({"reduced": {"order_by": OrderBy(-1, False)}}, "BYT115"),
        ({"reduced": {"emitted": "int k, long total"}}, "BYT132"),
        ({"reduced": {"emitted": "int k, int? total"}}, "BYT113"),
        ({"reduced": {"emitted": "int k, double k"}}, "BYT110"),
        ({"reduced": {"emitted_key_parts": 0}}, "BYT113"),
        ({"reduced": {"emitted_key_parts": 3}}, "BYT113"),
        ({"mapped": {"kind": REDUCE}}, "BYT112"),
        ({"mapped": {"key_parts": 1}}, "BYT112"),
    ],
)
def test_stages_that_do_not_chain_are_refused(changes: dict[str, Any], code: str) -> None:
    mapped = dict(changes.get("mapped", {}))
    kind = mapped.pop("kind", None)
    module = job(**(changes | ({"mapped": mapped} if "mapped" in changes else {})))
    if kind is not None:
        module = evolve(module, stages=(evolve(module.stages[0], kind=kind), *module.stages[1:]))
    assert code in codes(module)


def test_a_float_is_no_key() -> None:
    parts = Assembler()
    text = "load.double 1\n load.double 1\n emit"
    parts.stage(MAP, "m", "int k, double v", "double v, double w", text)
    text = "load.double 0\n load.double[] 1\n exact_sum.double\n emit"
    parts.stage(REDUCE, "r", "double v, double[] w", "double v, double s", text, key_parts=1)
    assert codes(parts.job()) == ["BYT112"]


MERGED = Merge(1, ("sum",))


@pytest.mark.parametrize(
    ("text", "merge", "sound"),
    [
        (TOTAL, MERGED, True),
        (TOTAL, evolve(MERGED, combine=("count",)), False),
        (TOTAL, evolve(MERGED, after=0), False),
        (TOTAL, evolve(MERGED, after=2), False),
        (TOTAL, evolve(MERGED, after=9), False),
        (TOTAL, evolve(MERGED, after=-1), False),
        (TOTAL, evolve(MERGED, written=False), False),
        (TOTAL.replace("exact_sum", "min_of"), evolve(MERGED, combine=("min",)), True),
        ("load.bool 2\n if\n" + TOTAL + "\n else\n" + TOTAL + "\n end", MERGED, True),
        ("load.bool 2\n if\n" + TOTAL + "\n end\n" + TOTAL, MERGED, False),
        (
            "load.bool 2\n if\n" + TOTAL + "\n else\n" + EMIT.replace("1", "3") + "\n end",
            MERGED,
            False,
        ),
        (TOTAL + "\n" + TOTAL, MERGED, False),
        ("load.double[] 1\n foreach.double 3\n" + TOTAL + "\n end", MERGED, False),
        (TOTAL.replace("load.int 0", "const.int {1}"), MERGED, False),
        (TOTAL.replace("emit", "neg.double\n emit"), MERGED, False),
        ("load.int 0\n load.double 3\n emit", MERGED, False),
        ("load.int 0\n load.double[] 4\n exact_sum.double\n emit", MERGED, False),
    ],
)
def test_the_merge_rule_is_read_from_the_code(text: str, merge: Merge, sound: bool) -> None:
    module = job(
        reduced={"text": text, "locals_": "bool b, double x, double[] ys"},
        merge=merge,
    )
    assert codes(module) == ([] if sound else ["BYT115"])


def test_what_a_parameter_promises_is_checked_where_its_column_is_emitted() -> None:
    rules = default_rules()
    rows = [f'{r.command},{r.reaction},{r.command_type},"{r.domain}"' for r in rules.rows]
    rows += ['Percent,HandleNumber(),Labelled,"Set of Z in [0, 100]"']
    own = load_rules("\n".join(["CMD,Reaction,CMD type,Domain", *rows]), "own.csv")

    def module(text: str, emitted: Constraint, taken: Constraint) -> Module:
        parts = Assembler()
        parts.stage(MAP, "m", "int k, int v", "int k, int v", text)
        parts.stage(MAP, "n", "int k, int v", "int k", "load.int 0\n emit")
        first, second = parts.job().stages
        (key, value), (k, v) = first.emitted.columns, second.parameters
        columns = evolve(first.emitted, columns=(key, evolve(value, constraint=emitted)))
        stages = (
            evolve(first, emitted=columns),
            evolve(second, parameters=(k, evolve(v, constraint=taken))),
        )
        return evolve(parts.job(), stages=stages, rules_hash=own.hash)

    def found(*parts: Any) -> list[str]:
        try:
            verify(module(*parts), own, default_prices(), default_library())
        except Refused as refused:
            return [one.code for one in refused.diagnostics]
        return []

    checked = "load.int 0\n load.int 1\n check_range.int {0} {100}\n emit"
    bare = "load.int 0\n load.int 1\n emit"
    free = Constraint()
    assert found(checked, PERCENT, PERCENT) == []
    assert found(checked, PERCENT, free) == []
    assert found(bare, PERCENT, PERCENT) == ["BYT138"]
    assert found(bare, free, PERCENT) == ["BYT112"]
    assert found(checked.replace("{100}", "{200}"), PERCENT, PERCENT) == ["BYT138"]
    wider = evolve(PERCENT, upper=200)
    assert "BYT104" in found(checked, wider, wider)
    other = evolve(PERCENT, word="share")
    assert "BYT104" in found(checked, other, other)


def test_arguments_pass_the_checks_of_their_parameters() -> None:
    def module(check: str) -> Module:
        parts = Assembler()
        short = Constraint(max_bytes=8)
        text = "load.string 0\n len.string\n return"
        parts.function("int", "f", "string s", text, constraint=short)
        return parts.script("string s, int a", f"load.string 0\n {check}\n call 0\n set.int 1")

    assert codes(module("check_bytes.string 8")) == []
    assert codes(module("check_bytes.string 9")) == ["BYT138"]
    assert codes(module("")) == ["BYT138"]


def test_initial_values_are_straight_code_over_earlier_globals() -> None:
    def module(*texts: str | None) -> list[str]:
        parts = Assembler()
        for number, text in enumerate(texts):
            parts.param(f"int p{number}", text)
        return codes(parts.script("", ""))

    assert module(None, "const.int {1}\n global.int 0\n add.int") == []
    assert module("global.int 0") == ["BYT131"]
    assert module("global.int 1", "const.int {1}") == ["BYT131"]
    assert module("const.long {1}") == ["BYT132"]
    assert module("") == ["BYT133"]
    assert module("const.int {1}\n const.int {1}") == ["BYT133"]
    assert module("load.int 0") == ["BYT145"]
    assert module("const.bool {True}\n if\n end\n const.int {1}") == ["BYT145"]
    assert module("const.int {1}\n assign.int 0\n const.int {1}") == ["BYT145"]


def test_an_initial_value_keeps_to_its_type() -> None:
    parts = Assembler()
    bounded = Constraint(lower=0, upper=100)
    parts.param("int p", "const.int {7}\n check_range.int {0} {100}", bounded)
    assert codes(parts.script("", "")) == []
    parts.param("int q", "const.int {7}", bounded)
    assert codes(parts.script("", "")) == ["BYT138"]


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint(length=3),
        Constraint(max_bytes=3),
        Constraint(lower=2, upper=1),
        Constraint(lower=0.5),
        Constraint(lower=float("nan")),
    ],
)
def test_bounds_that_do_not_fit_the_type_are_refused(constraint: Constraint) -> None:
    parts = Assembler()
    parts.param("int p", None, constraint)
    assert "BYT121" in codes(parts.script("", ""))


def test_constants_are_values_of_their_types() -> None:
    def found(at: str, value: object) -> list[str]:
        (field,) = fields(f"{at} x")
        return codes(evolve(script("", ""), constants=((field.type, value),)))  # type: ignore[arg-type]

    assert found("date", -719162) == []
    assert found("date", -719163) == ["BYT120"]
    assert found("date", 2932897) == ["BYT120"]
    assert found("int", 2**31) == ["BYT120"]
    assert found("int", True) == ["BYT120"]
    assert found("bool", 1) == ["BYT120"]
    assert found("float", 0.1) == ["BYT120"]
    assert found("double", 1) == ["BYT120"]
    assert found("string", "\ud800") == ["BYT120"]
    assert found("string?", None) == []
    assert found("string", None) == ["BYT120"]
    assert found("int[]", (1, None)) == ["BYT120"]


def lookups(*known: Lookup) -> Module:
    return evolve(job(), lookups=known)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: evolve(m, script=m.stages[0].code), "BYT111"),
        (lambda m: evolve(m, stages=(), dataset=None), "BYT111"),
        (lambda m: evolve(m, dataset=None), "BYT117"),
        (lambda m: evolve(m, dataset=evolve(m.dataset, columns=fields("int a"))), "BYT112"),
        (lambda m: evolve(m, dataset=evolve(m.dataset, name="a b")), "BYT110"),
        (lambda m: evolve(m, variables=(("a", 0),)), "BYT118"),
        (lambda m: evolve(m, dataset=evolve(m.dataset, columns=())), "BYT117"),
        (lambda m: lookups(Lookup("l", fields("double k"), fields("int a"))), "BYT116"),
        (lambda m: lookups(Lookup("l", fields("int? k"), fields("int a"))), "BYT116"),
        (lambda m: lookups(Lookup("l", (), fields("int a"))), "BYT116"),
        (lambda m: lookups(Lookup("l", fields("int k"), ())), "BYT116"),
        (lambda m: lookups(Lookup("l", fields("int k"), fields("int[] a"))), "BYT116"),
        (lambda m: lookups(Lookup("l", fields("int k"), fields("int k"))), "BYT110"),
        (lambda m: evolve(m, stages=m.stages[:1] + m.stages[:1]), "BYT110"),
    ],
)
def test_a_module_whose_parts_do_not_fit_is_refused(
    change: Callable[[Module], Module], code: str
) -> None:
    assert code in codes(change(job()))


def test_variables_of_a_script_have_slots() -> None:
    assert codes(evolve(script("int a", ""), variables=(("a", 0),))) == []
    assert codes(evolve(script("int a", ""), variables=(("a", 1),))) == ["BYT118"]
    assert codes(evolve(script("int a", ""), variables=(("a", -1),))) == ["BYT118"]
    assert codes(evolve(script("int a", ""), variables=(("a", 0), ("a", 0)))) == ["BYT110"]


def test_names_cannot_steer_a_terminal() -> None:
    module = job(reduced={"emitted": "int k, double total"})
    stage = module.stages[1]
    columns = (*stage.emitted.columns[:1], evolve(stage.emitted.columns[1], name="\x1b[2J"))
    bad = evolve(stage, emitted=evolve(stage.emitted, columns=columns))
    with pytest.raises(Refused) as refused:
        verify(
            evolve(module, stages=(module.stages[0], bad, module.stages[2])),
            default_rules(),
            default_prices(),
            default_library(),
        )
    assert all(found.message.isprintable() for found in refused.value.diagnostics)


def test_where_the_rules_bound_a_kind_foreign_code_keeps_to_it() -> None:
    rules = default_rules()
    rows = {
        r.command: f'{r.command},{r.reaction},{r.command_type},"{r.domain}"' for r in rules.rows
    }
    rows["Int"] = 'Int,HandleNumber(),Labelled,"Set of Z in [0, 100]"'
    narrow = load_rules("\n".join(["CMD,Reaction,CMD type,Domain", *rows.values()]), "own.csv")

    def found(slots: str, text: str) -> list[str]:
        module = evolve(script(slots, text), rules_hash=narrow.hash)
        try:
            verify(module, narrow, default_prices(), default_library())
        except Refused as refused:
            return [one.code for one in refused.diagnostics]
        return []

    checked = "const.int {5}\n check_range.int {0} {100}\n assign.int 0"
    assert found("int a", checked) == []
    assert found("int a", "const.int {500}\n assign.int 0") == ["BYT138"]
    assert found("int a", checked.replace("{100}", "{1000}")) == ["BYT138"]
    assert found("int[] a", "const.int {5}\n array.int 1\n set.int[] 0") == ["BYT138"]
    assert found("int[] a, long l", "load.long 1\n const.int {5}\n assign_element.int 0") == [
        "BYT138"
    ]
    assert found("long l", "const.long {500}\n assign.long 0") == []
    source = "int a = 1\nfor i = 0; i < 3; i++ do\n  a += i\nend for\nint[] xs = [a]\nxs[0] += 1"
    compiled = Program(Source(source), narrow)
    assert compiled.verified.script is not None


def test_every_fault_is_in_the_table_and_the_table_has_no_other() -> None:
    room = Path(totemlang.__file__).parent
    texts = [
        path.read_text() for name in ("bytecode", "verify") for path in (room / name).glob("*.py")
    ]
    used = {code for text in texts for code in re.findall(r'\.(?:\w+)\(\s*"(BYT\d{3})"', text)}
    used |= {code for text in texts for code in re.findall(r'_refused\(\s*"(BYT\d{3})"', text)}
    assert used == set(CODES)
