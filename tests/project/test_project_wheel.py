"""The wheel works on its own: elsewhere it finds grammar, library and rules, and runs a job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; an exit code other than 0 fails the test with all it said."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, env=clean
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of what the repository holds, so that nothing is left behind."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    names = ("totemlang", "grammar", "stdlib", "rules", "pyproject.toml", "README.md", "LICENSE")
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        folder,
        copy,
        cwd=folder,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_grammar_library_and_rules(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder, ending in (("grammar", "totem.*"), ("stdlib", "*.totem"), ("rules", "*.csv")):
        files = list((ROOT / folder).glob(ending))
        assert files
        for file in files:
            assert f"totemlang/_data/{folder}/{file.name}" in held
    assert "totemlang/py.typed" in held
    assert not [name for name in held if name.startswith(("tests/", "examples/", "docs/"))]


def test_the_demo_job_runs_from_the_wheel_elsewhere(wheel: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", elsewhere / "venv", cwd=elsewhere)
    python = elsewhere / "venv" / "bin" / "python"
    # The packages that TOTEM needs are those of this environment; TOTEM itself is the wheel's.
    (site,) = (elsewhere / "venv" / "lib").glob("python*/site-packages")
    install = ("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target")
    run(sys.executable, *install, site, wheel, cwd=elsewhere)
    theirs = next(Path(path) for path in sys.path if (Path(path) / "lark").is_dir())
    (site / "needed.pth").write_text(f"{theirs}\n")
    where = run(python, "-c", "import totemlang; print(totemlang.__file__)", cwd=elsewhere)
    assert Path(where.strip()).is_relative_to(site)

    shutil.copy(ROOT / "examples" / "peak_hour.totem", elsewhere)
    shutil.copytree(ROOT / "examples" / "data" / "smart_meters", elsewhere / "meters")
    program = "from totemlang.cli.main import totemc; totemc()"
    job = ("run", "peak_hour.totem", "--data", "meters/provider_*.parquet", "--json")
    printed = run(python, "-c", program, *job, cwd=elsewhere)
    result = json.loads(printed)
    assert result["status"] == "done"
    assert result["rows"][0] == ["2013-01-18T19:00:00", 102.5919998, 99]

    consortium = "from totemlang.cli.consortium.main import totem; totem()"
    run(python, "-c", consortium, "ledger", "init", "mine", "--name", "me", cwd=elsewhere)
    run(python, "-c", program, *job, "--ledger", "mine", cwd=elsewhere)
    shown = run(
        python, "-c", consortium, "account", "show", "--json", "--ledger", "mine", cwd=elsewhere
    )
    assert json.loads(shown)["spent"] == result["totem"]["used"]
    run(python, "-c", consortium, "ledger", "verify", "--ledger", "mine", cwd=elsewhere)
