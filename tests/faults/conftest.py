"""`stand` starts a real server over a real database, both to be killed; neither outlives the test."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from .hosts import Ground, Over, Stand, standing


@pytest.fixture
async def stand(tmp_path: Path, database_url: str) -> AsyncIterator[Stand]:
    async with contextlib.AsyncExitStack() as stack:

        async def stand(over: Over, **how: Any) -> Ground:
            return await stack.enter_async_context(standing(tmp_path, over, database_url, **how))

        yield stand
