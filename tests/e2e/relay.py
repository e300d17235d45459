"""A relay through which the media of two pages goes: what one sends to the other can be lost, late or held back, each way by itself.

Each page knows the other only at the relay's addresses: for every address that a page is told of the relay opens a port in its place. What comes
there from an address of the other side is passed on from the port that stands for that one, so that both see one path and no way around it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any

from playwright.async_api import BrowserContext

Address = tuple[str, int]

MOST_WAITING_SECONDS = 0.3
"""What would have to wait longer for a link that is full is lost, as in a router's queue."""

REWRITE = """
(() => {
  const instead = async (candidate) => {
    const words = candidate.split(" ");
    if (words.length < 8 || words[2].toLowerCase() !== "udp") return null;
    [words[4], words[5]] = await window.relayed(words[4], Number(words[5]));
    return words.join(" ");
  };
  const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addIceCandidate = async function (given) {
    if (!given?.candidate) return addIceCandidate.call(this, given);
    const candidate = await instead(given.candidate);
    const { sdpMid, sdpMLineIndex, usernameFragment } = given;
    if (candidate) await addIceCandidate.call(this, { candidate, sdpMid, sdpMLineIndex, usernameFragment });
  };
  RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
    if (!sdp.includes("a=candidate:")) return setRemoteDescription.call(this, { type, sdp });
    const lines = [];
    for (const line of sdp.split("\\r\\n")) {
      const candidate = line.startsWith("a=candidate:") ? await instead(line.slice(2)) : line.slice(2);
      if (candidate !== null) lines.push(line.slice(0, 2) + candidate);
    }
    return setRemoteDescription.call(this, { type, sdp: lines.join("\\r\\n") });
  };
})();
"""
"""In a page: whoever it is told of is at the relay. What is not UDP is no way."""


@dataclass
class Way:
    """What one side sends to the other. May be changed while it is used."""

    random: Random
    loss: float = 0.0
    """Share of the packets that do not arrive."""
    delay_seconds: float = 0.0
    kbps: float | None = None
    """No more than this gets through."""
    passed: int = 0
    lost: int = 0
    _free_at: float = 0.0

    def wait(self, size: int, now: float) -> float | None:
        """How long a packet is on its way; None if it is lost."""
        if self.random.random() < self.loss:
            self.lost += 1
            return None
        queued = 0.0
        if self.kbps is not None:
            queued = max(0.0, self._free_at - now)
            if queued > MOST_WAITING_SECONDS:
                self.lost += 1
                return None
            queued += size * 8 / 1000 / self.kbps
            self._free_at = now + queued
        self.passed += 1
        return queued + self.delay_seconds


class Relay:
    """Between two sides, told apart by their names."""

    def __init__(self, one: str, other: str, *, seed: int = 1) -> None:
        self.ways = {side: Way(Random(f"{seed} {side}")) for side in (one, other)}
        """What each side sends."""
        self._other = {one: other, other: one}
        self._owner: dict[Address, str] = {}
        self._stands_for: dict[Address, _StandIn] = {}
        self._opening = asyncio.Lock()

    async def lead(self, context: BrowserContext, side: str) -> None:
        """All that pages of this context know of the other side is the relay. Before the first page is opened."""

        async def relayed(_: Any, host: str, port: int) -> Address:
            return await self._stand_in(self._other[side], (host, port))

        await context.expose_binding("relayed", relayed)
        await context.add_init_script(REWRITE)

    def close(self) -> None:
        for stand_in in self._stands_for.values():
            stand_in.transport.close()

    async def _stand_in(self, owner: str, address: Address) -> Address:
        """Where to find, in its place, who has that address. It is one of this machine, where nothing else could be bound."""
        async with self._opening:
            if address not in self._stands_for:
                loop = asyncio.get_running_loop()
                self._owner[address] = owner
                _, self._stands_for[address] = await loop.create_datagram_endpoint(lambda: _StandIn(self, address), local_addr=(address[0], 0))
            host, port = self._stands_for[address].transport.get_extra_info("sockname")[:2]
            return host, port

    def carry(self, packet: bytes, source: Address, target: Address) -> None:
        """Passes on what came from the one to who stands for the other. From an address nobody was told of yet nothing is taken."""
        stand_in = self._stands_for.get(source)
        if stand_in is None or self._owner[source] == self._owner[target]:
            return
        loop = asyncio.get_running_loop()
        wait = self.ways[self._owner[source]].wait(len(packet), loop.time())
        if wait is None:
            return
        if wait:
            loop.call_later(wait, stand_in.send, packet, target)
        else:
            stand_in.send(packet, target)


class _StandIn(asyncio.DatagramProtocol):
    """A port in the place of an address."""

    def __init__(self, relay: Relay, address: Address) -> None:
        self._relay = relay
        self._address = address
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._relay.carry(data, (addr[0], addr[1]), self._address)

    def error_received(self, exc: Exception) -> None:
        """A port that was closed meanwhile: nobody is there any more."""

    def send(self, packet: bytes, target: Address) -> None:
        if not self.transport.is_closing():
            self.transport.sendto(packet, target)


@contextlib.asynccontextmanager
async def relay_between(one: str, other: str) -> AsyncIterator[Relay]:
    relay = Relay(one, other)
    try:
        yield relay
    finally:
        relay.close()
