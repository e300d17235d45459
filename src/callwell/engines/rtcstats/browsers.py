"""Browsers and systems by their user agent, named as rtcstats servers name them (their names are those of Platform.js)."""

import re
from typing import Any, Final, Literal

Family = Literal["chromium", "firefox", "webkit"]

REACT_NATIVE: Final = re.compile(r"react-native[^/]*/(?P<version>[^(]*?)\s*\((?P<os>[^)]*)\)")
"""What Jitsi's mobile apps send: `react-native/0.70 (iOS 16)`."""

# The first that is found is it: nearly every browser also claims to be those that came before it.
BROWSERS: Final = tuple(
    (name, re.compile(rf"\b(?:{token})\b", re.IGNORECASE))
    for name, token in (
        ("Electron", "Electron"),
        ("Microsoft Edge", "Edge|Edg|EdgA|EdgiOS"),
        ("PhantomJS", "PhantomJS"),
        ("Samsung Internet", "SamsungBrowser"),
        ("SeaMonkey", "SeaMonkey"),
        ("Silk", "Silk"),
        ("Vivaldi", "Vivaldi"),
        ("Waterfox", "Waterfox"),
        ("Yandex Browser", "YaBrowser"),
        ("UC Browser", "UCBrowser"),
        ("Opera Mini", "Opera Mini|OPiOS"),
        ("Opera", "Opera|OPR"),
        ("Chromium", "Chromium"),
        ("Chrome", "Chrome|HeadlessChrome"),
        ("Chrome Mobile", "CriOS|CrMo"),
        ("Firefox", "Firefox|Minefield"),
        ("Firefox for iOS", "FxiOS"),
        ("Safari", "Safari"),
    )
)
SYSTEMS: Final = tuple(
    (name, re.compile(rf"\b{token}", re.IGNORECASE))
    for name, token in (
        ("Android", r"Android(?:[ /][\d.]+)?"),
        ("CentOS", r"CentOS(?:[ /][\d.]+)?"),
        ("Chrome OS", r"CrOS[ \w.]*"),
        ("Debian", r"Debian(?:[ /][\d.]+)?"),
        ("Fedora", r"Fedora(?:[ /][\d.]+)?"),
        ("FreeBSD", r"FreeBSD(?:[ /][\d.]+)?"),
        ("Linux Mint", r"Linux Mint(?:[ /][\d.]+)?"),
        ("OpenBSD", r"OpenBSD(?:[ /][\d.]+)?"),
        ("Red Hat", r"Red Hat(?:[ /][\d.]+)?"),
        ("SuSE", r"SuSE(?:[ /][\d.]+)?"),
        ("Ubuntu", r"Ubuntu(?:[ /][\d.]+)?"),
        ("Tizen", r"Tizen(?:[ /][\d.]+)?"),
        ("Linux", r"Linux[ \w.]*"),
        ("OS X", r"Mac OS X[ \w.]*"),
        ("Windows", r"Windows [ \w.]*"),
    )
)
WINDOWS: Final = {
    "10.0": "10",
    "6.4": "10 Technical Preview",
    "6.3": "8.1",
    "6.2": "8",
    "6.1": "Server 2008 R2 / 7",
    "6.0": "Server 2008 / Vista",
    "5.2": "Server 2003 / XP 64-bit",
    "5.1": "XP",
}
VERSION_TOKENS: Final = (
    "CriOS|CrMo|Edge|EdgA|EdgiOS|Edg|FxiOS|HeadlessChrome|OPiOS|OPR|SamsungBrowser|UCBrowser|YaBrowser",
    "Version",
)
SIXTY_FOUR: Final = re.compile(r"\b(?:AMD|IA|Win|WOW|x86_|x)64\b", re.IGNORECASE)
APPLE_DEVICE: Final = re.compile(r"\b(?:iPhone|iPad|iPod)\b")


