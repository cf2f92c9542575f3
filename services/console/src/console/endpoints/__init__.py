"""Pages, as HTTP serves them; none is in the OpenAPI document."""

from collections.abc import Sequence

from fastapi import APIRouter

from console.endpoints import (
    account,
    alerts,
    changes,
    doubts,
    editing,
    legal_notice,
    operation,
    pages,
    people,
    second_factor,
    sign_in,
    static,
    studies,
    webhooks,
)

# Beside each other, not within each other: a service's routes are taken over one by one.
routers: Sequence[APIRouter] = (
    static.router,
    sign_in.router,
    account.router,
    second_factor.router,
    pages.router,
    studies.router,
    editing.router,
    legal_notice.router,
    changes.router,
    doubts.router,
    alerts.router,
    webhooks.router,
    people.router,
    operation.router,  # the last: it answers whatever is no page
)
