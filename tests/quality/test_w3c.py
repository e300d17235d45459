"""getStats readings to samples: what each figure is, of every engine, and of readings that are none."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from callwell.quality.samples import Measured
from callwell.quality.w3c import Sampler
from tests.quality.record_vectors import FOLDER, whole

VECTORS = sorted(FOLDER.glob("*.json"))


def derive(vector: dict[str, Any]) -> list[Measured]:
    sampler, samples = Sampler(interval_ms=vector["interval_ms"]), []
    for reading, stats in whole(vector):
        hints = {name: reading.get(name, []) for name in ("muted", "remote_muted", "screen")}
        samples += sampler.read(reading["pc"], reading["at_ms"], stats, **hints)
    return samples + sampler.finish()


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_samples_are_those_of_the_vector(path: Path):
    """The vectors are shared with the SDK: both derive the same numbers from the same readings, and every sample fits the wire."""
    vector = json.loads(path.read_text())
    samples = derive(vector)
    assert [msgspec.to_builtins(one) for one in samples] == [msgspec.to_builtins(msgspec.convert(one, Measured)) for one in vector["samples"]]
