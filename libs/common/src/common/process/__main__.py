"""`python -m common.process ingest.app:app --port 8080` runs one service."""

import sys

INTERRUPTED = 130  # by Ctrl-C, which is no fault

try:
    from common.process.serving import main

    main()
except KeyboardInterrupt:
    sys.exit(INTERRUPTED)
