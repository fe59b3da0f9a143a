"""Statistics of the benchmarks."""

from benchmarks.figures import figure, percentile, ratios, rounded


def test_a_figure_is_the_median_and_keeps_its_runs_in_order() -> None:
    found = figure([3, 1, 2], "ms", "three runs")
    assert found == {"median": 2, "runs": [3, 1, 2], "unit": "ms", "size": "three runs"}


def test_a_ratio_is_taken_round_by_round() -> None:
    slow_minute = [{"ours": 100.0, "stock": 10.0}, {"ours": 10.0, "stock": 1.0}]
    assert ratios(slow_minute, "ours", "stock") == [10, 10]


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = list(range(1, 101))
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100
    assert percentile([7.0], 99) == 7


def test_the_last_digits_are_noise() -> None:
    assert rounded(0.123456) == 0.1235
    assert rounded(12345.67) == 12350
    assert rounded(200_000) == 200_000
