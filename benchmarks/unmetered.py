"""An unmetered build of the native tier: its WebAssembly text with everything for totem taken out.

It lives here alone, to tell what metering costs. Out go the lines that charge, the counters of
blocks and sizes, and the sizes worked out for them. Results stay the same; totem says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from totemlang.native.translation import translator
from totemlang.native.translation.items import METERING
from totemlang.native.translation.plan import Plan
from totemlang.verify.verified import VerifiedModule

_TEMPORARY = re.compile(r"\(local\.get (\$t\d+i64)\)")


def unmetered(text: str) -> str:
    """The text without metering.

    Raises:
        ValueError: there was none to take out, so the text is written differently by now.
    """
    kept: list[str] = []
    found = 0
    doubtful: list[str] = []
    lines = text.split("\n")
    for line in lines:
        if line.startswith(METERING):
            found += 1
            doubtful += _TEMPORARY.findall(line)
            kept.append("")
        else:
            kept.append(line)
    if not found:
        raise ValueError("no metering was found in the module's text")
    return "\n".join(_without_unread(kept, frozenset(doubtful)))


def _without_unread(lines: list[str], names: frozenset[str]) -> list[str]:
    """The lines without those that set one of these temporaries, where nothing reads it after."""
    kept = list(lines)
    for name in names:
        read, set_ = f"(local.get {name})", f"(local.set {name} "
        is_read = False
        for at in range(len(kept) - 1, -1, -1):
            line = kept[at]
            if line.startswith("(func "):
                is_read = False
            if line.startswith(set_) and line.count("local.set") == 1:
                if not is_read:
                    kept[at] = ""
                    continue
                is_read = read in line
            elif read in line:
                is_read = True
    return kept


@contextmanager
def unmetered_build() -> Iterator[None]:
    """Within it, whatever is translated is unmetered."""
    translate = translator.translate_module

    def without(verified: VerifiedModule) -> Plan:
        plan = translate(verified)
        return evolve(plan, text=unmetered(plan.text))

    translator.translate_module = without
    try:
        yield
    finally:
        translator.translate_module = translate
