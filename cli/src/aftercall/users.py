"""The first user of the console, and how people get in."""

from aftercall.platform import Platform
from console.app import users_of
from console.domain.people import Role
from console.service.users import Users

FIRST = "admin@localhost"


async def console_line(up: Platform) -> str:
    """Where the console is; with a link that lets the first user in, as long as they need one."""
    users = users_of(up.runtime)
    link = await first_link(users)
    if link is None:
        return f"The console is at {up.url}/console"
    return f"The console, signed in once by this link:\n  {link_url(up.url, link)}"


async def first_link(users: Users) -> str | None:
    """For the operator's own user, made when there is nobody; None once people have passwords."""
    known = await users.all()
    able = [user for user in known if not user.disabled]
    if not known:
        await users.add(FIRST, workspace=None, role=Role.ADMIN)
    elif [user.email for user in able if user.password is None] != [FIRST]:
        return None
    return await users.link(FIRST)


def link_url(base: str, secret: str) -> str:
    return f"{base.rstrip('/')}/console/sign-in/{secret}"