def browser_info(user_agent: str) -> dict[str, str]:
    """The browser and its system: name, version, os and their combinations."""
    if user_agent.startswith("react-native"):
        found = REACT_NATIVE.match(user_agent)
        name, version, system = "ReactNative", found["version"] if found else "", found["os"] if found else ""
    else:
        name, version, system = _browser(user_agent)
    named = {
        "name": name or "unknown",
        "version": version or "-1",
        "os": system,
        "userAgent": user_agent,
        "nameVersion": f"{name or 'null'}/{version or 'null'}",
        "nameOs": f"{name or 'null'}/{system}",
        "nameVersionOs": f"{name or 'null'}/{version or 'null'}/{system}",
    }
    return named | {"majorVersion": version.split(".")[0]} if version else named


def family_of(user_agent: Any, stats_format: Any = None) -> Family | None:
    """Whose statistics these are; without a user agent, as the server that wrote the dump called their format."""
    if isinstance(user_agent, str) and user_agent:
        if user_agent.startswith("react-native"):
            return "chromium"
        match _name(user_agent):
            case None:
                pass
            case "Firefox" | "Firefox for iOS" | "SeaMonkey" | "Waterfox":
                return "firefox"
            case "Safari":
                return "webkit"
            case _:
                return "chromium"
    match stats_format:
        case "chrome_standard" | "chrome_legacy":
            return "chromium"
        case "firefox":
            return "firefox"
        case "safari":
            return "webkit"
        case _:
            return None


def _name(user_agent: str) -> str | None:
    return next((name for name, token in BROWSERS if token.search(user_agent)), None)


def _browser(user_agent: str) -> tuple[str | None, str | None, str]:
    name = _name(user_agent)
    if name in ("Chrome", "Safari") and "Android" in user_agent and re.search(r"\bVersion/", user_agent):
        name = "Android Browser"
    apple = APPLE_DEVICE.search(user_agent)
    version = _version(name, user_agent)
    if apple:
        found = re.search(r" OS ([\d_]+)", user_agent, re.IGNORECASE)
        system = f"iOS {found[1].replace('_', '.')}" if found else "iOS"
    else:
        system = _system(user_agent, sixty_four=_is_64_bit(name, version, user_agent))
    mobile = re.search("Mobi", user_agent, re.IGNORECASE)
    if mobile and name and (name == "Chrome" or (not apple and not re.search("Browser|Mobi|Internet", name))):
        name += " Mobile"
    return name, version, system


def _version(name: str | None, user_agent: str) -> str | None:
    if name is None:
        return None
    for token in (*VERSION_TOKENS, re.escape(name), "Firefox|Minefield"):
        if found := re.search(rf"(?:{token})(?:-[\d.]+/|(?: for [\w-]+)?[ /-])([\d.]+[^ ();/_-]*)", user_agent, re.IGNORECASE):
            return found[1]
    return None


def _is_64_bit(name: str | None, version: str | None, user_agent: str) -> bool:
    if SIXTY_FOUR.search(user_agent) and not re.search(r"\bi686\b", user_agent):
        return True
    # Since 39 there is no other Chrome for Macs, and its user agent does not say so.
    major = (version or "").split(".")[0]
    return name == "Chrome" and "Mac OS X" in user_agent and major.isdigit() and int(major) >= 39


def _system(user_agent: str, *, sixty_four: bool) -> str:
    name, text = next(((name, found[0].strip()) for name, token in SYSTEMS if (found := token.search(user_agent))), (None, "null"))
    if name == "Windows":
        number = re.search(r"[\d.]+$", text)
        text = f"Windows {WINDOWS[number[0]]}" if number and number[0] in WINDOWS else text
    elif name == "OS X":
        text = re.sub(r"^Mac ", "", text).replace("_", ".")
    elif name == "Chrome OS":
        text = "Chrome OS" + re.sub(r"^CrOS( \w+).*", r"\1", text)
    else:
        text = text.replace("/", " ")
    if sixty_four:
        text = re.sub(rf" *{SIXTY_FOUR.pattern}", "", text, flags=re.IGNORECASE) + " 64-bit"
    return text
