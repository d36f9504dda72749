"""A consortium of five, from its founding to the last settlement, command by command.

python examples/consortium/walk.py [FOLDER]

An operator, two providers, a consumer and an auditor type what members type, in a new folder
(build/consortium unless one is named). Titles have the steps of the patent, S400 to S424.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from totemlang.cli.consortium.main import totem

EXAMPLES = Path(__file__).resolve().parents[1]

MEMBERS = (
    ("gro@grid", "operator"),
    ("nora@north", "provider"),
    ("sam@south", "provider"),
    ("ada@lab", "consumer"),
    ("carl@court", "auditor"),
)

PEAK = "examples/peak_hour.totem"
HIGH = "examples/consortium/high_demand.totem"
EVERY = "examples/consortium/every_reading.totem"


def main(folder: Path) -> None:
    """Walk the whole way, in a new folder."""
    os.chdir(folder)
    Path("examples").symlink_to(EXAMPLES)
    os.environ |= {"TOTEM_LEDGER": "ledger.db", "TOTEM_CA": "ca"}
    os.environ.pop("TOTEM_IDENTITY", None)
    os.environ.setdefault("COLUMNS", "120")
    found_it()
    publish()
    ask_and_grant()
    run_a_job()
    run_a_flat_job()
    be_refused()
    run_out_of_totem()
    stop_a_job()
    dispute_a_job()
    show_the_ledger()


def found_it() -> None:
    """Five members and a ledger."""
    say("Five members type what members type. S400 to S424 are the steps of the patent.")
    say("An authority says who is a member. Keys are made by their owners, and stay with them.")
    run("totem ca init valley")
    for member, role in MEMBERS:
        name = member.partition("@")[0]
        run(f"totem enrol request {member} --as {name} -o {name}.request")
        run(f"totem ca sign {name}.request --role {role} -o {name}.pem")
        run(f"totem enrol install {name}.pem --as {name}")
    say("S402  The contract begins on a ledger of its own, with rules and prices in force.")
    roles = " ".join(f"--organisation {m.partition('@')[2]}={role}" for m, role in MEMBERS)
    run(f"totem ledger found valley {roles} --as gro")
    say("Accounts of totem: opened by their members, filled by the operator.")
    for name in ("nora", "sam", "ada"):
        run(f"totem account open --as {name}")
    run("totem account grant ada@lab 20_000_000 --as gro")


def publish() -> None:
    """What providers tell of their data."""
    meters = "examples/data/smart_meters"
    say("S400  Two providers publish metadata and policy. The readings stay where they are.")
    run(
        f"totem dataset publish meters {meters}/provider_a.parquet --about 'half-hourly, 43 homes' "
        "--policy examples/consortium/policy.json --as nora"
    )
    run(
        f"totem dataset publish meters '{meters}/provider_[bc].parquet' "
        "--about 'half-hourly, 57 homes' --as sam"
    )
    say("The same homes once more, billed flat: what it costs tells nothing of any household.")
    run(
        f"totem dataset publish homes '{meters}/provider_[bc].parquet' "
        "--policy examples/consortium/flat_policy.json --as sam"
    )


def ask_and_grant() -> None:
    """Access, for a purpose."""
    say("S101  The consumer looks for data: she sees metadata, and no reading.")
    run("totem dataset list --as ada")
    run("totem dataset show north/meters --as ada")
    say("S406  What would it cost? The contract itself says so, before anybody grants anything.")
    run(f"totem job quote {PEAK} --data north/meters --data south/meters --as ada")
    say("Without access there is no job; it is asked for with a purpose.")
    run(f"totem job submit {PEAK} --data north/meters --as ada", ends=1)
    for dataset in ("north/meters", "south/meters", "south/homes"):
        run(f"totem request open {dataset} --purpose 'when is demand highest' --as ada")
    say("S404  Providers grant access. The key goes to the consumer; the ledger has its hash.")
    run("totem request grant latest --until 30d --as nora")
    for request in asked("south"):
        run(f"totem request grant {request} --as sam")
    run("totem request list --as ada")


def run_a_job() -> None:
    """A job at two providers."""
    say("S103, S408  Submission: code, proof of access, budget. Judged, compared, reserved.")
    run(f"totem job submit {PEAK} --data north/meters --data south/meters --as ada")
    run("totem account show --as ada")
    say("S410 to S418  Each provider accepts, runs beside the data, reports after every stage.")
    for name in ("nora", "sam", "nora"):
        run(f"totem provider step --as {name}")
    run("totem job show latest --as ada")
    say("S424  The result: held to ledger and signatures, merged, and agreed to.")
    run("totem provider step --as sam")
    run("totem job watch latest --as ada")
    run("totem job result latest --as ada")
    run("totem job receipt latest --as ada")
    run("totem job settle latest --as ada")
    run("totem account show --as nora")


def run_a_flat_job() -> None:
    """A job whose bill is known before it runs."""
    say("Flat billing: reports are the quoted bounds, whatever the data holds.")
    run(f"totem job submit {HIGH} --data south/homes --as ada")
    run("totem provider step --as sam")
    run("totem job show latest --as ada")
    run("totem job settle latest --as ada")


def be_refused() -> None:
    """A job that Eval refuses."""
    say("The contract refuses a program that would carry the readings away.")
    run(f"totem job submit {EVERY} --data north/meters --budget 500_000 --as ada", ends=1)


def run_out_of_totem() -> None:
    """A job whose budget does not suffice."""
    say("S412, S422  Out of totem: everything stops, nothing is released, the budget is gone.")
    run(f"totem job submit {HIGH} --data north/meters --budget 705_000 --as ada")
    run("totem provider step --as nora")
    run("totem job watch latest --as ada", ends=3)
    run("totem job settle latest --as ada")


def stop_a_job() -> None:
    """A job that its consumer stops."""
    say("Stopped by its consumer after the first stage: that stage is paid, the rest comes back.")
    run(f"totem job submit {HIGH} --data north/meters --as ada")
    for line in ("accept latest", "start latest", "report latest 703_125"):
        run(f"totem provider {line} --as nora")
    run("totem job stop latest --as ada")
    run("totem job settle latest --as ada")


def dispute_a_job() -> None:
    """A job that is charged too much, and judged."""
    say("A provider charges what was quoted at most, instead of what it took.")
    run(f"totem job submit {HIGH} --data north/meters --as ada")
    job = latest()
    bounds = job["parts"][0]["bounds"]
    for line in ("accept latest", "start latest", *(f"report latest {b}" for b in bounds)):
        run(f"totem provider {line} --as nora")
    run(f"totem provider finish latest --result {'0' * 64} --receipt {'0' * 64} --as nora")
    run("totem job dispute latest 'there is no result' --as ada")
    run("totem job disputes --as carl")
    say("The auditor runs the part again, beside the data: that is what it is charged.")
    data = "readings=examples/data/smart_meters/provider_a.parquet"
    run(f"totem job judge {job['job']} --data {data} --as carl")
    run("totem job show latest --as ada")


def show_the_ledger() -> None:
    """Everything, and the proof that it is everything."""
    say("What became of the totem:")
    run("totem account history --as ada")
    for name in ("ada", "nora", "sam"):
        run(f"totem account show --as {name}")
    run("totem account supply --as gro")
    say("The ledger, from the first call to the last:")
    run("totem ledger history")
    say("What was refused stands there, too:")
    run("totem ledger history --refused")
    say("Replayed, and held to its signatures. A signed head makes any other history show.")
    run("totem ledger verify")
    run("totem ledger checkpoint -o carl.head --as carl")
    run("totem ledger check carl.head")


def say(text: str) -> None:
    """A title."""
    print(f"\n# {text}", flush=True)


def run(line: str, *, ends: int = 0) -> None:
    """Type a command; it must end with that exit code."""
    print(f"$ {line}", flush=True)
    code = totem.main(shlex.split(line)[1:], "totem", standalone_mode=False)
    sys.stdout.flush()
    if (code if isinstance(code, int) else 0) != ends:
        sys.exit(f"{line}: exit code {code}, not {ends}")


def quietly(line: str) -> Any:
    """The JSON document of a command that is not shown."""
    told = StringIO()
    with redirect_stdout(told):
        totem.main([*shlex.split(line)[1:], "--json"], "totem", standalone_mode=False)
    return json.loads(told.getvalue())


def latest() -> Any:
    """Ada's latest job."""
    return quietly("totem job show latest --as ada")


def asked(organisation: str) -> list[str]:
    """The requests that an organisation has not answered."""
    found = quietly("totem request list --as ada")["requests"]
    return [
        each["request"]
        for each in found
        if each["provider"] == organisation and each["state"] == "asked"
    ]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        place = Path(sys.argv[1])
    else:
        place = EXAMPLES.parent / "build" / "consortium"
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    main(place)
