"""The selection of runtime functions that a module takes."""

from __future__ import annotations

import re

import pytest
import wasmtime

from totemlang.native.runtime.selection import REASON, definition, names, runtime_text, written_out
from totemlang.vm import failures


def defined(text: str) -> list[str]:
    return re.findall(r"^\((?:func|global) \$([a-z_0-9]+)", text, re.MULTILINE)


@pytest.mark.parametrize("name", [n for n in names() if n != "failed"] + ["lookup_sli"])
def test_each_definition_comes_with_all_it_uses(name: str) -> None:
    text = runtime_text([name], given={"failed"})
    found = defined(text)
    assert name in found
    assert len(found) == len(set(found))
    module = f"""(module (memory $memory 1) (global $failed (mut i32) (i32.const 0))
        {text})"""
    assert wasmtime.wat2wasm(module)


def test_nothing_else_comes_with_it() -> None:
    assert defined(runtime_text(["equal_bytes"])) == ["equal_bytes"]
    assert defined(runtime_text([])) == []
    both = runtime_text(["substring", "length_string", "substring"], given={"failed"})
    assert defined(both) == ["length_string", "letters_at", "skip", "substring"]
    assert runtime_text(["length_string", "substring"], given={"failed"}) == both


def test_what_the_module_has_itself_does_not_come() -> None:
    text = runtime_text(["concatenate_2"], given={"failed", "alloc", "move"})
    assert defined(text) == ["concatenate_2"]


def test_unknown_names_are_refused() -> None:
    for name in ("nothing", "lookup_", "lookup_x", "build_lookup_", "lookup_" + "i" * 65):
        with pytest.raises(ValueError, match="has no function"):
            definition(name)
    with pytest.raises(ValueError, match="has no function"):
        runtime_text(["concatenate_2"])  # who gives no place for failures cannot fail


def test_reasons_are_all_there_in_order() -> None:
    texts = [v for n, v in vars(failures).items() if n.isupper() and isinstance(v, str)]
    assert list(failures.REASONS) == texts
    assert [REASON[reason] for reason in texts] == list(range(1, len(texts) + 1))


def test_a_definition_is_written_for_each_row() -> None:
    text = """
    ;; of no account
;; each {form} {width} {rest}: int 4 (a b) | long 8 c
(func $size_{form} (result i32) ;; a note
  (i32.const {width}) {rest})
;; each {name} {rest}:
;;   | one (a)
;;   | two (b
;;     c)
(func ${name} {rest})
;; each of {name}
(func $again_{name})
(func $other (result i32) (i32.const {EMPTY}))
"""
    assert list(written_out(text)) == [
        "(func $size_int (result i32)\n  (i32.const 4) (a b))",
        "(func $size_long (result i32)\n  (i32.const 8) c)",
        "(func $one (a))",
        "(func $two (b c))",
        "(func $again_one)",
        "(func $again_two)",
        f"(func $other (result i32) (i32.const {REASON[failures.EMPTY]}))",
    ]
    with pytest.raises(ValueError, match="not known"):
        list(written_out("(func $bad (i32.const {NOTHING}))"))
    with pytest.raises(ValueError, match="does not end"):
        list(written_out("(func $bad"))
