"""A real OpenID provider (npm `oidc-provider`) on loopback, and whom it knows."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
CLIENT, SECRET = "callwell", "a secret of both"

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "ada@example.org", "email_verified": True, "name": "Ada", "roles": ["staff", "leads"]},
    "eve": {"email": "ada@example.org", "email_verified": False, "name": "Eve"},
    "somebody": {"email": "somebody@example.org", "email_verified": True, "name": "Somebody"},
    "theo": {"email": "theo@example.org", "email_verified": True, "name": "Theo", "roles": ["therapists"], "person": "42"},
}
ROLES = ("leads=supervisor", "staff=auditor", "therapists=provider")


@contextlib.contextmanager
def openid_provider(callback: str) -> Iterator[str]:
    """Its address."""
    node = shutil.which("node")
    assert node, "the provider runs on node"
    command = [node, str(HERE / "oidc_provider.mjs"), str(WEB), CLIENT, SECRET, callback]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield next(line.strip() for line in process.stdout if line.startswith("http://"))
        process.terminate()
