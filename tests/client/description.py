"""``python -m tests.client.description``: the API's description as JSON, without a server."""

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import msgspec

from callwell import openapi
from callwell.app import Context, create_litestar
from callwell.settings import Settings


def description() -> Mapping[str, Any]:
    """The whole document. Nothing of a server need run for it."""
    settings = Settings(secret_key="00" * 32)
    parts: dict[str, Any] = dict.fromkeys(Context.__dataclass_fields__)
    context = SimpleNamespace(**parts | {"settings": settings, "looks": SimpleNamespace(middleware=lambda app: app)})
    return openapi.described(create_litestar(Context(**vars(context)), openapi.CONFIG))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(description()))
