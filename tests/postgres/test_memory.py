"""How much memory PostgreSQL keeps pages in: by what the machine has, and what we may have of it."""

from pathlib import Path

import pytest

from callwell.postgres.memory import MIB, allowed_memory, shared_buffers


@pytest.mark.parametrize(("memory", "buffers"), [(256, 128), (1024, 128), (2048, 256), (4096, 512), (8192, 1024), (65536, 1024)])
def test_an_eighth_of_the_memory_is_for_pages(memory: int, buffers: int) -> None:
    """Not less than PostgreSQL's own default, and not more than a million calls need."""
    assert shared_buffers(memory * MIB) == buffers * MIB


def given(root: Path, cgroup: str, limits: dict[str, str]) -> int:
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(cgroup)
    for name, limit in limits.items():
        path = root / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(limit)
    return allowed_memory(root / "proc", root / "cgroup")


@pytest.mark.parametrize(
    ("cgroup", "limits"),
    [
        ("0::/\n", {"memory.max": "67108864\n"}),
        ("0::/system.slice/callwell.service\n", {"system.slice/callwell.service/memory.max": "67108864\n", "system.slice/memory.max": "max\n"}),
        ("0::/system.slice/callwell.service\n", {"system.slice/callwell.service/memory.max": "max\n", "system.slice/memory.max": "67108864\n"}),
        ("3:cpu:/\n2:memory:/docker/ab:cd\n", {"memory/memory.limit_in_bytes": "67108864\n"}),
        ("2:memory:/pod/one\n", {"memory/pod/one/memory.limit_in_bytes": "67108864\n", "memory/memory.limit_in_bytes": "9223372036854771712\n"}),
    ],
    ids=["container", "service", "slice", "container, version 1", "pod, version 1"],
)
def test_a_control_group_may_allow_less_than_the_machine_has(tmp_path: Path, cgroup: str, limits: dict[str, str]) -> None:
    """The least of our group's limit and those around it counts, in both versions of control groups."""
    assert given(tmp_path, cgroup, limits) == 64 * MIB


@pytest.mark.parametrize(
    ("cgroup", "limits"), [("", {}), ("0::/\n", {"memory.max": "max\n"}), ("2:memory:/\n", {"memory/memory.limit_in_bytes": str(2**63)})]
)
def test_without_a_limit_it_is_what_the_machine_has(tmp_path: Path, cgroup: str, limits: dict[str, str]) -> None:
    """As the kernel tells it, whichever way "no limit" is written."""
    (total,) = [int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:")]
    assert given(tmp_path, cgroup, limits) == total * 1024
