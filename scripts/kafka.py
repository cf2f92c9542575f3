"""`python -m scripts.kafka`: a real Apache Kafka on this machine until Ctrl-C, to try it out."""

import signal
import tempfile
from pathlib import Path

from common.testing.kafka import Broker


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends in order, as by Ctrl-C
    with tempfile.TemporaryDirectory(prefix="aftercall-kafka-") as folder:
        broker = Broker(Path(folder))
        print("starting Apache Kafka ...", flush=True)  # noqa: T201
        try:
            broker.start()
            print(f"export AFTERCALL_KAFKA_BOOTSTRAP_SERVERS={broker.servers}", flush=True)  # noqa: T201
            print("Ctrl-C ends it, and what it holds is gone.", flush=True)  # noqa: T201
            signal.pause()
        except KeyboardInterrupt:
            pass
        finally:
            broker.stop()


if __name__ == "__main__":
    main()
