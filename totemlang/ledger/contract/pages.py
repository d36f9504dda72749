"""Pages of the documentation, made of what the contract enforces: states, functions, refusals.

`python -m totemlang.ledger.contract.pages docs` writes them; a test holds them fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from totemlang.ledger.contract import CONTRACT
from totemlang.ledger.contract.declare import ContractFunction
from totemlang.ledger.contract.refusals import Reason
from totemlang.ledger.contract.states import LIFECYCLES, Lifecycle, State

_MADE = "Made from the code that enforces it; do not edit."


def pages() -> dict[str, str]:
    """File name in `docs/` and text of every page."""
    return {
        "ledger-states.md": "\n".join(_states()) + "\n",
        "ledger-contract.md": "\n".join(_contract()) + "\n",
    }


def _states() -> Iterator[str]:
    yield from (
        "# States on the ledger",
        "",
        _MADE,
        "",
        "Every state that is not final has a deadline. When it has passed nothing but `expire` is "
        "possible, and anybody may call it: nothing stays locked because somebody vanished. Totem "
        "leaves escrow together with the transition to a final state, so nothing is settled twice.",
    )
    for lifecycle in LIFECYCLES:
        yield from _lifecycle(lifecycle)


def _lifecycle(lifecycle: Lifecycle) -> Iterator[str]:
    yield from ("", f"## A {lifecycle.kind}", "", "```mermaid", *lifecycle.drawing(), "```", "")
    yield from ("| state | means | deadline |", "|---|---|---|")
    for state in lifecycle.states:
        yield f"| `{state.name}` | {state.meaning} | {_deadline(state)} |"
    yield from ("", "| from | by | to | who |", "|---|---|---|---|")
    for found in lifecycle.transitions:
        yield f"| `{found.source}` | {found.action} | `{found.target}` | {found.who} |"


def _deadline(state: State) -> str:
    if state.wait is None:
        return state.until or "final"
    return f"{state.wait.days} day{'s' * (state.wait.days > 1)}"


def _contract() -> Iterator[str]:
    yield from (
        "# The contract",
        "",
        _MADE,
        "",
        "A call names a function and has one JSON object of arguments; the answer is a JSON "
        "object. A refused call has no effect. Queries write nothing; private functions take a "
        "value beside the call, of which the ledger keeps the hash alone. Amounts are whole "
        "numbers up to 2^63 − 1. See [the states](ledger-states.md) of jobs and requests.",
        "",
        "## Functions",
    )
    for function in CONTRACT.values():
        yield from _function(function)
    yield from ("", "## Refusals", "", "| code | reason | what to do |", "|---|---|---|")
    for reason in Reason:
        yield f"| `{reason.code}` | {reason.meaning} | {reason.hint} |"


def _function(function: ContractFunction) -> Iterator[str]:
    kind = "query" if function.is_query else "private" if function.is_private else "transaction"
    roles = " or ".join(function.roles) or "any member"
    yield from ("", f"### {function.name}", "", f"{kind} · {roles}", "")
    yield " ".join(function.doc.split())
    if function.arguments:
        yield ""
        for name, argument in function.arguments.items():
            yield f"- `{name}`: {argument}"


def main(folder: str) -> None:
    """Write the pages that have changed."""
    for name, text in pages().items():
        path = Path(folder) / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1])
