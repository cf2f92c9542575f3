"""Every member's tests use the same plugin."""

pytest_plugins = ["common.testing"]
