"""What somebody joins with, by what their browser says of itself."""

import pytest

from callwell.joining.devices import merged, read_device
from callwell.record.events import Device

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
ON_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
ON_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15"
TABLET = "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
TV = "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Chrome/76 TV Safari/537.36"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (CHROME, Device("Chrome 156", "Linux", "desktop")),
        (FIREFOX, Device("Firefox 140", "Windows 10", "desktop")),
        (IPHONE, Device("Safari 17", "iOS 17", "mobile")),
        (IPAD, Device("Safari 16", "iOS 16", "tablet")),
        (TABLET, Device("Chrome 124", "Android 13", "tablet")),
        (TV, Device("Samsung Internet 4", "Tizen 6", "tv")),
        (BOT, Device("Googlebot 2", None, "bot")),
        ("curl/8.5.0", Device("curl 8", None, "other")),
        ("nothing anybody knows", Device(None, None, "other")),
    ],
)
def test_by_the_user_agent(user_agent: str, device: Device) -> None:
    """Browser and system with their versions, and what kind of device it is."""
    assert read_device(user_agent, {}) == device


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [(MAC, Device("Safari 18", "macOS", "desktop")), (ON_ANDROID, Device("Chrome 156", "Android", "mobile"))],
)
def test_a_frozen_version_is_not_believed(user_agent: str, device: Device) -> None:
    """Every macOS says 10.15.7 and every Chromium on Android says 10: that tells nothing."""
    assert read_device(user_agent, {}) == device


@pytest.mark.parametrize(
    ("user_agent", "hints", "device"),
    [
        (
            CHROME.replace("Chrome/", "HeadlessChrome/"),
            {"sec-ch-ua": '"Not:A-Brand";v="8", "Chromium";v="156"', "sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"Linux"'},
            Device("Chromium 156", "Linux", "desktop"),
        ),
        (
            ON_WINDOWS,
            {"sec-ch-ua": '"Google Chrome";v="156", "Not/A)Brand";v="24", "Chromium";v="156"', "sec-ch-ua-platform": '"Windows"'},
            Device("Chrome 156", "Windows 10", "desktop"),
        ),
        (
            ON_WINDOWS,
            {
                "sec-ch-ua": '"Chromium";v="156", "Microsoft Edge";v="156", "Not_A Brand";v="99"',
                "sec-ch-ua-platform": '"Windows"',
                "sec-ch-ua-platform-version": '"15.0.0"',
            },
            Device("Edge 156", "Windows 11", "desktop"),
        ),
        (
            ON_ANDROID,
            {"sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": '"Android"', "sec-ch-ua-platform-version": '"15.0.0"'},
            Device("Chrome 156", "Android 15", "mobile"),
        ),
    ],
)
def test_client_hints_count_more(user_agent: str, hints: dict[str, str], device: Device) -> None:
    """Where hints are sent they name the product and the system as they are; made-up brands are passed over."""
    assert read_device(user_agent, hints) == device


def test_who_says_nothing_has_no_device() -> None:
    assert read_device(None, {}) is None
    assert read_device("", {}) is None


@pytest.mark.parametrize(
    "user_agent", ["x" * 100_000, "Chrome/" + "9" * 5000, "Mozilla/5.0 (" + "(" * 5000, "Firefox/\x00\x1f1", "\xff\xfe\x85", "é" * 900]
)
def test_hostile_headers_do_no_harm(user_agent: str) -> None:
    """Whatever is sent, it is read at once and within what is kept."""
    device = read_device(user_agent, {"sec-ch-ua": user_agent, "sec-ch-ua-platform": user_agent, "sec-ch-ua-platform-version": user_agent})

    assert device is not None
    for text in (device.browser, device.os):
        assert text is None or (len(text) <= 100 and "\x00" not in text)


def test_what_is_said_wins_field_by_field() -> None:
    assert merged(Device(browser="Ours 1"), Device("Chrome 156", "Linux", "desktop")) == Device("Ours 1", "Linux", "desktop")
    assert merged(None, Device("Chrome 156")) == Device("Chrome 156")
    assert merged(Device(os="Linux"), None) == Device(os="Linux")
