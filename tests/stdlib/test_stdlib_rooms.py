"""The rest of the library: learning, energy, text, time."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from library_calls import array, ran, script

RANDOM = Random("rooms")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(found: int) -> datetime:
    """A timestamp of the machine."""
    return EPOCH + timedelta(microseconds=found)


def day(found: int) -> date:
    """A date of the machine."""
    return date(1970, 1, 1) + timedelta(days=found)


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_solve_gives_what_numpy_gives(n: int) -> None:
    matrix = [[RANDOM.uniform(-1, 1) for _ in range(n)] for _ in range(n)]
    right = [RANDOM.uniform(-1, 1) for _ in range(n)]
    flat = [value for row in matrix for value in row]
    found = script(f"double[] b = ml.solve({array(flat)}, {array(right)})")["b"]
    assert list(found) == pytest.approx(list(np.linalg.solve(matrix, right)), rel=1e-9)


def test_solve_exchanges_rows_where_a_pivot_is_zero() -> None:
    assert list(script("double[] b = ml.solve([0.0, 1.0, 1.0, 0.0], [2.0, 3.0])")["b"]) == [3, 2]


def test_solve_of_a_singular_matrix_is_no_number() -> None:
    found = script("double[] b = ml.solve([1.0, 2.0, 2.0, 4.0], [1.0, 2.0])")["b"]
    assert not any(map(math.isfinite, found))


def test_nearest_takes_the_first_of_equals() -> None:
    found = script(
        "double[] centres = [0.0, 0.0, 3.0, 4.0, 3.0, 4.0]\n"
        "int a = ml.nearest(centres, [2.9, 4.2])\nint b = ml.nearest(centres, [0.1, -9.0])"
    )
    assert (found["a"], found["b"]) == (1, 0)


def test_products_are_added_up_exactly() -> None:
    found = script("double d = ml.dot([1e16, 1.0, -1e16], [1.0, 1.0, 1.0])")
    assert found["d"] == 1.0


def test_gradient_steps_find_the_weights() -> None:
    found = script(
        """
        double[] w = [0.0, 0.0]
        for round = 0; round < 400; round++ do
            w = ml.step(w, ml.linear_gradient(w, [1.0, 0.0], 3.0), 0.1)
            w = ml.step(w, ml.linear_gradient(w, [1.0, 1.0], 5.0), 0.1)
        end for
        double[] v = [0.0, 0.0]
        for round = 0; round < 200; round++ do
            v = ml.step(v, ml.logistic_gradient(v, [1.0, -1.0], 0.0), 0.5)
            v = ml.step(v, ml.logistic_gradient(v, [1.0, 1.0], 1.0), 0.5)
        end for
        double no = ml.sigmoid(ml.dot(v, [1.0, -1.0]))
        double yes = ml.sigmoid(ml.dot(v, [1.0, 1.0]))
        """
    )
    assert list(found["w"]) == pytest.approx([3.0, 2.0], abs=1e-6)
    assert found["no"] < 0.05 < 0.95 < found["yes"]


def test_sigmoid_and_softmax_do_not_overflow() -> None:
    found = script(
        "double a = ml.sigmoid(-1000.0)\ndouble b = ml.sigmoid(1000.0)\n"
        "double c = ml.sigmoid(0.0)\ndouble[] p = ml.softmax([1000.0, 1000.0, 0.0])"
    )
    assert (found["a"], found["b"], found["c"]) == (0.0, 1.0, 0.5)
    assert list(found["p"]) == [0.5, 0.5, 0.0]


def test_figures_of_energy() -> None:
    found = script(
        """
        double[] used = [1.0, 2.0, 4.0, 1.0]
        double[] made = [0.0, 3.0, 2.0, 3.0]
        double factor = energy.load_factor(used)
        double peak = energy.peak(used)
        int at = energy.peak_position(used)
        double kw = energy.power(0.25, minutes(30))
        double exported = energy.net_export(used, made)
        double bought = energy.net_import(used, made)
        double own = energy.self_consumption(used, made)
        double covered = energy.self_sufficiency(used, made)
        double rise = energy.largest_rise(used)
        double fall = energy.largest_fall(used)
        double bill = energy.cost(used, [0.1, 0.2, 0.3, 0.1])
        double one = energy.net_export(1.0, 3.0) + energy.net_import(3.0, 1.0)
        double capacity = energy.capacity_factor(made, 4.0, 4.0)
        """
    )
    assert found["factor"] == 0.5
    assert (found["peak"], found["at"], found["kw"]) == (4.0, 2, 0.5)
    assert (found["exported"], found["bought"]) == (3.0, 3.0)
    assert (found["own"], found["covered"]) == (5 / 8, 5 / 8)
    assert (found["rise"], found["fall"]) == (2.0, -3.0)
    assert found["bill"] == pytest.approx(1.8)
    assert (found["one"], found["capacity"]) == (4.0, 0.5)


def test_text() -> None:
    found = script(
        """
        string s = "The cat, the dog; THE END"
        int words = text.count_words(s)
        int the = text.count_of(s, "The")
        bool cat = text.has_word(s, "CAT")
        bool ca = text.has_word(s, "ca")
        int longest = text.longest_word(s)
        string first = text.head(s, 7)
        string last = text.tail(s, 3)
        string all = text.tail("ab", 3)
        bool ends = text.ends_with(s, "END")
        bool not_so = text.ends_with("ND", "END")
        bool blank = text.is_blank("  ")
        string name = text.capitalise("éCOLE")
        """
    )
    assert (found["words"], found["the"], found["longest"]) == (6, 3, 4)
    assert (found["cat"], found["ca"], found["blank"]) == (True, False, True)
    assert (found["first"], found["last"], found["all"]) == ("The cat", "END", "ab")
    assert (found["ends"], found["not_so"]) == (True, False)
    assert found["name"] == "École"


@pytest.mark.parametrize(
    ("zone", "winter"), [("Europe/London", 0), ("Europe/Oslo", 1), ("Europe/Helsinki", 2)]
)
def test_local_time_is_that_of_the_zone(zone: str, winter: int) -> None:
    changes = [
        datetime(year, month, last, hour, minute, tzinfo=UTC)
        for year in (2013, 2019, 2020, 2024, 2025)
        for month, last in ((3, 25), (3, 31), (10, 25), (10, 31), (7, 1), (1, 1))
        for hour, minute in ((0, 59), (1, 0), (23, 30))
    ]
    changes += [datetime(2013, 3, 31, 0, 59, 59, tzinfo=UTC), datetime(2013, 10, 27, 1, tzinfo=UTC)]
    lines = [
        f'timestamp t{i} = time.eu_local(timestamp("{utc:%Y-%m-%dT%H:%M:%S}"), {winter})'
        for i, utc in enumerate(changes)
    ]
    found = script("\n".join(lines))
    for i, utc in enumerate(changes):
        local = utc.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
        assert moment(found[f"t{i}"]) == local, utc


def test_calendars() -> None:
    days = [date(2020, 1, 1) + timedelta(days=97 * n) for n in range(40)]
    lines = []
    for i, each in enumerate(days):
        lines += [
            f'date d{i} = date("{each}")',
            f"date week{i} = time.start_of_week(d{i})",
            f"date month{i} = time.start_of_month(d{i})",
            f"date year{i} = time.start_of_year(d{i})",
            f"int iso{i} = time.iso_week(d{i})",
            f"int of_year{i} = time.day_of_year(d{i})",
            f"bool weekend{i} = time.is_weekend(d{i})",
            f"int length{i} = time.days_in_month(year(d{i}), month(d{i}))",
        ]
    found = script("\n".join(lines))
    for i, each in enumerate(days):
        assert day(found[f"week{i}"]) == each - timedelta(days=each.weekday())
        assert day(found[f"month{i}"]) == each.replace(day=1)
        assert day(found[f"year{i}"]) == each.replace(month=1, day=1)
        assert found[f"iso{i}"] == each.isocalendar().week
        assert found[f"of_year{i}"] == each.timetuple().tm_yday
        assert found[f"weekend{i}"] == (each.isoweekday() >= 6)
        following = (each.replace(day=28) + timedelta(days=4)).replace(day=1)
        assert found[f"length{i}"] == (following - timedelta(days=1)).day


def test_periods_of_a_timestamp() -> None:
    found = script(
        """
        timestamp ts = timestamp("2024-02-29T13:47:11")
        timestamp day = time.start_of_day(ts)
        timestamp week = time.start_of_week(ts)
        timestamp month = time.start_of_month(ts)
        timestamp year = time.start_of_year(ts)
        int slot = time.slot(ts, 30)
        int season = time.season(month(ts))
        bool weekend = time.is_weekend(ts)
        bool leap = time.is_leap(2024) and not time.is_leap(1900) and time.is_leap(2000)
        """
    )
    assert moment(found["day"]) == datetime(2024, 2, 29, tzinfo=UTC)
    assert moment(found["week"]) == datetime(2024, 2, 26, tzinfo=UTC)
    assert moment(found["month"]) == datetime(2024, 2, 1, tzinfo=UTC)
    assert moment(found["year"]) == datetime(2024, 1, 1, tzinfo=UTC)
    assert (found["slot"], found["season"]) == (27, 0)
    assert (found["weekend"], found["leap"]) == (False, True)


def test_solve_costs_what_its_source_says() -> None:
    given = "double[] xx = [4.0]\ndouble[] xy = [2.0]\n"
    solved = ran(given + "double[] b = ml.solve(xx, xy)").totem - ran(given).totem
    copied = 8 + 12 + 8 + 28 + 20 + 20 + (56 + 2 * 16) + (36 + 2 * 16)
    eliminated = 20 + 4 + 12 + 4 + (28 + 16) + 12
    assert solved == copied + eliminated + 8 + 20 + 16 + (28 + 16) + 12 + (68 + 2 * 16)
