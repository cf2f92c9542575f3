"""Our style sheet, script and icon; their addresses change with their contents."""

from fastapi import APIRouter, Response

from common.errors import Problem
from console.endpoints.access import PageRoute
from console.renderer import FILES

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/console/static/{digest}/{name}")
async def file(digest: str, name: str) -> Response:
    found = FILES.get(name)
    if found is None:
        raise Problem(404, "No such file")
    fresh = "public, max-age=31536000, immutable" if digest == found.digest else "no-cache"
    return Response(found.content, media_type=found.media_type, headers={"cache-control": fresh})
