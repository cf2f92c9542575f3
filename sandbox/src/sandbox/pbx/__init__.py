"""A PBX, or several: calls that end, posted in the formats of their vendors."""
