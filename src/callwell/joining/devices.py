"""What somebody joins with: browser, system and kind of device, by what their browser says of itself. Pure.

Client hints (``Sec-CH-UA*``) come first where they are sent, since Chromium's ``User-Agent`` is frozen: there every Windows is 10, every macOS
10.15.7, every Android 10. (https://wicg.github.io/ua-client-hints/)
"""

import re
from collections.abc import Mapping

import ua_parser

from callwell.record.events import Device, DeviceType

HINTS = ("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-ch-ua-platform-version")
"""The headers looked at beside ``User-Agent``."""

_LENGTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_BRAND = re.compile(r'"((?:[^"\\]|\\.)*)"\s*;\s*v="([^"]*)"')
_BOT = re.compile(r"bot\b|crawler|spider", re.IGNORECASE)
_TV = re.compile(r"smart-?tv|hbbtv|appletv|googletv|crkey|\btv\b|web0s|bravia", re.IGNORECASE)
_TABLET = re.compile(r"ipad|tablet|kindle|silk/|playbook", re.IGNORECASE)
_MOBILE = re.compile(r"mobi|iphone|ipod", re.IGNORECASE)
_DESKTOP = frozenset({"Windows", "macOS", "Linux", "Chrome OS", "Chromium OS", "Ubuntu", "Debian", "Fedora", "FreeBSD", "OpenBSD", "NetBSD"})

_BROWSERS = {
    "Google Chrome": "Chrome", "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "Microsoft Edge": "Edge", "Edge Mobile": "Edge",
    "Mobile Safari": "Safari", "Firefox Mobile": "Firefox", "Firefox iOS": "Firefox", "Opera Mobile": "Opera",
}  # fmt: skip
"""One name for a browser, whatever it runs on."""


def read_device(user_agent: str | None, hints: Mapping[str, str]) -> Device | None:
    """The device by these headers; ``hints`` by their names in lower case. None where nothing was said."""
    user_agent = _CONTROL.sub(" ", user_agent or "")[:1000]
    if not user_agent and not hints:
        return None
    parsed = ua_parser.parse(user_agent)
    family = parsed.os.family if parsed.os else None
    system = _unquoted(hints.get("sec-ch-ua-platform")) or ("macOS" if family == "Mac OS X" else family)
    return Device(
        browser=_cut(_browser_by_hints(hints) or _browser(parsed.user_agent)),
        os=_cut(_system(system, _unquoted(hints.get("sec-ch-ua-platform-version")), parsed.os, user_agent)),
        type=_type(user_agent, system, hints, is_spider=parsed.device is not None and parsed.device.family == "Spider"),
    )


def merged(said: Device | None, read: Device | None) -> Device | None:
    """What the page says of its device, and what can be read where it says nothing."""
    if said is None or read is None:
        return said or read
    return Device(said.browser or read.browser, said.os or read.os, said.type or read.type)


def _browser_by_hints(hints: Mapping[str, str]) -> str | None:
    """The brand that is the product itself: neither the engine's nor the made-up one that is there to keep readers honest."""
    brands = [(name, version) for name, version in _BRAND.findall(hints.get("sec-ch-ua", "")) if not _is_grease(name)]
    products = [brand for brand in brands if brand[0] != "Chromium"] or brands
    if not products:
        return None
    name, version = products[0]
    return _named(name, version.partition(".")[0])


def _is_grease(brand: str) -> bool:
    return re.sub(r"[^A-Za-z]", "", brand) == "NotABrand"


def _browser(browser: ua_parser.UserAgent | None) -> str | None:
    return _named(browser.family, browser.major) if browser else None


def _named(browser: str, version: str | None) -> str:
    return " ".join(filter(None, (_BROWSERS.get(browser, browser), version)))


def _system(system: str | None, version: str | None, parsed: ua_parser.OS | None, user_agent: str) -> str | None:
    if system is None:
        return None
    major = (version or "").partition(".")[0]
    if system == "Linux":
        return system
    if system == "Windows" and major.isdigit():
        # The hint is of the API contract: from 13 on it is Windows 11. (https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11)
        return f"Windows {11 if int(major) >= 13 else 10}" if int(major) else "Windows"
    if not major.isdigit():
        is_frozen = system == "macOS" or "Android 10; K" in user_agent
        major = parsed.major if parsed and parsed.major and not is_frozen and parsed.family in (system, "Mac OS X") else ""
    return f"{system} {major}".strip()


def _type(user_agent: str, system: str | None, hints: Mapping[str, str], *, is_spider: bool) -> DeviceType | None:
    if is_spider or _BOT.search(user_agent):
        return "bot"
    if _TV.search(user_agent):
        return "tv"
    if _TABLET.search(user_agent):
        return "tablet"
    if hints.get("sec-ch-ua-mobile") == "?1" or _MOBILE.search(user_agent):
        return "mobile"
    if system == "Android":
        return "tablet"
    return "desktop" if system in _DESKTOP else "other"


def _unquoted(value: str | None) -> str | None:
    return (value or "").strip().strip('"') or None


def _cut(text: str | None) -> str | None:
    return _CONTROL.sub(" ", text)[:_LENGTH] if text else None
