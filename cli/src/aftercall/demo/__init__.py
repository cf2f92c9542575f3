"""`aftercall demo`: some hundred calls, what their callers answered, and the scores."""

from aftercall.demo.show import Plan, run

__all__ = ["Plan", "run"]
