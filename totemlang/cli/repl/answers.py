"""What the prompt says to an entry."""

from __future__ import annotations

from collections.abc import Sequence

from totemlang.cli.repl.session import Answer
from totemlang.cli.result import result_table, variables_table
from totemlang.cli.shell import Shell
from totemlang.cli.values import shown


def show_answers(shell: Shell, answers: Sequence[Answer], stages: Sequence[str] = ()) -> None:
    """Show values and what they cost. `stages` are those of the job, for what was added to it."""
    for answer in answers:
        _show(shell, answer, stages)


def _show(shell: Shell, answer: Answer, stages: Sequence[str]) -> None:
    from rich.text import Text

    if answer.added:
        told = f"job: {' → '.join(stages)}; :run runs it" if stages else "noted for the job"
        shell.show(Text(told, style="dim"))
        return
    if answer.value is not None:
        declared, value = answer.value
        shell.show(Text.assemble(_quoted(shown(declared, value), value), _type(str(declared))))
    elif answer.outcome is not None:
        shell.show(*result_table(answer.outcome.table, answer.outcome.columns, keeps=""))
    elif len(answer.changed) > 4:
        shell.show(variables_table(answer.changed))
    else:
        for name, (declared, value) in answer.changed.items():
            text = _quoted(shown(declared, value), value)
            shell.show(Text.assemble(f"{name} = ", text, _type(str(declared))))
    shell.show(Text(f"{answer.totem:,} totem", style="dim"))


def _quoted(text: str, value: object) -> str:
    import json

    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text


def _type(declared: str) -> tuple[str, str]:
    return f"  {declared}", "dim cyan"
