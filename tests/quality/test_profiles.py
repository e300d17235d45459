"""Profiles: those shipped, a deployment's own, and what is said of one that is not right."""

import tomllib
from pathlib import Path

import pytest

from callwell.errors import SettingInvalid
from callwell.quality.profiles import SHIPPED, Profile, choose_profile, load_profiles
from callwell.settings import Settings

WORDS = (SHIPPED / "default-v1.toml").read_text().replace('name = "default-v1"', 'name = "ours-v1"')


def written(folder: Path, text: str, name: str = "ours.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def refused(file: Path) -> str:
    with pytest.raises(SettingInvalid) as why:
        load_profiles(file)
    return why.value.detail


def test_two_are_shipped_and_one_of_them_is_in_force() -> None:
    """`default-v1` unless a setting says otherwise; each file is called as its profile is."""
    profiles = load_profiles()
    assert set(profiles) == {"default-v1", "teams-cqd"} == {file.stem for file in SHIPPED.glob("*.toml")}
    assert choose_profile(profiles, Settings().quality_profile) is profiles["default-v1"]


def test_the_default_looks_for_everything() -> None:
    """Every rule that there is has its thresholds there, and every threshold is said, none left to a default of the code."""
    default = load_profiles()["default-v1"]
    assert all(getattr(default, name) is not None for name in Profile.__struct_fields__)
    written_fields = tomllib.loads((SHIPPED / "default-v1.toml").read_text())
    assert {name: set(rule) for name, rule in written_fields.items() if isinstance(rule, dict)} == {
        name: set(getattr(default, name).__struct_fields__) for name in Profile.__struct_fields__ if name != "name"
    }


@pytest.mark.parametrize(
    ("lines", "kbps"), [(90, None), (179, None), (180, 160), (359, 160), (360, 450), (480, 450), (540, 800), (720, 1700), (1080, 3000), (2160, 3000)]
)
def test_the_bitrate_expected_goes_by_the_lines(lines: int, kbps: float | None) -> None:
    """LiveKit's presets: the largest that the picture has."""
    rule = load_profiles()["default-v1"].low_bitrate
    assert rule is not None
    assert rule.expected(lines) == kbps


def test_a_deployments_own_stand_beside_those_shipped(tmp_path: Path) -> None:
    """One file, or every `.toml` of a folder."""
    file = written(tmp_path, WORDS)
    written(tmp_path, WORDS.replace("ours-v1", "ours-v2"), "two.toml")
    written(tmp_path, "this is no profile", "README.md")

    assert set(load_profiles(file)) == {"default-v1", "teams-cqd", "ours-v1"}
    assert set(load_profiles(tmp_path)) == {"default-v1", "teams-cqd", "ours-v1", "ours-v2"}


def test_a_rule_that_is_left_out_is_not_looked_for(tmp_path: Path) -> None:
    """Name, window and caps are enough of a profile."""
    file = written(tmp_path, WORDS[: WORDS.index("# Warning and clear: Twilio.")])
    ours = load_profiles(file)["ours-v1"]
    assert ours.window.samples == 5
    assert ours.high_rtt is None


@pytest.mark.parametrize(
    ("right", "wrong", "field", "problem"),
    [
        ("warning_ms = 300.0", 'warning_ms = "300"', "high_rtt.warning_ms", "float"),
        ("warning_ms = 300.0", "warning_ms = -1.0", "high_rtt.warning_ms", ">= 0"),
        ("warning_ms = 300.0", "warning_ms = nan", "high_rtt.warning_ms", "float"),
        ("warning_ms = 300.0", "warning_ms = inf", "high_rtt.warning_ms", "float"),
        ("warning_ms = 300.0", "warning_ms = 600.0", "high_rtt", "`warning_ms` cannot be more than `critical_ms`"),
        ("warning_ms = 300.0\n", "", "high_rtt", "warning_ms"),
        ("warning_ms = 300.0", "warning = 300.0", "high_rtt", "unknown field `warning`"),
        ("[high_rtt]", "[high_rrt]", "", "unknown field `high_rrt`"),
        ("warning = 3.5", "warning = 2.5", "low_mos", "`critical` cannot be more than `warning`"),
        ("screen_warning = 3.0", "screen_warning = 1.0", "low_fps", "`screen_critical` cannot be more than `screen_warning`"),
        ("clear_pct = 1.0", "clear_pct = 4.0", "high_packet_loss", "`clear_pct` cannot be more than `audio_warning_pct`"),
        ("critical_pct = 10.0", "critical_pct = 4.0", "high_packet_loss", "`video_warning_pct` cannot be more than `critical_pct`"),
        ("raised_by = 3", "raised_by = 6", "window", "`raised_by` cannot be more than `samples`"),
        ("raised_by = 3", "raised_by = 0", "window.raised_by", ">= 1"),
        ("fair_share = 0.10", "fair_share = 10", "caps.fair_share", "<= 1"),
        ("fair_share = 0.10", "fair_share = 0.6", "caps", "`fair_share` cannot be more than `poor_share`"),
        ("180 = 160.0", "180 = -160.0", "low_bitrate.expected_kbps", ">= 0"),
        ('name = "ours-v1"', 'name = "Ours of today"', "name", "regex"),
        ('name = "ours-v1"', "", "", "name"),
        ('name = "ours-v1"', 'name = "teams-cqd"', "name", "a name is a version"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_the_file_and_the_field(tmp_path: Path, right: str, wrong: str, field: str, problem: str) -> None:
    """It stops the start, and says where to look."""
    assert right in WORDS
    file = written(tmp_path, WORDS.replace(right, wrong, 1))
    said = refused(file)
    assert said.startswith("CALLWELL_QUALITY_PROFILES is not right: ")
    assert str(file) in said
    assert field in said
    assert problem in said
    assert "\n" not in said


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """No TOML, no text, no file."""
    assert "is not TOML" in refused(written(tmp_path, "name = "))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "is not TOML" in refused(binary)
    assert "there is no" in refused(tmp_path / "nowhere")
    folder = tmp_path / "folder"
    (folder / "odd.toml").mkdir(parents=True)
    assert "cannot be read" in refused(folder)


def test_a_name_that_there_is_not_is_said_with_those_that_there_are() -> None:
    """A misspelt profile stops the start."""
    with pytest.raises(SettingInvalid) as why:
        choose_profile(load_profiles(), "default-v9")
    assert why.value.detail == "CALLWELL_QUALITY_PROFILE is not right: there is no profile 'default-v9'; there are: default-v1, teams-cqd."
