"""Weekends and public holidays of a country, and of a part of it, by the package `holidays`."""

from datetime import date
from functools import lru_cache

USUAL_WEEKEND = frozenset({5, 6})  # Saturday, Sunday


@lru_cache(maxsize=4_096)
def is_weekend(day: date, country: str | None) -> bool:
    """Friday and Saturday in some countries; Saturday and Sunday where nothing is known."""
    return day.weekday() in _weekend(country)


@lru_cache(maxsize=4_096)
def is_holiday(day: date, country: str | None, subdivision: str | None) -> bool:
    """Also a day that is kept instead of one. No holiday where nothing is known of the country."""
    return day in _holidays(country, subdivision, day.year) if country else False


@lru_cache(maxsize=1)
def subdivisions() -> dict[str, frozenset[str]]:
    """Country -> its parts that have holidays of their own, as ISO 3166-2 calls them."""
    import holidays

    return {name: frozenset(of) for name, of in holidays.list_supported_countries().items()}


@lru_cache(maxsize=512)
def _weekend(country: str | None) -> frozenset[int]:
    if country is None or country not in subdivisions():
        return USUAL_WEEKEND
    import holidays

    return frozenset(holidays.country_holidays(country).weekend)


@lru_cache(maxsize=512)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    parts = subdivisions().get(country)
    if parts is None:
        return frozenset()
    import holidays

    part = subdivision if subdivision in parts else None
    return frozenset(holidays.country_holidays(country, subdiv=part, years=year))
