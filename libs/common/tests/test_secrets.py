"""What references lead to, and what they never lead to."""

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.process.settings import CommonSettings
from common.sealing import MasterKeys, Sealed, new_key
from common.secrets import AGE, LARGEST, Below, Secrets

FIRST, SECOND = (f"{n}:{b64encode(bytes([n] * 32)).decode()}" for n in (1, 2))
PREFIX = "AFTERCALL_SECRET_"


def secrets(
    *,
    folder: Path | None = None,
    keys: str = FIRST,
    sealed: Callable[[str, str], Sealed | None] = lambda workspace, name: None,
    **more: Any,
) -> Secrets:
    below = Below(prefix=PREFIX, folder=folder)
    return Secrets(below=below, keys=MasterKeys.parse(keys), sealed=sealed, **more)


def refusal(of: Secrets, reference: str) -> str:
    with pytest.raises(LookupError) as caught:
        of.value("acme", reference)
    return str(caught.value)


def test_a_secret_opens_in_its_own_place_only() -> None:
    box = MasterKeys.parse(FIRST).seal("the token", workspace="acme", name="twilio")
    anywhere = secrets(sealed=lambda workspace, name: box)

    assert anywhere.value("acme", "secret:twilio") == "the token"
    for workspace, name in (("beta", "twilio"), ("acme", "other")):
        with pytest.raises(LookupError, match="does not open it"):
            anywhere.value(workspace, f"secret:{name}")


def test_what_is_stored_does_not_show_the_secret_and_is_never_the_same_twice() -> None:
    keys = MasterKeys.parse(FIRST)
    boxes = {keys.seal("the token", workspace="acme", name="a").box for _ in range(3)}

    assert len(boxes) == 3
    assert not any(b"token" in box for box in boxes)
    assert FIRST.partition(":")[2] not in repr(keys)


def test_a_fresh_master_key_is_one() -> None:
    assert MasterKeys.parse(f"{new_key(2)},{new_key(1)}").current == 2


def test_a_changed_box_does_not_open() -> None:
    sealed = MasterKeys.parse(FIRST).seal("the token", workspace="acme", name="a")
    for place in (0, 15, len(sealed.box) - 1):
        spoilt = bytearray(sealed.box)
        spoilt[place] ^= 1
        wrong = secrets(sealed=lambda w, n, box=bytes(spoilt): Sealed(1, box))
        assert "does not open it" in refusal(wrong, "secret:a")
    assert "does not open it" in refusal(secrets(sealed=lambda w, n: Sealed(1, b"")), "secret:a")


def test_a_new_master_key_seals_and_the_old_one_still_opens() -> None:
    old = MasterKeys.parse(FIRST).seal("the token", workspace="acme", name="a")
    both = MasterKeys.parse(f"{SECOND},{FIRST}")

    assert both.open(old, workspace="acme", name="a") == "the token"
    new = both.seal("the token", workspace="acme", name="a")
    assert new.key == 2
    assert "master key 2" in refusal(secrets(sealed=lambda w, n: new), "secret:a")


def test_a_secret_that_is_written_anew_is_used_at_once() -> None:
    keys = MasterKeys.parse(FIRST)
    stored = [keys.seal("old", workspace="acme", name="a")]
    current = secrets(sealed=lambda w, n: stored[-1])
    assert current.value("acme", "secret:a") == "old"

    stored.append(keys.seal("new", workspace="acme", name="a"))

    assert current.value("acme", "secret:a") == "new"


@pytest.mark.parametrize(
    "text", ["x", "1:short", "0:" + FIRST[2:], f"{FIRST},{FIRST}", "-1:" + FIRST[2:], FIRST[2:]]
)
def test_master_keys_that_are_none_are_refused_without_a_word_of_them(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CommonSettings(database_url="x", contact_pepper="a pepper of sixteen", master_keys=text)

    assert "NUMBER:KEY" in str(caught.value)
    assert FIRST[2:20] not in str(caught.value)


@pytest.mark.parametrize("name", ["PATH", "AFTERCALL_DATABASE_URL", "AFTERCALL_MASTER_KEYS", ""])
def test_no_variable_outside_the_prefix_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_DATABASE_URL", "postgresql://")

    assert f"does not begin with {PREFIX}" in refusal(secrets(), f"env:{name}")


@pytest.mark.parametrize("prefix", ["", "A", "AFTERCALL_", "AFTERCALL_MASTER_KEYS"])
def test_a_prefix_that_covers_settings_is_refused_at_the_start(prefix: str) -> None:
    with pytest.raises(ValidationError, match="beginning of a setting's name"):
        CommonSettings(
            database_url="x", contact_pepper="a pepper of sixteen", reference_prefix=prefix
        )


def test_files_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    folder, outside = tmp_path / "references", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("not yours")
    (folder / "link").symlink_to(outside)
    within = secrets(folder=folder)

    for name in ("/proc/self/environ", "/etc/passwd", "../outside", str(outside), "link"):
        assert "is not in" in refusal(within, f"file:{name}")
    assert "no folder is set" in refusal(secrets(), f"file:{outside}")


def test_what_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "nul").write_bytes(b"a\x00b")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"x" * (LARGEST + 1))
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    os.mkfifo(tmp_path / "pipe")
    within = secrets(folder=tmp_path)

    said = {
        name: refusal(within, f"file:{name}")
        for name in ("binary", "nul", "folder", "large", "empty", "circle", "pipe", "none")
    }

    assert said["binary"].endswith("is no text")
    assert said["nul"].endswith("is no text")
    assert said["folder"].endswith("is no regular file")
    assert said["large"].endswith(f"has more than {LARGEST} bytes")
    assert said["empty"].endswith("is empty")
    assert said["pipe"].endswith("is no regular file")
    assert "No such file" in said["none"]


def test_a_rotated_file_is_seen_without_a_restart(tmp_path: Path) -> None:
    """As Kubernetes mounts them: a name that is a link to a file of the newest version."""
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "token").write_text(f"token {version}\n")
    (tmp_path / "current").symlink_to("1")
    (tmp_path / "token").symlink_to("current/token")
    time = [0.0]
    within = secrets(folder=tmp_path, monotonic=lambda: time[0])
    assert within.value("acme", "file:token") == "token 1"

    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("2")
    time[0] = AGE + 1

    assert within.value("acme", "file:token") == "token 2"
