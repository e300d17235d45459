"""Answers as files: as CSV for spreadsheets and as Parquet for programs, with all pages of a list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from callwell.http import Request
from callwell.sheets import as_csv, as_parquet

Form = Literal["json", "csv", "parquet"]

MEDIA: Mapping[Form, str] = {"json": "application/json", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_FORMS: Mapping[str, Form] = {media: form for form, media in MEDIA.items()}

ALSO_AS: dict[str, Any] = {"also_as": (MEDIA["csv"], MEDIA["parquet"])}
"""What a route says that answers so."""

AsForm = Annotated[Form | None, QueryParameter(name="format", description="As what: else as `Accept` says, else JSON. A file has all pages.")]

IN_A_BATCH = 1000
"""Rows that are read at once for a file."""

Row = TypeVar("Row", bound=Struct)


def form_of(request: Request, asked: Form | None) -> Form:
    """As what the answer is to come."""
    best = request.accept.best_match([*MEDIA.values()], default=MEDIA["json"])
    return asked or _FORMS.get(best or "", "json")


async def pages(read: Callable[[Any, int], Awaitable[Sequence[Row]]], position: Callable[[Row], Struct]) -> AsyncIterator[Sequence[Row]]:
    """All rows of a list, batch after batch; the connection is given back between."""
    rows = await read(None, IN_A_BATCH)
    yield rows
    while len(rows) == IN_A_BATCH:
        rows = await read(position(rows[-1]), IN_A_BATCH)
        yield rows


async def file(name: str, form: Form, row: type[Struct], rows: Sequence[Struct] | AsyncIterator[Sequence[Struct]]) -> Any:
    """The rows as a file of that name. The first of them are read before anything goes out, so that what is wrong can still be said."""
    batches = _rest(await anext(rows), rows) if isinstance(rows, AsyncIterator) else _rest(rows, None)
    written = (as_csv if form == "csv" else as_parquet)(row, batches)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Vary": "Accept"}
    return Stream(written, media_type=MEDIA[form], headers=headers)


async def _rest(first: Sequence[Struct], others: AsyncIterator[Sequence[Struct]] | None) -> AsyncIterator[Sequence[Struct]]:
    yield first
    if others is not None:
        async for rows in others:
            yield rows
