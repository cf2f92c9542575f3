"""Aftercall's REST API for Python programs.

    from aftercall_client import Aftercall, analytics

    with Aftercall("https://surveys.example.com", key) as aftercall:
        told = aftercall.send(analytics.read_scores(by="queue", range="7d"))

Answers are the JSON that came, typed for a checker and not checked when they come: a platform that
is newer than the client may add fields and words, and breaks no program by it.
"""

from aftercall_client.api import (
    analytics,
    closed_loop,
    ingest,
    ivr_gateway,
    orchestrator,
    sms_sender,
    whatsapp_sender,
)
from aftercall_client.client import Aftercall, AsyncAftercall
from aftercall_client.operation import Operation
from aftercall_client.problem import Problem, Unreachable

__all__ = [
    "Aftercall",
    "AsyncAftercall",
    "Operation",
    "Problem",
    "Unreachable",
    "analytics",
    "closed_loop",
    "ingest",
    "ivr_gateway",
    "orchestrator",
    "sms_sender",
    "whatsapp_sender",
]
