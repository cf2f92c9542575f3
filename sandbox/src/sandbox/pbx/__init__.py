"""A PBX, or several: calls that end, told in the formats of their vendors."""
