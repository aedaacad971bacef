"""A plain SVG chart: curves of marked points over a logarithmic x axis. Legible on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 540
LEFT, RIGHT, TOP, BOTTOM = 70, 220, 64, 64
# Okabe and Ito's colours, which people who see colours differently distinguish.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00")


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    label: str = ""


@dataclass(frozen=True)
class Curve:
    name: str
    points: tuple[Point, ...]
    dashed: bool = False
    labels_below: bool = False  # to the left: beside a curve that lies above


@dataclass(frozen=True)
class Axes:
    """The ranges and names of the axes: x logarithmic, y linear from 0."""

    x_ticks: Sequence[float]
    y_ticks: Sequence[float]
    x_name: str
    y_name: str

    def x(self, value: float) -> float:
        low, high = math.log(self.x_ticks[0]), math.log(self.x_ticks[-1])
        return LEFT + (math.log(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.y_ticks[-1] * (HEIGHT - TOP - BOTTOM)


def draw(title: str, axes: Axes, curves: Sequence[Curve]) -> str:
    """Return the chart as the text of an SVG file."""
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui, sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#ffffff"/>',
        _text(LEFT, 32, title, size=16, weight="600"),
        *_frame(axes),
    ]
    for i, curve in enumerate(curves):
        parts += _curve(axes, curve, COLOURS[i % len(COLOURS)])
        parts += _legend(curve, COLOURS[i % len(COLOURS)], TOP + 12 + 24 * i)
    return "\n".join([*parts, "</svg>", ""])


def _frame(axes: Axes) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in axes.x_ticks:
        x = axes.x(tick)
        parts += [_line(x, TOP, x, bottom), _text(x, bottom + 20, f"{tick:g}", anchor="middle")]
    for tick in axes.y_ticks:
        y = axes.y(tick)
        parts += [_line(LEFT, y, right, y), _text(LEFT - 10, y + 4, f"{tick:g}", anchor="end")]
    middle = (TOP + bottom) / 2
    turned = f'transform="rotate(-90 20 {middle:.0f})"'
    return [
        *parts,
        _text((LEFT + right) / 2, HEIGHT - 18, axes.x_name, anchor="middle"),
        _text(20, middle, axes.y_name, anchor="middle", extra=turned),
    ]


def _curve(axes: Axes, curve: Curve, colour: str) -> list[str]:
    places = [(axes.x(point.x), axes.y(point.y)) for point in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="6 4"' if curve.dashed else ""
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>']
    for (x, y), point in zip(places, curve.points, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if point.label else 3}" fill="{colour}"/>')
        if point.label:
            dx, dy, anchor = (-9, 16, "end") if curve.labels_below else (9, -7, "start")
            parts.append(_text(x + dx, y + dy, point.label, anchor=anchor, size=12, colour=colour, weight="600"))
    return parts


def _legend(curve: Curve, colour: str, y: float) -> list[str]:
    x = WIDTH - RIGHT + 18
    dashes = ' stroke-dasharray="6 4"' if curve.dashed else ""
    return [
        f'<line x1="{x}" y1="{y - 4}" x2="{x + 24}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dashes}/>',
        _text(x + 32, y, curve.name),
    ]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d8dee4"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 13,
    weight: str = "400",
    colour: str = "#24292f",
    extra: str = "",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
        f' fill="{colour}" {extra}>{escape(text)}</text>'
    )
