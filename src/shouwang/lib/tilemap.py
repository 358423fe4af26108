"""A schematic map drawn by us: one cell per division, neighbours by code, no real boundary anywhere.

Points on a jittered honeycomb, moved a few times to the middle of their cells; a cell is the outline cut by the
half-planes nearer to its own point. The same codes always give the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

Point = tuple[float, float]
Polygon = list[Point]

WIDTH = 360.0
ROOM_PER_CELL = 4900.0
MARGIN = 4.0
ROUNDS = 6
MOST_IN_A_ROW = 5
WELL_INSIDE = 0.72


def height_for(cells: int) -> float:
    """Return the height at width 360 that leaves room for a name and a figure in every cell."""
    return max(200.0, math.ceil(cells * ROOM_PER_CELL / WIDTH))


def outline(height: float) -> Polygon:
    """Return the outline everything lies in: an ellipse pushed towards its corners, a little uneven like any county."""
    steps = 72
    half_w, half_h = WIDTH / 2 - MARGIN, height / 2 - MARGIN
    ring: Polygon = []
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        uneven = 0.965 + 0.02 * math.sin(3 * angle + 0.6) + 0.015 * math.sin(5 * angle + 2.0)
        x, y = (math.copysign(abs(part) ** 0.5, part) * uneven for part in (math.cos(angle), math.sin(angle)))
        ring.append((WIDTH / 2 + half_w * x, height / 2 + half_h * y))
    return ring


def nearer(polygon: Polygon, own: Point, other: Point) -> Polygon:
    """Cut a polygon to the side of the bisector that is nearer to ``own`` than to ``other``."""
    dx, dy = other[0] - own[0], other[1] - own[1]
    limit = (other[0] ** 2 + other[1] ** 2 - own[0] ** 2 - own[1] ** 2) / 2
    kept: Polygon = []
    for start, end in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        here, there = start[0] * dx + start[1] * dy - limit, end[0] * dx + end[1] * dy - limit
        if here <= 0:
            kept.append(start)
        if (here < 0 < there) or (there < 0 < here):
            part = here / (here - there)
            kept.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
    return kept


def middle(polygon: Polygon) -> Point:
    """Return the centroid of a polygon."""
    area = x = y = 0.0
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        cross = x0 * y1 - x1 * y0
        area, x, y = area + cross, x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return (x / (3 * area), y / (3 * area))


def _starts(codes: Sequence[str], height: float) -> list[Point]:
    rows = max(1, math.ceil(len(codes) / MOST_IN_A_ROW), round(math.sqrt(len(codes) * height / WIDTH / 1.15)))
    per_row = [len(codes) // rows + (row < len(codes) % rows) for row in range(rows)]
    points: list[Point] = []
    for row, wide in enumerate(per_row):
        shift = (0.22 if row % 2 else -0.22) if rows > 1 else 0.0
        for column in range(wide):
            digest = sha256(codes[len(points)].encode()).digest()
            x = (column + 0.5 + shift + (digest[0] / 255 - 0.5) * 0.5) / wide
            y = (row + 0.5 + (digest[1] / 255 - 0.5) * 0.5) / rows
            points.append((WIDTH * (0.5 + (x - 0.5) * WELL_INSIDE), height * (0.5 + (y - 0.5) * WELL_INSIDE)))
    return points


@lru_cache(maxsize=256)
def layout(codes: tuple[str, ...]) -> tuple[tuple[Polygon, Point], ...]:
    """Return a cell (polygon and its middle, in units of width 360) for each code, in the order given."""
    if not codes:
        return ()
    height = height_for(len(codes))
    edge, points = outline(height), _starts(codes, height)
    cells: list[Polygon] = []
    for turn in range(ROUNDS + 1):
        cells = []
        for own in points:
            cell = edge
            for other in points:
                if other is not own:
                    cell = nearer(cell, own, other)
            cells.append(cell)
        if turn < ROUNDS:
            points = [
                ((own[0] + mid[0]) / 2, (own[1] + mid[1]) / 2)
                for own, mid in zip(points, map(middle, cells), strict=True)
            ]
    return tuple((cell, middle(cell)) for cell in cells)
