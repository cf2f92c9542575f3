"""What each part of a running platform used: seconds of CPU, transactions, bytes of WAL."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import psutil

LOAD = "load"  # this process; all others are its children
OUTSIDE = (LOAD, "provider", "neighbour")  # not the platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Since their start. `cpu`: seconds by part, the children of its processes included."""

    at: float  # perf_counter
    cpu: Mapping[str, float]
    transactions: int
    wal_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Between two looks. `cpu`: seconds of CPU a second, by part."""

    cpu: Mapping[str, float]
    transactions: float  # a second
    wal_bytes: float  # a second

    @property
    def percent(self) -> float:
        """Of one core, by the platform itself: neither load nor the provider."""
        return 100 * sum(cpu for name, cpu in self.cpu.items() if name not in OUTSIDE)


def between(before: Usage, after: Usage) -> Used:
    passed = after.at - before.at
    return Used(
        cpu={name: (after.cpu[name] - before.cpu[name]) / passed for name in after.cpu},
        transactions=(after.transactions - before.transactions) / passed,
        wal_bytes=(after.wal_bytes - before.wal_bytes) / passed,
    )


async def look(parts: Mapping[str, int], connection: asyncpg.Connection, *, at: float) -> Usage:
    """`parts`: the process id of each; `connection`: to the platform's database."""
    row = await connection.fetchrow(
        "select xact_commit, (pg_current_wal_lsn() - '0/0')::bigint as wal"
        " from pg_stat_database where datname = current_database()"
    )
    return Usage(
        at=at,
        cpu=cpu(parts),
        transactions=row["xact_commit"],
        wal_bytes=row["wal"],
    )


def cpu(parts: Mapping[str, int]) -> dict[str, float]:
    """Seconds of CPU since their start, by part."""
    return {name: seconds(pid, alone=name == LOAD) for name, pid in parts.items()}


def percents(
    before: Mapping[str, float], after: Mapping[str, float], passed: float
) -> dict[str, int]:
    """Of one core in the `passed` seconds between two looks, by part; without those of none."""
    used = {name: round(100 * (at - before.get(name, at)) / passed) for name, at in after.items()}
    return {name: percent for name, percent in used.items() if percent}


def seconds(pid: int, *, alone: bool) -> float:
    """Its own and, unless `alone`, of children it has waited for and of those that live."""
    process = psutil.Process(pid)
    if alone:
        times = process.cpu_times()
        return float(times.user + times.system)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:  # its parent has its seconds by now
            continue
        total += times.user + times.system
        total += times.children_user + times.children_system
    return total
