"""What Chrome exports from ``chrome://webrtc-internals``, as sessions: one for each page that held peer connections.

The export has for each peer connection a log of what happened to it, and every number that ``getStats`` gave as a series over time. Chrome of today gives
times in milliseconds; older ones gave the local time of day in words, without saying where. The series say it in UTC, and zones differ by quarters of an
hour, so that the two can be brought together.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from callwell import ids
from callwell.engines.rtcstats.dumps import Entry
from callwell.engines.rtcstats.telling import Engine

WEBRTC_INTERNALS = Engine("webrtc-internals", "external", "p2p")
MOST_BYTES = 256 << 20
MOST_POINTS = 20_000_000
"""Numbers of all series together."""
MOST_CONNECTIONS = 500

_QUARTER_MS = 15 * 60_000
_LOCAL_TIMES = ("%m/%d/%Y, %I:%M:%S %p", "%m/%d/%Y, %H:%M:%S", "%d/%m/%Y, %H:%M:%S", "%d.%m.%Y, %H:%M:%S", "%Y-%m-%d, %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_STATES = {"iceconnectionstatechange": "oniceconnectionstatechange", "connectionstatechange": "onconnectionstatechange"}


class NotAnExport(ValueError):
    """The file is no export of webrtc-internals."""


class Page(Struct):
    """A page's session, by what is exported of it."""

    session: str
    entries: list[tuple[int, Entry]]


class Export:
    """One export."""

    def __init__(self, raw: bytes) -> None:
        """Raises NotAnExport."""
        if len(raw) > MOST_BYTES:
            raise NotAnExport(f"it is larger than {MOST_BYTES >> 20} MiB")
        try:
            content = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as why:
            raise NotAnExport("it is not JSON") from why
        connections = content.get("PeerConnections") if isinstance(content, dict) else None
        if not isinstance(connections, dict):
            raise NotAnExport("it is not an export of webrtc-internals")
        self.skipped: Counter[str] = Counter()
        """What could not be used, by reason."""
        self._agent = content.get("UserAgent")
        self._asked = content.get("getUserMedia")
        self._points = 0
        self.pages = self._pages(connections)

    def _pages(self, connections: Mapping[str, Any]) -> list[Page]:
        of_page: dict[tuple[str, str], list[tuple[float, Entry]]] = {}
        for name, connection in connections.items():
            if not isinstance(connection, dict) or len(of_page) >= MOST_CONNECTIONS:
                self.skipped["not_a_connection"] += 1
                continue
            entries = list(self._of_connection(str(name)[:200], connection))
            if not entries:
                self.skipped["empty_connection"] += 1
                continue
            process = str(name).partition("-")[0][:50]
            of_page.setdefault((process, str(connection.get("url") or "")[:1000]), []).extend(entries)
        return [self._page(process, url, entries) for (process, url), entries in of_page.items()]

    def _page(self, process: str, url: str, entries: list[tuple[float, Entry]]) -> Page:
        began = min(at for at, _ in entries)
        session = str(ids.derived_id("webrtc-internals", process, url, round(began), self._agent))
        entries += self._failures(process, began)
        entries.sort(key=lambda pair: pair[0])
        # Whose it is, an export does not say; the page stands for the person, and for the call.
        address = urlsplit(url) if "[" not in url else None
        place = f"{address.netloc}{address.path}"[:180] if address and address.netloc else None
        identity = {"meetingUniqueId": session, "deviceId": session, "confName": place}
        first = [_entry("connectionInfo", None, {"userAgent": self._agent}, began), _entry("identity", None, identity, began)]
        return Page(session, list(_numbered(began, [*first, *(entry for _, entry in entries)])))

    def _failures(self, process: str, began: float) -> Iterator[tuple[float, Entry]]:
        """Cameras and microphones that could not be had."""
        for asked in self._asked if isinstance(self._asked, list) else ():
            if not isinstance(asked, dict) or not isinstance(asked.get("error"), str):
                continue
            # Peer connections are called after their page's frame; in old exports, after its process.
            if process not in (str(asked.get("rid")), str(asked.get("pid"))):
                continue
            at = _number(asked.get("timestamp")) or began
            what = "getDisplayMedia" if asked.get("request_type") == "getDisplayMedia" else "getUserMedia"
            yield at, _entry(f"{what}OnFailure", None, asked["error"].partition(":")[0], at)

    # ── One peer connection ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _of_connection(self, name: str, connection: Mapping[str, Any]) -> Iterator[tuple[float, Entry]]:
        readings = self._readings(connection.get("stats"))
        log = connection.get("updateLog")
        updates = [update for update in log if isinstance(update, dict)] if isinstance(log, list) else []
        times = _times_of(updates, readings[0][0] if readings else None)
        known = [at for at in times if at is not None]
        if not known and not readings:
            return
        at = known[0] if known else readings[0][0]
        yield at, _entry("create", name, None, at)
        for update, told_at in zip(updates, times, strict=True):
            at = told_at if told_at is not None else at
            if (entry := _update(name, update, at)) is not None:
                yield at, entry
        for at, stats in readings:
            yield at, _entry("getStats", name, stats, at)

    def _readings(self, series: Any) -> list[tuple[float, dict[str, dict[str, Any]]]]:
        """The series as they were measured: one getStats after the other."""
        objects: dict[str, dict[str, tuple[list[Any], float, float]]] = {}
        kinds: dict[str, str] = {}
        for name, one in series.items() if isinstance(series, dict) else ():
            id, _, field = str(name).rpartition("-")
            if not id or field.startswith("[") or not isinstance(one, dict):
                continue
            values, start, end = _values(one.get("values")), _moment(one.get("startTime")), _moment(one.get("endTime"))
            if values is None or start is None or end is None or end < start:
                self.skipped["bad_series"] += 1
                continue
            self._points += len(values)
            if self._points > MOST_POINTS:
                self.skipped["too_many_numbers"] += 1
                continue
            objects.setdefault(id[:200], {})[field] = (values, start, end)
            if isinstance(kind := one.get("statsType"), str):
                kinds[id[:200]] = kind
        ticks = _ticks(objects)
        readings: list[tuple[float, dict[str, dict[str, Any]]]] = [(at, {}) for at in ticks]
        for id, fields in objects.items():
            for field, (values, start, end) in fields.items():
                for at, value in zip(_spread(start, end, len(values)), values, strict=True):
                    report = readings[_nearest(ticks, at)][1].setdefault(id, {"type": kinds.get(id)})
                    report[field] = value
        return [(at, reports) for at, reports in readings if reports]


