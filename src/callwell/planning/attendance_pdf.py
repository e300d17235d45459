"""Attendance on paper: what was found, by which rules, and a page for the signatures of both sides."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

from callwell.planning.attendance import Attendance, AttendedPerson, Length, Modality, Part
from callwell.record.shown import Interval

_WORDS = {"audio_and_video": "audio and video", "audio_only": "audio only", "video_only": "video only"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
MOST_ROWS = 200
"""Rows of one table; what is left out is said, and the other forms have it."""

_INK, _PALE = (33, 37, 41), (134, 142, 150)


def to_pdf(told: Attendance) -> bytes:
    """The pages. A character that no font here has is written as its number, `[U+7530]`, rather than left out."""
    text = _Text(_words(told))
    pdf = _Pages(told, text)
    pdf.add_page()
    _summary(pdf, told)
    _calls(pdf, told)
    _overlap(pdf, told)
    for person in told.people:
        _person(pdf, person)
    _rules(pdf, told)
    _signatures(pdf, told)
    return bytes(pdf.output())


# ── Fonts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _fonts() -> Mapping[str, Path]:
    """Noto Sans first, then its sisters for other scripts, by name; Chinese, Japanese and Korean where `callwell[cjk]` is installed."""
    folder = Path(str(files("manimgx_fonts")))
    found = sorted(folder.glob("NotoSans*.ttf"), key=lambda path: (not path.name.startswith("NotoSans["), path.name))
    fonts = {path.name.partition("[")[0]: path for path in found if "Italic" not in path.name}
    if find_spec("noto_cjk_sans_jp_regular") is not None:
        fonts["NotoSansCJK"] = Path(str(files("noto_cjk_sans_jp_regular"))) / "NotoSansCJKjp-Regular.otf"
    return fonts


@cache
def _characters_of(font: str) -> frozenset[int]:
    with TTFont(_fonts()[font], lazy=True) as opened:
        return frozenset(opened.getBestCmap() or ())


class _Text:
    """What is written, with the fonts that it takes and no more: each is some hundred kilobytes to read."""

    def __init__(self, words: Iterable[str]) -> None:
        missing = {ord(character) for word in words for character in _CONTROL.sub(" ", word)}
        self.fonts: list[str] = []
        for font in _fonts():
            if not self.fonts or missing & _characters_of(font):
                self.fonts.append(font)
                missing -= _characters_of(font)
            if not missing:
                break
        self._missing = missing

    def printable(self, word: str) -> str:
        return "".join(f"[U+{ord(one):04X}]" if ord(one) in self._missing else one for one in _CONTROL.sub(" ", word))


def _words(told: Attendance) -> Iterator[str]:
    """Whatever others wrote."""
    for person in told.people:
        yield from (person.display_name or "", person.identity or "")
    for call in told.calls:
        yield call.end_reason or ""
    yield from told.rounding.values()


# ── Pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Pages(FPDF):
    def __init__(self, told: Attendance, text: _Text) -> None:
        super().__init__(format="A4")
        self._told = told
        self._text = text
        for font in text.fonts:
            self.add_font(font, fname=_fonts()[font])
        self.set_fallback_fonts(text.fonts[1:])
        self.set_text_shaping(use_shaping_engine=True)
        self.set_title(f"Attendance {told.appointment_id}")
        self.set_creator("Callwell")
        self.set_creation_date(told.generated_at)
        self.set_lang("en")
        self.set_margins(18, 16)
        self.set_auto_page_break(auto=True, margin=18)

    def footer(self) -> None:
        self.set_y(-14)
        self.say(8, _PALE)
        self.cell(0, 5, f"Appointment {self._told.appointment_id}", align="L")
        self.set_x(self.l_margin)
        self.cell(0, 5, f"Made {_time(self._told.generated_at)}, page {self.page_no()} of {{nb}}", align="R")

    def say(self, size: float, ink: tuple[int, int, int] = _INK) -> None:
        self.set_font(self._text.fonts[0], size=size)
        self.set_text_color(*ink)

    def heading(self, words: str, size: float = 13) -> None:
        if self.will_page_break(28):
            self.add_page()
        self.ln(4)
        self.say(size)
        self.multi_cell(0, size * 0.55, self._text.printable(words), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def sentence(self, words: str) -> None:
        self.say(9, _PALE)
        self.multi_cell(0, 4.6, self._text.printable(words), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)

    def rows(self, header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        self.say(8)
        self.set_draw_color(*_PALE)
        lines = TableBordersLayout.HORIZONTAL_LINES
        with self.table(col_widths=tuple(widths), borders_layout=lines, line_height=4.6, text_align="LEFT", first_row_as_headings=False) as table:
            for cells in (header, *rows[:MOST_ROWS]):
                row = table.row()
                for cell in cells:
                    row.cell(self._text.printable(cell))
        if left_out := len(rows[MOST_ROWS:]):
            self.sentence(f"And {left_out} more, which the same attendance as JSON or CSV has.")


def _summary(pdf: _Pages, told: Attendance) -> None:
    pdf.heading("Attendance", 20)
    pdf.sentence("Times are UTC. What lengths are rounded to is said where they stand, and by which rule at the end.")
    absent = {"client": "the client did not come", "provider": "the provider did not come", "both": "neither side met the other"}
    status = told.status.replace("_", " ") + (f": {absent[told.no_show]}" if told.no_show else "")
    rows = [
        ("Planned", f"{_time(told.scheduled_at)} to {_time(told.ends_at)}, {told.duration_minutes} minutes"),
        ("Status", status),
        ("Record", {"live": "a call goes on", None: "no calls"}.get(told.record_state, told.record_state or "")),
        ("Calls went on for", _length(told.elapsed)),
        ("Both sides together", _length(told.overlap.length)),
        ("of that claimed alone", _length(told.overlap.claimed)),
    ]
    if told.calls_removed:
        kept = told.kept
        sums = (kept.overlap_seconds, kept.attended_client_seconds, kept.attended_provider_seconds)
        both, client, provider = (_seconds(seconds) for seconds in sums)
        came_to = f"all came to {both} of both sides together, {client} of the client and {provider} of the provider"
        rows.append(("Calls removed", f"{told.calls_removed} of {kept.call_count}; {came_to}"))
    pdf.rows(("", ""), rows, (30, 100))
    people = [
        (
            person.display_name or person.identity or "somebody",
            person.side or "",
            _time(person.arrived_at),
            _time(person.left_at),
            _seconds(person.attended.seconds),
            _seconds(person.late.seconds) if person.late else "",
            _seconds(person.left_early.seconds) if person.left_early else "",
        )
        for person in told.people
    ]
    pdf.ln(3)
    pdf.rows(("Who", "Side", "Came", "Left", "Connected", "Late", "Left early"), people, (40, 16, 26, 26, 22, 20, 20))


def _calls(pdf: _Pages, told: Attendance) -> None:
    if told.calls:
        pdf.heading("Calls")
        rows = [
            (str(call.id), f"{call.record_state}, version {call.version}", _time(call.started_at), _time(call.ended_at), _length(call.elapsed))
            for call in told.calls
        ]
        pdf.rows(("Call", "Record", "Began", "Ended", "Went on for"), rows, (60, 26, 26, 26, 30))


def _overlap(pdf: _Pages, told: Attendance) -> None:
    if told.overlap.intervals:
        pdf.heading("Both sides together")
        rows = [*_of_intervals("together", told.overlap.intervals), *_of_modality(told.overlap.modality)]
        pdf.rows(("", "From", "To"), rows, (40, 60, 60))


def _person(pdf: _Pages, one: AttendedPerson) -> None:
    pdf.heading(" · ".join(word for word in (one.display_name or one.identity or "Somebody", one.side, one.identity) if word))
    if one.arrived_at is None:
        pdf.sentence("Did not come.")
        return
    evidence = one.evidence
    pdf.sentence(
        f"Connected for {_length(one.attended)}: shown by the engine {_seconds(evidence.engine_seconds)}, by an open socket "
        f"{_seconds(evidence.socket_seconds)}, claimed alone {_seconds(evidence.claimed_seconds)}. Waited for {_length(one.waited.length)}."
        + (f" Came late by {_length(one.late)}." if one.late and one.late.seconds else "")
        + (f" Left early by {_length(one.left_early)}." if one.left_early and one.left_early.seconds else "")
    )
    rows = [
        *_of_part("there", one.there),
        *((f"connected ({interval.evidence})", _time(interval.start), _time(interval.end)) for interval in one.intervals),
        *_of_part("waited", one.waited),
        *_of_modality(one.modality),
        *(
            row
            for connection in one.connections
            for row in _of_intervals(
                "device: " + (", ".join(word for word in (connection.device_type, connection.os, connection.browser) if word) or "unknown"),
                connection.connected,
            )
        ),
    ]
    pdf.rows(("", "From", "To"), rows, (70, 45, 45))


def _rules(pdf: _Pages, told: Attendance) -> None:
    pdf.heading("Rules")
    pdf.rows(("Rule", "What it does"), list(told.rounding.items()), (30, 100))
    pdf.sentence(
        "Together is whatever time somebody of each side was connected to one call. Waited is whatever time somebody was there and nobody of the other was."
    )


def _signatures(pdf: _Pages, told: Attendance) -> None:
    pdf.add_page()
    pdf.heading("Signatures", 20)
    pdf.sentence(
        f"Appointment {told.appointment_id}, {_time(told.scheduled_at)}, {told.duration_minutes} minutes planned. "
        f"Both sides together: {_length(told.overlap.length)}."
    )
    for side in ("client", "provider"):
        for person in (one for one in told.people if one.is_booked and one.side == side):
            if pdf.will_page_break(52):
                pdf.add_page()
            pdf.heading(f"{side.capitalize()}: {person.display_name or person.identity or ''}")
            pdf.ln(18)
            pdf.set_draw_color(*_PALE)
            y = pdf.get_y()
            pdf.line(pdf.l_margin, y, pdf.l_margin + 95, y)
            pdf.line(pdf.l_margin + 110, y, pdf.l_margin + 165, y)
            pdf.say(8, _PALE)
            pdf.cell(110, 5, "Signature")
            pdf.cell(0, 5, "Date", new_x="LMARGIN", new_y="NEXT")


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_part(what: str, part: Part) -> list[tuple[str, str, str]]:
    return _of_intervals(what, part.intervals)


def _of_intervals(what: str, intervals: Iterable[Interval]) -> list[tuple[str, str, str]]:
    return [(what, _time(one.start), _time(one.end)) for one in intervals]


def _of_modality(modality: Modality) -> list[tuple[str, str, str]]:
    parts: list[tuple[str, Any]] = [(kind, getattr(modality, kind)) for kind in Modality.__struct_fields__]
    words = {"neither": "microphone and camera off", "unknown": "by unknown means", **_WORDS}
    return [row for kind, part in parts for row in _of_part(words[kind], part)]


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def _length(length: Length | None) -> str:
    if length is None:
        return ""
    return f"{length.seconds:.3f} s ({length.minutes_floor} min, nearest {length.minutes_nearest})"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f} s"
