"""`aftercall demo`: some hundred calls, their callers' answers, and what the platform made of it."""

from aftercall.demo.show import Plan, run

__all__ = ["Plan", "run"]
