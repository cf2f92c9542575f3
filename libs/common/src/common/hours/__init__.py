"""When people may be asked: never outside the hours of a flow, wherever their number may be."""

from common.hours.opening import Opening, closed_until, is_within, next_open, opening_of
from common.hours.zones import zones_of

__all__ = ["Opening", "closed_until", "is_within", "next_open", "opening_of", "zones_of"]
