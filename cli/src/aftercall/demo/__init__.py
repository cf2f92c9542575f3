"""`aftercall demo`: some hundred calls, what their callers answered, and the scores."""

from aftercall.demo.run import DemoOptions, run

__all__ = ["DemoOptions", "run"]
