"""`python -m common.process ingest.app:app --port 8080` runs one service."""

from common.process.serving import main

main()
