"""Histograms add up, and what they say is near to what was."""

from math import ceil
from struct import error
from time import perf_counter

import pytest
from hypothesis import given, strategies as st

from callwell.analytics import histograms
from callwell.analytics.histograms import SMALLEST, Histogram, bin_of, count, decode, encode, merged, percentiles, value_of

values = st.floats(min_value=0, max_value=1e9, allow_nan=False)
counts = st.dictionaries(st.integers(min_value=0, max_value=2000), st.integers(min_value=1, max_value=2**40), max_size=20)


def histogram_of(values: list[float]) -> Histogram:
    found: Histogram = {}
    for value in values:
        found[bin_of(value)] = found.get(bin_of(value), 0) + 1
    return found


@given(values)
def test_what_is_told_of_a_bin_is_within_two_percent(value: float) -> None:
    """Whatever its unit; what is next to nothing is nothing."""
    told = value_of(bin_of(value))

    assert told == pytest.approx(value, rel=0.02, abs=SMALLEST)


@given(st.lists(values, min_size=1), st.floats(min_value=0, max_value=1))
def test_percentiles_are_within_two_percent(values: list[float], share: float) -> None:
    """Of the value at that place, had all been kept and sorted."""
    exact = sorted(values)[max(1, ceil(share * len(values))) - 1]

    assert percentiles(encode(histogram_of(values)), [share]) == pytest.approx([exact], rel=0.02, abs=SMALLEST)


@given(st.lists(st.lists(values, min_size=1), min_size=1, max_size=5), st.lists(st.floats(min_value=0, max_value=1), max_size=4))
def test_percentiles_of_many_rows_are_those_of_all_their_values(rows: list[list[float]], shares: list[float]) -> None:
    """Whether they are laid behind one another or were added up."""
    together = encode(histogram_of([value for row in rows for value in row]))

    assert percentiles(b"".join(encode(histogram_of(row)) for row in rows), shares) == percentiles(together, shares)


def test_nothing_has_no_percentile() -> None:
    """Unknown is not 0."""
    assert percentiles(encode({}), [0.5]) is None


def test_a_share_of_all_is_the_greatest() -> None:
    """And of none the least."""
    assert percentiles(encode(histogram_of([1, 2, 1000])), [1, 0]) == pytest.approx([1000, 1], rel=0.02)


@given(counts)
def test_a_histogram_is_read_as_it_was_kept(histogram: Histogram) -> None:
    """Whatever the counts; one without values takes no room."""
    assert decode(encode(histogram)) == histogram
    assert count(decode(encode(histogram))) == sum(histogram.values())
    assert encode({}) == b""


@given(st.lists(st.lists(values)))
def test_histograms_add_up(parts: list[list[float]]) -> None:
    """Those of the parts are together that of the whole."""
    assert merged(encode(histogram_of(part)) for part in parts) == histogram_of([value for part in parts for value in part])


def test_what_was_never_put_on_cannot_be_kept() -> None:
    """Less than nothing in a bin is a mistake that is told at once."""
    with pytest.raises(error):
        encode({7: -1})


def test_the_greatest_value_has_a_bin() -> None:
    """There is no value that breaks the counting."""
    assert decode(encode({bin_of(1.7e308): 1})) == {bin_of(1.7e308): 1}
    assert bin_of(float("inf")) == histograms.LAST_BIN


def test_very_many_rows_are_merged_at_once() -> None:
    """As many as two years of hours have: in a small part of a second, of which a busy machine may make some."""
    rows = [encode(dict.fromkeys(range(row % 5, 250, 30), 1 + row % 7)) for row in range(20_000)]

    began = perf_counter()
    together = merged(rows)

    assert count(together) == sum(count(decode(row)) for row in rows)
    assert perf_counter() - began < 5
