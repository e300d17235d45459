"""`pip install callwell` is the client alone."""

import subprocess
import sys
from importlib.metadata import packages_distributions, requires

ASK = """
import sys
before = set(sys.modules)
import callwell.client
print("\\n".join(sorted(set(sys.modules) - before)))
"""


def test_the_client_brings_nothing_of_the_server() -> None:
    """Given a fresh interpreter; when it imports the client; then of callwell there is the client alone, and of others httpx and what it needs."""
    loaded = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout.split()

    ours = {name for name in loaded if name.split(".")[0] == "callwell"}
    assert {name for name in ours if name != "callwell" and not name.startswith("callwell.client")} == set()
    assert "callwell.client.outbox" in ours

    distributions = packages_distributions()
    others = {name.split(".")[0] for name in loaded} - sys.stdlib_module_names - {"callwell"}
    brought = {distribution.lower() for name in others for distribution in distributions.get(name, [])}
    allowed = {"httpx", "httpcore", "h11", "anyio", "certifi", "idna", "sniffio", "exceptiongroup", "typing-extensions", "typing_extensions"}
    # What httpx itself makes use of where it happens to be installed.
    extras = {"click", "rich", "pygments", "markdown-it-py", "mdurl", "h2", "brotli", "zstandard", "socksio"}
    assert brought - allowed - extras == set()
    assert "httpx" in brought


def test_the_client_needs_httpx_alone() -> None:
    """Given the project's requirements; then without extras there is one."""
    assert [one for one in requires("callwell") or [] if "extra ==" not in one] == ["httpx>=0.28"]
