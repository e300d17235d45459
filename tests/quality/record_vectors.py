"""Records getStats of real calls between two pages of a headless Chromium: `python -m tests.quality.record_vectors`; with `again` it derives the samples
of the recorded readings again.

Each vector is what one page read, less what a sampler never looks at, with the samples that our own derivation made of it when it was recorded. It keeps
server and SDK together and tells when a change of ours changes old numbers; that they are right is shown by the vectors made by hand, and by the
plausibility that `test_w3c.py` asks of these.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Page, async_playwright

from callwell.cli.browsers import FLAGS, chromium
from callwell.quality.w3c import Sampler

FOLDER = Path(__file__).parent / "vectors"
ORIGIN = "https://call.test/"
SECONDS = 25
INTERVAL_MS = 10_000

READ = {
    "inbound-rtp": """kind ssrc codecId trackIdentifier mid jitter packetsReceived retransmittedPacketsReceived packetsLost packetsDiscarded bytesReceived
        jitterBufferDelay jitterBufferEmittedCount concealedSamples silentConcealedSamples totalSamplesReceived framesReceived framesDecoded framesDropped
        framesPerSecond frameWidth frameHeight freezeCount totalFreezesDuration totalAudioEnergy totalSamplesDuration contentType""",
    "outbound-rtp": """kind ssrc codecId mediaSourceId mid active rid packetsSent bytesSent framesSent framesEncoded framesPerSecond frameWidth frameHeight
        targetBitrate qualityLimitationReason qualityLimitationDurations contentType""",
    "remote-inbound-rtp": "kind ssrc localId timestamp jitter packetsLost fractionLost roundTripTime totalRoundTripTime roundTripTimeMeasurements",
    "remote-outbound-rtp": "kind ssrc localId timestamp roundTripTime totalRoundTripTime roundTripTimeMeasurements",
    "media-source": "kind trackIdentifier framesPerSecond totalAudioEnergy totalSamplesDuration",
    "codec": "mimeType payloadType sdpFmtpLine",
    "candidate-pair": """state nominated bytesSent bytesReceived currentRoundTripTime totalRoundTripTime responsesReceived availableOutgoingBitrate""",
    "transport": "selectedCandidatePairId",
}

SETUP = """async ({red, codec}) => {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
    const pc = (window.pc = new RTCPeerConnection());
    window.media = media;
    for (const track of media.getTracks()) pc.addTrack(track, media);
    const prefer = (kind, first) => {
        const codecs = RTCRtpReceiver.getCapabilities(kind).codecs;
        const chosen = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === first);
        for (const transceiver of pc.getTransceivers()) {
            if (transceiver.receiver.track.kind === kind) transceiver.setCodecPreferences([...chosen, ...codecs.filter((one) => !chosen.includes(one))]);
        }
    };
    if (red) prefer("audio", "audio/red");
    if (codec) prefer("video", codec);
    pc.ontrack = ({ track, streams }) => {
        const element = document.createElement(track.kind);
        element.autoplay = true;
        element.srcObject = new MediaStream([track]);
        document.body.append(element);
    };
}"""
GATHERED = """await new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve());
});
return pc.localDescription.toJSON();"""
OFFER = f"async (restart) => {{ await pc.setLocalDescription(await pc.createOffer({{ iceRestart: restart }})); {GATHERED} }}"
ANSWER = f"async (offer) => {{ await pc.setRemoteDescription(offer); await pc.setLocalDescription(); {GATHERED} }}"
READING = "async () => ({ at_ms: Date.now(), stats: Object.fromEntries(await pc.getStats()) })"

Turn = Callable[[Page, Page, int], Awaitable[tuple[list[str], list[str]]]]
"""What happens at a second of the call; gives the kinds that are muted from then on, ours and theirs."""


async def negotiate(ours: Page, theirs: Page, restart: bool = False) -> None:
    answer = await theirs.evaluate(ANSWER, await ours.evaluate(OFFER, restart))
    await ours.evaluate("(answer) => pc.setRemoteDescription(answer)", answer)


async def mute_and_unmute(ours: Page, theirs: Page, second: int) -> tuple[list[str], list[str]]:
    if second == 11:
        await ours.evaluate("media.getAudioTracks()[0].enabled = false")
        await theirs.evaluate("pc.getSenders().find(({ track }) => track?.kind === 'video').replaceTrack(null)")
    return (["audio"], ["video"]) if second >= 11 else ([], [])


async def restart_and_throttle(ours: Page, theirs: Page, second: int) -> tuple[list[str], list[str]]:
    if second == 8:
        await negotiate(ours, theirs, restart=True)
    if second == 12:
        await theirs.evaluate("""async () => {
            const sender = pc.getSenders().find(({ track }) => track?.kind === "video");
            const parameters = sender.getParameters();
            parameters.encodings[0].maxBitrate = 60000;
            await sender.setParameters(parameters);
        }""")
    return [], []


CALLS: dict[str, tuple[str, dict[str, Any], Turn]] = {
    "chromium_mute": (
        "A call with opus and VP8. In second 11 our microphone is muted, which sends silence, and their camera is switched off.",
        {"red": False, "codec": None},
        mute_and_unmute,
    ),
    "chromium_red_restart": (
        "A call with redundant audio and VP9. In second 8 ICE is restarted; in second 12 their picture is throttled to 60 kbps.",
        {"red": True, "codec": "video/vp9"},
        restart_and_throttle,
    ),
}


async def record(name: str) -> None:
    why, setup, turn = CALLS[name]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        pages: list[Page] = []
        for _ in range(2):
            page = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
            await page.route(f"{ORIGIN}**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>A call</title>"))
            await page.goto(ORIGIN)
            await page.evaluate(SETUP, setup)
            pages.append(page)
        ours, theirs = pages
        raw: list[dict[str, Any]] = [{**await ours.evaluate(READING), "muted": [], "remote_muted": []}]
        await negotiate(ours, theirs)
        for second in range(SECONDS):
            muted, remote_muted = await turn(ours, theirs, second)
            raw.append({**await ours.evaluate(READING), "muted": muted, "remote_muted": remote_muted})
            await asyncio.sleep(1)
        await browser.close()
    save(name, f"Recorded from Chromium {browser.version}. {why}", [spare(reading) for reading in raw])


def spare(reading: dict[str, Any]) -> dict[str, Any]:
    """The reading without what no sampler looks at: no addresses, no certificates."""
    kept = {}
    for stats_id, one in reading["stats"].items():
        names = READ.get(one["type"], "").split()
        pruned = {name: one[name] for name in names if name in one}
        unused = (one["type"] == "candidate-pair" and not one.get("nominated")) or (one["type"] == "codec" and not pruned)
        if pruned and not unused:
            kept[stats_id] = {"type": one["type"], **pruned}
    used = {one.get("codecId") for one in kept.values()}
    reds = any(one.get("mimeType") == "audio/red" for stats_id, one in kept.items() if stats_id in used)
    for stats_id in [stats_id for stats_id, one in kept.items() if one["type"] == "codec"]:
        if stats_id not in used and not (reds and kept[stats_id]["mimeType"] == "audio/opus"):
            del kept[stats_id]
    return {**reading, "stats": kept}


def save(name: str, why: str, readings: list[dict[str, Any]]) -> None:
    """Writes a vector: of each reading only what is not as in the one before."""
    sampler, samples = Sampler(interval_ms=INTERVAL_MS), []
    written, before = [], {}
    for reading in readings:
        stats = reading["stats"]
        samples += sampler.read("pc", reading["at_ms"], stats, muted=reading["muted"], remote_muted=reading["remote_muted"])
        changed: dict[str, Any] = {stats_id: None for stats_id in before if stats_id not in stats}
        for stats_id, one in stats.items():
            was = before.get(stats_id, {})
            news = {member: one.get(member) for member in {**was, **one} if one.get(member) != was.get(member)}
            if news:
                changed[stats_id] = news
        written.append({key: value for key, value in {**reading, "pc": "pc", "stats": changed}.items() if value != []})
        before = stats
    samples += sampler.finish()
    vector = {"name": name, "why": why, "interval_ms": INTERVAL_MS, "changes_only": True}
    lines = [json.dumps(one, separators=(",", ":")) for one in written]
    expected = [msgspec.json.encode(one).decode() for one in samples]
    text = json.dumps(vector)[:-1] + ',\n"readings": [\n' + ",\n".join(lines) + '\n],\n"samples": [\n' + ",\n".join(expected) + "\n]}\n"
    (FOLDER / f"{name}.json").write_text(text)


def derive_again(name: str) -> None:
    vector = json.loads((FOLDER / f"{name}.json").read_text())
    readings = [{"muted": [], "remote_muted": [], **reading, "stats": stats} for reading, stats in whole(vector)]
    save(name, vector["why"], readings)


def whole(vector: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each reading of a vector with all of its stats."""
    before: dict[str, dict[str, Any]] = {}
    for reading in vector["readings"]:
        stats = reading["stats"]
        if vector.get("changes_only"):
            stats = {stats_id: one for stats_id, one in before.get(reading["pc"], {}).items() if stats_id not in stats or stats[stats_id] is not None}
            for stats_id, news in reading["stats"].items():
                if news is not None:
                    merged = {**stats.get(stats_id, {}), **news}
                    stats[stats_id] = {member: value for member, value in merged.items() if value is not None}
            before[reading["pc"]] = stats
        yield reading, stats


async def main() -> None:
    for name in CALLS:
        if "again" in sys.argv:
            derive_again(name)
        else:
            await record(name)


if __name__ == "__main__":
    asyncio.run(main())
