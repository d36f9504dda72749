"""Random modules in both tiers: same bits, same totem, same failures, same end at any budget."""

from __future__ import annotations

import os

import pytest

from native.native_pairs import Pair
from vm.random_modules import RandomModule

SEEDS = int(os.environ.get("TOTEM_VM_SEEDS", "40"))
FIRST = int(os.environ.get("TOTEM_VM_FIRST_SEED", "0"))


def budgets(used: int, most: int) -> list[int]:
    """Budgets up to one more than was used."""
    if used <= most:
        return list(range(used + 2))
    around = {0, 1, used - 1, used, used + 1}
    return sorted(around | set(range(0, used, max(1, used // most))))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_scripts_agree(seed: int) -> None:
    random = RandomModule(seed, job=False)
    pair = Pair(random.verified(), random.values)
    used = pair.check_script()
    for budget in budgets(used, 8):
        pair.check_script(budget)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_stages_agree(seed: int) -> None:
    random = RandomModule(seed, job=True)
    pair = Pair(random.verified(), random.values, random.tables)
    for number in range(len(random.stages)):
        records = random.records(number, random.rng.randrange(6))
        used = pair.check_stage(number, records)
        for budget in budgets(used, 6):
            pair.check_stage(number, records, budget)