def _numbered(began: float, entries: list[Entry]) -> Iterator[tuple[int, Entry]]:
    """Numbers by the time since the page began, so that an export made later, which may lack the beginning, numbers what both have alike."""
    before, place = -1, 0
    for entry in entries:
        since = max(0, (entry.at_ms or 0) - int(began))
        place = place + 1 if since == before else 0
        before = since
        yield since * 10_000 + min(place, 9_999), entry


def _ticks(objects: Mapping[str, Mapping[str, tuple[list[Any], float, float]]]) -> list[float]:
    """When was measured: as the objects' own times say that were there for longest, else spread evenly over their time."""
    longest = max((one for fields in objects.values() for one in fields.values()), key=lambda one: len(one[0]), default=None)
    if longest is None:
        return []
    for fields in objects.values():
        values, _, _ = fields.get("timestamp", ([], 0.0, 0.0))
        times = [at for value in values if (at := _number(value)) is not None]
        if len(times) == len(values) == len(longest[0]) and times == sorted(set(times)) and times[0] > 0:
            return times
    return _spread(longest[1], longest[2], len(longest[0]))


def _spread(start: float, end: float, count: int) -> list[float]:
    step = (end - start) / (count - 1) if count > 1 else 0.0
    return [start + step * place for place in range(count)]


def _nearest(ticks: list[float], at: float) -> int:
    place = bisect_left(ticks, at)
    if place == len(ticks) or (place > 0 and at - ticks[place - 1] < ticks[place] - at):
        place -= 1
    return place


def _times_of(updates: list[dict[str, Any]], measured_from: float | None) -> list[float | None]:
    """When each update was. What is said before the first time that is known has that one's."""
    times = [_number(update.get("timestamp")) for update in updates]
    if not any(times):
        local = [_local_time(update.get("time")) for update in updates]
        first = next((at for at in local if at is not None), None)
        if first is not None and measured_from is not None:
            zone = round((measured_from - first) / _QUARTER_MS) * _QUARTER_MS
            times = [None if at is None else at + zone for at in local]
    known = next((at for at in times if at is not None), None)
    for place, at in enumerate(times):
        if at is not None or known is None:
            break
        times[place] = known
    return times


def _update(name: str, update: Mapping[str, Any], at: float) -> Entry | None:
    """An update as the entry that a client of rtcstats would have sent; None of what tells nothing."""
    kind, value = update.get("type"), update.get("value")
    if not isinstance(kind, str) or not isinstance(value, str | None):
        return None
    word = kind.lower().removeprefix("on")
    if word in _STATES:
        return _entry(_STATES[word], name, (value or "").strip('"').lower().removeprefix("iceconnectionstate"), at)
    if word in ("close", "stop"):
        return _entry("close", name, None, at)
    if word in ("addtrack", "removetrack") and value:
        try:
            track = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError):
            return None
        if isinstance(track, dict) and track.get("kind") in ("audio", "video"):
            return _entry("addTrack" if word == "addtrack" else "removeTrack", name, f"{track['kind']}:{track.get('id')}", at)
        return None
    if word.endswith("onfailure"):
        return _entry(kind[:100], name, value, at)
    return None


def _entry(kind: str, pc: str | None, value: Any, at: float) -> Entry:
    return Entry(kind, pc, value, int(at), 0, 0)


def _values(values: Any) -> list[Any] | None:
    if isinstance(values, str):
        try:
            values = msgspec.json.decode(values)
        except (msgspec.MsgspecError, RecursionError):
            return None
    return values if isinstance(values, list) and values else None


def _moment(text: Any) -> float | None:
    """Milliseconds since 1970 of a time in words."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000


def _local_time(text: Any) -> float | None:
    """Milliseconds since 1970 if the clock on that wall showed UTC."""
    if not isinstance(text, str):
        return None
    plain = text.replace("\u202f", " ").replace("\u200e", "").strip()[:40]
    for form in _LOCAL_TIMES:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC).timestamp() * 1000
        except ValueError:
            continue
    return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**53 else None
