"""Whose calls somebody sees who may not see all of a workspace."""

import msgspec

OWN = "read:own"  # the scope of a supervisor and of an agent; no key has it


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of these teams; or, where `agent` is given, of that agent alone.

    A call is theirs to whom it is put down in the first place: the last agent, and their team.
    """

    teams: tuple[str, ...] = ()
    agent: str = ""

    def covers(self, *, team: str, agent: str) -> bool:
        """ "" is: none, which is nobody's."""
        if self.agent:
            return agent == self.agent
        return team != "" and team in self.teams
