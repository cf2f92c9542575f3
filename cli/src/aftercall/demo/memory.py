"""How much memory the platform takes: the sum of PSS over its processes, PostgreSQL included."""

from pathlib import Path

import psutil


def pss_mb(data: Path) -> float:
    """MB of this process, its children, and the PostgreSQL of the data folder.

    PSS shares what processes have in common; where the system has none, RSS without sharing.
    """
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    pid_file = data / "postgres" / "postmaster.pid"
    if pid_file.exists():
        server = psutil.Process(int(pid_file.read_text().split()[0]))
        processes += [server, *server.children(recursive=True)]
    return sum(_pss(process) for process in {p.pid: p for p in processes}.values()) / 1e6


def _pss(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
    return int(getattr(memory, "pss", memory.uss))
