"""Charts as SVG, drawn on the server: marks and classes only, so that a strict policy holds.

Every chart is an image with a title and a description; its numbers stand in a table beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 240
LOW_BASE = 30  # answers; with fewer a mark is hollow
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`value` None is a gap, and stays one."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


def line(
    points: Sequence[Point],
    *,
    title: str,
    ends: tuple[float, float],
    before: Sequence[Point] = (),
) -> Markup:
    """Values with their interval as a band; `before` (another period, dashed) lies behind."""
    scale = _Scale(len(points), ends)
    parts = [_grid(scale, points)]
    parts += [_path(run, scale, "chart-before") for run in _runs(before[: len(points)])]
    parts += [_band(run, scale) for run in _runs(points)]
    parts += [_path(run, scale, "chart-line") for run in _runs(points)]
    parts += [_mark(place, point, scale) for place, point in _known(points)]
    return _image(parts, title, _told(points), size=(WIDTH, HEIGHT), kind="chart")


def sparkline(points: Sequence[Point], *, title: str, ends: tuple[float, float]) -> Markup:
    """Without axes, as wide as a card."""
    scale = _Scale(len(points), ends, box=(6, 6, 228, 36))
    parts = [_path(run, scale, "chart-line") for run in _runs(points)]
    known = list(_known(points))
    parts += [_mark(place, point, scale) for place, point in known[-1:]]
    return _image(parts, title, _told(points), size=(240, 48), kind="sparkline")


def interval(
    value: float | None, low: float | None, high: float | None, *, ends: tuple[float, float]
) -> Markup:
    """One value and its interval on a common scale; the numbers stand beside it."""
    if value is None or low is None or high is None:
        return Markup("")
    scale = _Scale(1, ends, box=(4, 0, 152, 16), across=True)
    middle = 8
    parts = [
        _element("line", x1=4, x2=156, y1=middle, y2=middle, klass="chart-grid"),
        _element(
            "line", x1=scale.x(low), x2=scale.x(high), y1=middle, y2=middle, klass="chart-bar"
        ),
        _element("circle", cx=scale.x(value), cy=middle, r=4, klass="chart-dot"),
    ]
    return _svg(parts, size=(160, 16), kind="interval", more=Markup('aria-hidden="true"'))


def bar(share: float) -> Markup:
    """A share of 0 to 1 as a bar; its number stands beside it."""
    width = round(max(0.0, min(1.0, share)) * 160, 2)
    parts = [
        _element("rect", x=0, y=2, width=160, height=12, klass="chart-rail"),
        _element("rect", x=0, y=2, width=width, height=12, klass="chart-fill"),
    ]
    return _svg(parts, size=(160, 16), kind="bar", more=Markup('aria-hidden="true"'))


class _Scale:
    """From places and values to coordinates."""

    def __init__(
        self,
        count: int,
        ends: tuple[float, float],
        *,
        box: tuple[float, float, float, float] | None = None,
        across: bool = False,
    ) -> None:
        own = (_LEFT, _TOP, WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM)
        chosen: tuple[float, float, float, float] = box or own
        self.left, self.top, self.width, self.height = chosen
        self.low, self.high = ends
        self._step = self.width / max(1, count - 1)
        self._across = across

    def x(self, place: float) -> float:
        if self._across:
            return round(self.left + self._share(place) * self.width, 2)
        return round(self.left + place * self._step, 2)

    def y(self, value: float) -> float:
        return round(self.top + (1 - self._share(value)) * self.height, 2)

    def _share(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return min(1.0, max(0.0, (value - self.low) / span))


def _known(points: Sequence[Point]) -> Iterator[tuple[int, Point]]:
    return ((place, point) for place, point in enumerate(points) if point.value is not None)


def _runs(points: Sequence[Point]) -> list[list[tuple[int, Point]]]:
    """Neighbours without a gap between them."""
    runs: list[list[tuple[int, Point]]] = []
    for place, point in _known(points):
        if not runs or runs[-1][-1][0] != place - 1:
            runs.append([])
        runs[-1].append((place, point))
    return runs


def _path(run: Sequence[tuple[int, Point]], scale: _Scale, klass: str) -> Markup:
    places = " ".join(f"{scale.x(place)},{scale.y(point.value or 0)}" for place, point in run)
    return _element("polyline", points=places, klass=klass)


def _band(run: Sequence[tuple[int, Point]], scale: _Scale) -> Markup:
    known = [(place, one.low, one.high) for place, one in run]
    upper = [f"{scale.x(p)},{scale.y(high)}" for p, _, high in known if high is not None]
    lower = [f"{scale.x(p)},{scale.y(low)}" for p, low, _ in known if low is not None]
    return _element("polygon", points=" ".join([*upper, *reversed(lower)]), klass="chart-band")


def _mark(place: int, point: Point, scale: _Scale) -> Markup:
    klass = "chart-hollow" if point.n < LOW_BASE else "chart-dot"
    title = Markup("<title>{}</title>").format(_words(point))
    return _element(
        "circle", title, cx=scale.x(place), cy=scale.y(point.value or 0), r=4, klass=klass
    )


def _grid(scale: _Scale, points: Sequence[Point]) -> Markup:
    parts = []
    for step in range(5):
        value = scale.low + (scale.high - scale.low) * step / 4
        y = scale.y(value)
        parts.append(_element("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y, y2=y, klass="chart-grid"))
        parts.append(_text(f"{value:g}".replace("-", "−"), x=_LEFT - 6, y=y + 4, klass="chart-y"))
    every = max(1, -(-len(points) // 6))
    parts += [
        _text(one.label, x=scale.x(place), y=HEIGHT - 6)
        for place, one in enumerate(points)
        if place % every == 0 and place <= len(points) - 1 - (every // 2 if place else 0)
    ]
    return Markup("").join(parts)


def _text(text: str, *, x: float, y: float, klass: str = "chart-x") -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(x, y, klass, text)


def _element(name: str, inside: Markup = Markup(""), *, klass: str, **attributes: Any) -> Markup:
    given = Markup(" ").join(Markup('{}="{}"').format(key, v) for key, v in attributes.items())
    return Markup('<{} {} class="{}">{}</{}>').format(name, given, klass, inside, name)


def _words(point: Point) -> str:
    if point.value is None:
        return f"{point.label}: {'not shown' if point.n else 'nobody answered'}, n {point.n}"
    value = f"{point.value:.1f}"
    between = "" if point.low is None else f", 95 % interval {point.low:.1f} to {point.high:.1f}"
    return f"{point.label}: {value}{between}, n {point.n}"


def _told(points: Sequence[Point]) -> str:
    known = [point for _, point in _known(points)]
    if not known:
        return "Nobody answered in this range."
    return f"{len(points)} points. First {_words(known[0])}. Last {_words(known[-1])}."


def _image(
    parts: Sequence[Markup], title: str, told: str, *, size: tuple[int, int], kind: str
) -> Markup:
    named = Markup('role="img" aria-label="{}"').format(f"{title}. {told}")
    return _svg([Markup("<title>{}</title>").format(escape(title)), *parts], size, kind, named)


def _svg(parts: Sequence[Markup], size: tuple[int, int], kind: str, more: Markup) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" {}>{}</svg>').format(
        kind, *size, more, Markup("").join(parts)
    )
