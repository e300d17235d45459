"""Chrome's statistics from before there was a standard, in the standard's words. Pure.

The callback form of ``getStats`` gave reports of the types ``ssrc``, ``googCandidatePair`` and ``VideoBwe``, with every value as text; Chrome had it
until 117, and clients of the protocol ``3.x_LEGACY`` send it. Times in it are milliseconds, in the standard seconds.
"""

from collections.abc import Mapping
from typing import Any

_COUNTED = (
    "packetsReceived", "packetsSent", "packetsLost", "bytesReceived", "bytesSent", "framesDecoded", "framesEncoded",
    "totalAudioEnergy", "totalSamplesDuration",
)  # fmt: skip
_KINDS = ("audio", "video")

_Report = Mapping[str, Any]


def in_standard_words(stats: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same reports; those of the old types as the standard ones that they stand for."""
    old = {name: one for name, one in stats.items() if isinstance(one, dict) and one.get("type") in ("ssrc", "googCandidatePair", "VideoBwe")}
    if not old:
        return stats
    available = next((_number(one, "googAvailableSendBandwidth") for one in old.values() if one["type"] == "VideoBwe"), None)
    reports: dict[str, Any] = {}
    for name, one in old.items():
        if one["type"] == "googCandidatePair":
            reports[name] = _pair(one, available)
        elif one["type"] == "ssrc" and one.get("mediaType") in _KINDS:
            reports |= _stream(name, one)
    return reports


def _pair(one: _Report, available: float | None) -> _Report:
    is_active = one.get("googActiveConnection") == "true"
    return _said(
        type="candidate-pair",
        timestamp=one.get("timestamp"),
        state="succeeded" if is_active else "waiting",
        nominated=is_active,
        selected=is_active,
        currentRoundTripTime=_seconds(one, "googRtt"),
        availableOutgoingBitrate=available if is_active else None,
        bytesReceived=_number(one, "bytesReceived"),
        bytesSent=_number(one, "bytesSent"),
    )


def _stream(name: str, one: _Report) -> dict[str, _Report]:
    kind = one["mediaType"]
    is_sent = "packetsSent" in one
    counted = {field: _number(one, field) for field in _COUNTED if field in one}
    codec = one.get("googCodecName")
    shared: dict[str, Any] = {
        "timestamp": one.get("timestamp"), "kind": kind, "ssrc": _number(one, "ssrc"), "codecId": f"{name}_codec" if codec else None,
        "trackIdentifier": one.get("googTrackId"),
    }  # fmt: skip
    reports: dict[str, _Report] = {}
    if codec:
        reports[f"{name}_codec"] = {"type": "codec", "mimeType": f"{kind}/{codec}"}
    if not is_sent:
        reports[name] = _said(
            type="inbound-rtp",
            jitter=_seconds(one, "googJitterReceived"),
            frameWidth=_number(one, "googFrameWidthReceived"),
            frameHeight=_number(one, "googFrameHeightReceived"),
            framesPerSecond=_number(one, "googFrameRateReceived"),
            **shared,
            **counted,
        )
        return reports
    lost = counted.pop("packetsLost", None)
    energy, length = counted.pop("totalAudioEnergy", None), counted.pop("totalSamplesDuration", None)
    limits = [
        word for word, field in (("cpu", "googCpuLimitedResolution"), ("bandwidth", "googBandwidthLimitedResolution")) if one.get(field) == "true"
    ]
    reports[name] = _said(
        type="outbound-rtp",
        mediaSourceId=f"{name}_source",
        frameWidth=_number(one, "googFrameWidthSent"),
        frameHeight=_number(one, "googFrameHeightSent"),
        framesPerSecond=_number(one, "googFrameRateSent"),
        qualityLimitationReason=limits[0] if limits else "none" if kind == "video" else None,
        **shared,
        **counted,
    )
    reports[f"{name}_source"] = _said(
        type="media-source",
        timestamp=one.get("timestamp"),
        kind=kind,
        trackIdentifier=one.get("googTrackId"),
        framesPerSecond=_number(one, "googFrameRateInput"),
        totalAudioEnergy=energy,
        totalSamplesDuration=length,
    )
    reports[f"{name}_remote"] = _said(
        type="remote-inbound-rtp",
        timestamp=one.get("timestamp"),
        localId=name,
        kind=kind,
        ssrc=shared["ssrc"],
        packetsLost=lost,
        roundTripTime=_seconds(one, "googRtt") or None,
        jitter=_seconds(one, "googJitterReceived") if kind == "audio" else None,
    )
    return reports


def _said(**fields: Any) -> _Report:
    return {name: value for name, value in fields.items() if value is not None}


def _seconds(one: _Report, field: str) -> float | None:
    milliseconds = _number(one, field)
    return None if milliseconds is None else milliseconds / 1000


def _number(one: _Report, field: str) -> float | None:
    """What a text says as a number; what is not said, or less than nothing, is unknown."""
    value = one.get(field)
    if not isinstance(value, str | int | float) or isinstance(value, bool) or len(str(value)) > 30:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < 2**53 else None
