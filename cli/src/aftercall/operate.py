"""`aftercall dead | keys | rebuild-rollups`: looking after a platform, next to its database."""
