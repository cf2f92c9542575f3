"""`python -m scripts.kafka`: a real Apache Kafka on this machine until Ctrl-C, to try it out."""

import signal
import tempfile
from pathlib import Path

from common.testing.kafka import Broker


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="aftercall-kafka-") as folder:
        broker = Broker(Path(folder))
        print("starting Apache Kafka ...", flush=True)  # noqa: T201
        broker.start()
        try:
            print(f"export AFTERCALL_KAFKA_BOOTSTRAP_SERVERS={broker.servers}", flush=True)  # noqa: T201
            print("Ctrl-C ends it, and what it holds is gone.", flush=True)  # noqa: T201
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
