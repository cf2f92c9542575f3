"""Who may have requests in flight: workspaces in turn, so that one's slow endpoint delays no other.

An endpoint that failed last gets one request at a time, so that those that stand still hold little
of what there is.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from uuid import UUID

Place = tuple[str, UUID]  # workspace, endpoint

AT_ONCE = 200  # requests of a process
OF_WORKSPACE = 24
OF_ENDPOINT = 12
OF_FAILING = 1


def fair_rooms(
    due: Mapping[Place, bool], in_flight: Mapping[Place, int]
) -> list[tuple[Place, int]]:
    """How many more of each endpoint; `due` says whether it failed last.

    Whoever has least in flight comes first, a request at a time.
    """
    room: dict[Place, int] = {}
    for place, failing in due.items():
        most = OF_FAILING if failing else OF_ENDPOINT
        if (left := most - in_flight.get(place, 0)) > 0:
            room[place] = left
    of_workspace: Counter[str] = Counter()
    for (workspace, _), count in in_flight.items():
        of_workspace[workspace] += count
    waiting: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(room, key=lambda one: in_flight.get(one, 0)):
        waiting[place[0]].append(place)
    left = AT_ONCE - sum(of_workspace.values())
    given: Counter[Place] = Counter()
    turns = sorted(
        (one for one in waiting if of_workspace[one] < OF_WORKSPACE), key=of_workspace.__getitem__
    )
    while left > 0 and turns:
        following = []
        for workspace in turns[:left]:
            places = waiting[workspace]
            place = places.pop(0)
            given[place] += 1
            of_workspace[workspace] += 1
            if given[place] < room[place]:
                places.append(place)
            if places and of_workspace[workspace] < OF_WORKSPACE:
                following.append(workspace)
        left -= min(left, len(turns))
        turns = following
    return list(given.items())
