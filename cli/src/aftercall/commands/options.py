"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path(".aftercall")
PORT = 8080  # of `aftercall up`
Data = Annotated[Path, typer.Option(help="The data folder, unless AFTERCALL_DATABASE_URL is set.")]
Url = Annotated[str, typer.Option(help="Where the platform answers. [env: AFTERCALL_URL]")]
Key = Annotated[str | None, typer.Option(envvar="AFTERCALL_KEY", help="An API key, ac_...")]
Workspace = Annotated[str | None, typer.Option(help="Which, where the key is good for several.")]
