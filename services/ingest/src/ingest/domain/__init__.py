"""The pure rules of ingest: what a vendor said, and the interaction it means."""
