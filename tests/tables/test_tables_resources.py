"""Data files are found by folder and name, and nothing else is."""

from __future__ import annotations

import pytest

from totemlang.tables.resources import resource_names, resource_text


def test_the_shipped_tables_and_the_grammar_are_there() -> None:
    assert {"rules.csv", "prices.csv"} <= set(resource_names("rules"))
    assert resource_names("grammar") == ("totem.lark", "totem.tables.json")
    assert resource_text("rules", "rules.csv").startswith("CMD,Reaction,CMD type,Domain\n")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("rules", "none.csv"), ("rules", "../pyproject.toml"), ("tests", "x"), ("..", "README.md")],
)
def test_other_files_are_out_of_reach(folder: str, name: str) -> None:
    with pytest.raises(ValueError, match="the package has no"):
        resource_text(folder, name)
