"""`make docs`: the pages of the repository as a site, in dist/site. Fails for a link into nothing.

Pages keep their places, so that a link leads to the same page here and in the repository; files
that a page links to, such as examples and code, come with it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import yaml

ROOT = Path(__file__).parents[1]
STAGE = ROOT / "dist" / "pages"
SITE = ROOT / "dist" / "site"
NOT_FOR_READERS = ("tests/", "services/", "libs/", "bench/")  # but their README.md
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)<?([^)\s#>]+)")
NAV = {
    "Begin": ["docs/first-day.md", "docs/words.md", "docs/cli.md", "docs/configuration.md"],
    "Set it up": [
        "docs/vendors.md",
        "docs/twilio.md",
        "docs/mapping.md",
        "docs/who-is-asked.md",
        "docs/words-and-reminders.md",
        "docs/alerts.md",
        "docs/webhooks.md",
    ],
    "Run it": [
        "docs/operating.md",
        "docs/deploying.md",
        "docs/upgrading.md",
        "docs/proxies.md",
        "docs/sizing.md",
        "docs/encryption-and-access.md",
        "docs/runbook.md",
        "docs/troubleshooting.md",
    ],
    "Trust it": ["docs/privacy.md", "docs/security.md", "docs/metrics-and-formulas.md"],
    "Build on it": [
        "contracts/README.md",
        "docs/architecture.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ],
}


def pages() -> Iterator[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in sorted(filter(None, listed.stdout.decode().split("\0"))):
        if not name.startswith(NOT_FOR_READERS) or name.endswith("README.md"):
            yield name


def copied(name: str) -> None:
    place = STAGE / name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / name, place)


def with_what_it_links_to(page: str) -> None:
    """A folder without a page of its own gets a list of what is in it."""
    copied(page)
    for target in _LINK.findall((ROOT / page).read_text("utf-8")):
        found = (ROOT / page).parent / unquote(target)
        if found.is_file() and not found.name.endswith(".md"):
            copied(str(found.resolve().relative_to(ROOT)))
        elif found.is_dir() and not (found / "README.md").exists():
            _list(found.resolve().relative_to(ROOT))


def _list(folder: Path) -> None:
    place = STAGE / folder / "README.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    names = sorted(one.name for one in (ROOT / folder).iterdir() if one.suffix in (".md", ".yml"))
    for name in names:
        copied(str(folder / name))
    lines = [f"- [{name}]({name})" for name in names]
    place.write_text("\n".join([f"# {folder.name}", *lines, ""]), "utf-8")


def settings() -> dict[str, object]:
    nav = [{"Aftercall": "README.md"}, *({title: listed} for title, listed in NAV.items())]
    return {
        "site_name": "Aftercall",
        "docs_dir": str(STAGE),
        "site_dir": str(SITE),
        "nav": nav,
        "not_in_nav": "*",  # decisions, runbook and the like: by their links
        "theme": {
            "name": "material",
            "font": False,  # nothing is fetched from elsewhere
            "features": ["navigation.sections", "content.code.copy", "toc.follow"],
        },
        "plugins": ["search"],
        "markdown_extensions": ["tables", "fenced_code", {"toc": {"permalink": True}}],
        "validation": {
            "links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "ignore"}
        },
    }


def main() -> None:
    shutil.rmtree(STAGE, ignore_errors=True)
    for page in pages():
        with_what_it_links_to(page)
    file = ROOT / "dist" / "mkdocs.yml"
    file.write_text(yaml.safe_dump(settings(), sort_keys=False), "utf-8")
    mkdocs = Path(sys.executable).with_name("mkdocs")
    built = subprocess.run(  # noqa: S603  our own arguments
        [mkdocs, "build", "--strict", "-f", file],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:  # what it says otherwise is how it gets on
        sys.stderr.write(built.stderr)
        raise SystemExit(built.returncode)
    sys.stdout.write(f"{SITE.relative_to(ROOT)}/index.html\n")


if __name__ == "__main__":
    main()
