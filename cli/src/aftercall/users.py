"""The first user of the console, and how people get in."""

from aftercall.platform import Platform
from console.app import people_of
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR, Managing

FIRST = "admin@localhost"


async def sign_in(up: Platform) -> str | None:
    """A link that lets the first user into the console, as long as they need one."""
    link = await first_link(people_of(up.runtime))
    return link and link_url(up.url, link)


async def first_link(people: Managing) -> str | None:
    """For the operator's own user, made when there is nobody; None once people have passwords."""
    known = await people.all()
    able = [user for user in known if not user.disabled]
    if not known:
        await people.add(FIRST, Rights(workspace=None, role=Role.ADMIN))
    elif [user.email for user in able if user.password is None] != [FIRST]:
        return None
    return await people.link(await people.known(FIRST), by=OPERATOR)


def link_url(base: str, secret: str) -> str:
    return f"{base.rstrip('/')}/console/sign-in/{secret}"
