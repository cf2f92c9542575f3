"""The carrier and its callers as a process of their own: `python -m sandbox --help`."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from sandbox.callers import Callers
from sandbox.carrier import Carrier
from sandbox.messages import Account
from sandbox.serving import serve


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--account", action="append", required=True, metavar="SID:TOKEN")
    parser.add_argument("--inbound-url", help="where texts from people are posted")
    parser.add_argument("--ledger", type=Path, help="a JSONL file to append to")
    parser.add_argument("--webhook-tries", type=int, help="0: until acknowledged")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds between statuses")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-callers", action="store_true", help="nobody answers by themselves")
    return parser.parse_args()


async def run(options: argparse.Namespace) -> None:
    """Until SIGINT or SIGTERM; the first line printed is the base URL."""
    accounts = {
        sid: Account(token, inbound_url=options.inbound_url)
        for sid, _, token in (given.partition(":") for given in options.account)
    }
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serve(
        Carrier,
        accounts=accounts,
        host=options.host,
        port=options.port,
        ledger_path=options.ledger,
        webhook_tries=options.webhook_tries,
        pace=options.pace,
    ) as carrier:
        if not options.no_callers:
            Callers(carrier, seed=options.seed)
        sys.stdout.write(f"{carrier.base_url}\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    asyncio.run(run(arguments()))
