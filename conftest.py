"""Every member's tests use the same plugin."""

import sandbox  # noqa: F401  else pytest, importing by path, takes the folder for the package

pytest_plugins = ["common.testing"]
