"""Which addresses a workspace may name."""

import pytest

from closed_loop.domain.addresses import refused

ALLOWED = frozenset({"receiver.test", "127.0.0.1:9999"})


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/aftercall?key=1",
        "https://hooks.example.com:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "http://receiver.test/x",
        "http://127.0.0.1:9999/x",
    ],
)
def test_public_addresses_and_those_of_the_operator_may_be_named(url: str) -> None:
    assert refused(url, ALLOWED) is None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/", "https"),
        ("http://169.254.169.254/latest/meta-data", "https"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("https://127.0.0.1/", "public"),
        ("https://127.0.0.1:9998/", "public"),
        ("https://localhost/", "public"),
        ("https://db.internal/", "public"),
        ("https://[::1]/", "public"),
        ("https://[::ffff:127.0.0.1]/", "public"),
        ("https://[::ffff:a9fe:a9fe]/", "public"),
        ("https://10.1.2.3/", "public"),
        ("https://user:word@hooks.example.com/", "without user"),
        ("https://hooks.example.com/#x", "fragment"),
        ("https:///x", "https://HOST"),
        ("https://hooks.example.com:99999/", "no address"),
        ("ftp://hooks.example.com/", "https://HOST"),
        ("https://hooks.example.com/ x", "without spaces"),
        ("https://hooks.example.com/" + "x" * 500, "at most 500"),
        ("javascript:alert(1)", "https://HOST"),
    ],
)
def test_others_may_not_and_it_is_said_why(url: str, why: str) -> None:
    assert why in (refused(url, ALLOWED) or "")


def test_in_the_sandbox_only_this_machine_may_be_named() -> None:
    assert refused("http://127.0.0.1:9999/hook", None) is None
    why = refused("https://hooks.example.com/", None)
    assert why is not None
    assert "not on this machine" in why
