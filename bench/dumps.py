"""Dumps of rtcstats clients, in megabytes a second on one core, over what orjson alone needs to parse the same lines.

The dumps are those of the tests, of Chrome, Firefox and Safari, from person to person and over a server, read over and over. *Read* makes of every
`getStats` the whole of it; *features* are those that a public server finds in a dump; *translated* is all that an import does without a database:
facts, and samples of every ten seconds.
"""

import gzip
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from bench.figures import begin, median, ratio, show, spread, tidy
from callwell.engines.rtcstats.dumps import Entry, read_dump
from callwell.engines.rtcstats.features import features
from callwell.engines.rtcstats.translate import Translator

DUMPS = Path(__file__).parent.parent / "tests" / "engines" / "rtcstats" / "vectors"
ROUNDS = 11
TIMES = 6
"""Each dump is so often in what is read."""

Lines = list[bytes]


def main() -> None:
    dumps = [gzip.decompress(path.read_bytes()).splitlines(keepends=True) for path in sorted(DUMPS.glob("*.dump.gz"))]
    assert dumps, f"there are no dumps in {DUMPS}"
    megabytes = TIMES * sum(len(line) for dump in dumps for line in dump) / 1e6
    begin(f"Dumps: {TIMES} times the {len(dumps)} of the tests, {megabytes:.1f} MB, over parsing their lines by orjson")
    ways: dict[str, Callable[[Lines], object]] = {"parsed": _parse, "read": _read, "shown": _show, "translated": _translate}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1 + ROUNDS):
        for name, way in ways.items():
            tidy()
            took = _seconds(way, dumps)
            if number:  # the first warms up
                rates[name].append(megabytes / took)
    show("orjson", "1", "", f"{median(rates['parsed']):.0f} MB/s")
    titles = (
        ("read", "read, each getStats whole", "0.3"),
        ("shown", "read, with features", ""),
        ("translated", "read and translated, with samples", ""),
    )
    for name, title, target in titles:
        rounds = [a / b for a, b in zip(rates[name], rates["parsed"], strict=True)]
        show(title, f"{ratio(rates[name], rates['parsed']):.2f}", target, f"{median(rates[name]):.0f} MB/s, {spread(rounds)}")


def _seconds(way: Callable[[Lines], object], dumps: Sequence[Lines]) -> float:
    begun = time.process_time()
    for _ in range(TIMES):
        for dump in dumps:
            way(dump)
    return time.process_time() - begun


def _parse(dump: Lines) -> None:
    for line in dump:
        if line.strip():
            orjson.loads(line)


def _read(dump: Lines) -> None:
    read = sum(1 for entry in read_dump(dump) if isinstance(entry, Entry))
    assert read, dump[0]


def _show(dump: Lines) -> None:
    assert features(read_dump(dump)), dump[0]


def _translate(dump: Lines) -> None:
    latest = datetime.now(UTC)
    translator = Translator("bench")
    samples = 0
    for index, entry in enumerate(read_dump(dump), 1):
        if isinstance(entry, Entry):
            samples += len(translator.read(entry, index, latest).samples)
    samples += len(translator.finish().samples)
    assert samples, dump[0]


if __name__ == "__main__":
    main()
