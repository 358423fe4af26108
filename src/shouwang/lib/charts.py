"""Charts as SVG text made on the server: no script, the same on screen and on paper. Figures also stand in a table beside."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shouwang.lib import tilemap

INK, SOFT, GRID = "#1c2733", "#4a5563", "#d5dce6"
STROKES = (
    ("#1454a4", "", "circle"),
    ("#a84300", "6 4", "square"),
    ("#146c3c", "2 3", "circle"),
    ("#6b2c91", "9 3 2 3", "square"),
    ("#7a5c00", "1 4", "circle"),
    ("#4a5563", "12 4", "square"),
)
SHADES = (("#eef4fc", INK), ("#c5dcf6", INK), ("#8fbbec", INK), ("#2f73c4", "#ffffff"), ("#0d3a78", "#ffffff"))
NAME_LENGTH = 5


@dataclass(frozen=True)
class Series:
    """One line of a chart; None leaves a gap (a withheld figure)."""

    label: str
    values: Sequence[int | None]


@dataclass(frozen=True)
class Points:
    """One line over two scales of powers of ten: pairs of figures above 0, each pair in any order along x."""

    label: str
    pairs: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Place:
    """One cell of the map: the figure, or None where it is withheld."""

    code: str
    name: str
    value: int | None


def _svg(width: float, height: float, label: str) -> ET.Element:
    box = f"0 0 {width:g} {height:g}"
    return ET.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "role": "img", "aria-label": label}
    )


def _text(parent: ET.Element, x: float, y: float, text: str, **attributes: str) -> None:
    named = {key.replace("_", "-"): value for key, value in attributes.items()}
    ET.SubElement(
        parent, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": SOFT, "font-size": "12"} | named
    ).text = text


def nice_ticks(top: int, wanted: int = 4) -> list[int]:
    """Return round axis values from 0 to at least ``top`` (whole numbers, about ``wanted`` steps)."""
    rough = max(1.0, top / wanted)
    scale = 10 ** math.floor(math.log10(rough))
    step = max(1, int(next(factor for factor in (1, 2, 5, 10) if factor * scale >= rough) * scale))
    return list(range(0, max(step, -(-top // step) * step) + 1, step))


def trend(labels: Sequence[str], series: Sequence[Series], *, title: str, width: float = 640.0) -> str:
    """Return a line chart with axis values, marks and a legend; lines differ in dash and mark, not in colour alone."""
    height, left, right, top, bottom = 250.0, 44.0, 14.0, 34.0, 30.0
    peak = max((value for line in series for value in line.values if value is not None), default=0)
    ticks = nice_ticks(peak)
    span_x, span_y = width - left - right, height - top - bottom
    x_of = [left + span_x * (index + 0.5) / max(1, len(labels)) for index in range(len(labels))]
    svg = _svg(width, height, f"{title}（折线图，数据见表）")
    for tick in ticks:
        y = top + span_y * (1 - tick / ticks[-1])
        rule = {"x1": f"{left:g}", "x2": f"{width - right:g}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
        ET.SubElement(svg, "line", rule | {"stroke": SOFT if tick == 0 else GRID})
        _text(svg, left - 6, y + 4, f"{tick:,}", text_anchor="end")
    every = max(1, math.ceil(len(labels) * 46 / span_x))
    for index, label in enumerate(labels):
        if (len(labels) - 1 - index) % every == 0:
            _text(svg, x_of[index], height - 10, label, text_anchor="middle")
    for number, line in enumerate(series):
        colour, dash, mark = STROKES[number % len(STROKES)]
        points = [
            None if value is None else (x, top + span_y * (1 - value / ticks[-1]))
            for x, value in zip(x_of, line.values, strict=True)
        ]
        for run in _runs(points):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in run)
            stroke = {"fill": "none", "stroke": colour, "stroke-width": "2.2", "stroke-dasharray": dash or "none"}
            ET.SubElement(svg, "polyline", {"points": path} | stroke)
        for x, y in filter(None, points):
            _mark(svg, mark, x, y, colour)
        legend_x = left + number * 110
        ET.SubElement(
            svg,
            "line",
            {"x1": f"{legend_x:g}", "x2": f"{legend_x + 26:g}", "y1": "14", "y2": "14", "stroke": colour}
            | {"stroke-width": "2.2", "stroke-dasharray": dash or "none"},
        )
        _mark(svg, mark, legend_x + 13, 14, colour)
        _text(svg, legend_x + 32, 18, line.label, fill=INK)
    return ET.tostring(svg, encoding="unicode")


def log_lines(lines: Sequence[Points], *, title: str, x_label: str, y_label: str, width: float = 640.0) -> str:
    """Return lines over two scales of powers of ten, in which equal ratios are equal distances; named at the right.

    A line of one pair is its mark alone. Raises ValueError where no pair is given or a figure is not above 0.
    """
    pairs = [pair for line in lines for pair in line.pairs]
    if not pairs or min(min(pair) for pair in pairs) <= 0:
        raise ValueError("scales of powers of ten take figures above 0, at least one pair")
    height, left, right, top, bottom = 330.0, 66.0, 190.0, 34.0, 46.0
    span_x, span_y = width - left - right, height - top - bottom
    low_x, high_x = _decades([x for x, _ in pairs])
    low_y, high_y = _decades([y for _, y in pairs])
    svg = _svg(width, height, title)
    svg.set("font-family", "sans-serif")  # it is read as a file of its own too
    _text(svg, left, 18, title, fill=INK, font_weight="600")

    def x_of(value: float) -> float:
        return left + span_x * (math.log10(value) - low_x) / (high_x - low_x)

    def y_of(value: float) -> float:
        return top + span_y * (1 - (math.log10(value) - low_y) / (high_y - low_y))

    for power in range(low_y, high_y + 1):
        level = y_of(10.0**power)
        across = {"x1": f"{left:g}", "x2": f"{left + span_x:g}", "y1": f"{level:.1f}", "y2": f"{level:.1f}"}
        ET.SubElement(svg, "line", across | {"stroke": GRID})
        _text(svg, left - 6, level + 4, _power(power), text_anchor="end")
    for power in range(low_x, high_x + 1):
        place = x_of(10.0**power)
        upright = {"x1": f"{place:.1f}", "x2": f"{place:.1f}", "y1": f"{top:g}", "y2": f"{top + span_y:g}"}
        ET.SubElement(svg, "line", upright | {"stroke": GRID})
        _text(svg, place, top + span_y + 17, _power(power), text_anchor="middle")
    _text(svg, left + span_x / 2, height - 8, x_label, text_anchor="middle")
    _text(svg, 14, top + span_y / 2, y_label, text_anchor="middle", transform=f"rotate(-90 14 {top + span_y / 2:.1f})")
    named = _apart([y_of(max(line.pairs)[1]) for line in lines], 15.0, top, top + span_y)
    for number, line in enumerate(lines):
        colour, dash, mark = STROKES[number % len(STROKES)]
        places = [(x_of(x), y_of(y)) for x, y in sorted(line.pairs)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        stroke = {"fill": "none", "stroke": colour, "stroke-width": "2.2", "stroke-dasharray": dash or "none"}
        if len(places) > 1:
            ET.SubElement(svg, "polyline", {"points": path} | stroke)
        for x, y in places:
            _mark(svg, mark, x, y, colour)
        end = left + span_x + 34
        ends = {"x1": f"{end - 26:g}", "x2": f"{end - 4:g}", "y1": f"{named[number]:.1f}", "y2": f"{named[number]:.1f}"}
        ET.SubElement(svg, "line", ends | {key: value for key, value in stroke.items() if key != "fill"})
        _mark(svg, mark, end - 15, named[number], colour)
        _text(svg, end, named[number] + 4, line.label, fill=INK)
    return ET.tostring(svg, encoding="unicode")


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around figures, at least one apart."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def _power(power: int) -> str:
    """A power of ten as it is read: 0.01, 10, 1,000, 1 M."""
    millions = 6
    return (
        f"{10 ** (power - millions):,} M"
        if power >= millions
        else f"{10**power:,}"
        if power >= 0
        else f"{10.0**power:g}"
    )


def _apart(places: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """Places moved so that names beside them do not run into each other, in the order they had."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    found = list(places)
    floor = top
    for number in order:
        found[number] = floor = max(floor, places[number])
        floor += least
    ceiling = bottom
    for number in reversed(order):
        found[number] = min(found[number], ceiling)
        ceiling = found[number] - least
    return found


def bars(
    labels: Sequence[str], series: Sequence[Series], texts: Sequence[Sequence[str]], *, title: str, width: float = 640.0
) -> str:
    """Return horizontal bars from a zero line, a bar per series beside each label; below zero they go to the left.

    ``texts`` says each figure (``texts[series][label]``). A withheld figure has no bar, only its text. Series differ in
    colour and in being filled or outlined, and are named above.
    """
    thick, gap, top, name_width, text_width = 14.0, 10.0, 34.0, 104.0, 92.0
    row = thick * len(series) + gap
    height = top + row * len(labels) + 6
    known = [value for line in series for value in line.values if value is not None]
    low, high = min([0, *known]), max([0, *known])
    room = width - name_width - text_width * (2 if low < 0 else 1)
    start = name_width + (text_width if low < 0 else 0)
    zero = start + room * -low / max(high - low, 1)
    svg = _svg(width, height, f"{title}（条形图，数据见表）")
    looks = []
    for number, line in enumerate(series):
        colour = STROKES[number % len(STROKES)][0]
        # a series is told by being filled or only outlined; a pattern would not show beside a hidden copy of the chart
        looks.append({"fill": "#ffffff" if number % 2 else colour, "stroke": colour, "stroke-width": "1.6"})
        place = {"x": f"{name_width + number * 110:g}", "y": "8", "width": "14", "height": "12"}
        ET.SubElement(svg, "rect", place | looks[number])
        _text(svg, name_width + number * 110 + 20, 18, line.label, fill=INK)
    axis = {"x1": f"{zero:.1f}", "x2": f"{zero:.1f}", "y1": f"{top - 4:g}", "y2": f"{height - 4:g}", "stroke": SOFT}
    for place_of, label in enumerate(labels):
        y = top + row * place_of
        name = label if len(label) <= NAME_LENGTH + 3 else label[: NAME_LENGTH + 2] + "…"
        _text(svg, name_width - 8, y + (row - gap) / 2 + 4, name, text_anchor="end", fill=INK)
        for number, line in enumerate(series):
            value, at = line.values[place_of], y + thick * number
            long = 0.0 if value is None else room * abs(value) / max(high - low, 1)
            x = zero - long if value is not None and value < 0 else zero
            box = {"x": f"{x:.1f}", "y": f"{at:.1f}", "width": f"{long:.1f}", "height": f"{thick - 4:g}"}
            if long:
                ET.SubElement(svg, "rect", box | looks[number])
            left = value is not None and value < 0
            _text(
                svg,
                x - 5 if left else x + long + 5,
                at + 10.5,
                texts[number][place_of],
                text_anchor="end" if left else "start",
                fill=INK,
            )
    ET.SubElement(svg, "line", axis)
    return ET.tostring(svg, encoding="unicode")


def _runs(points: Iterable[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _mark(svg: ET.Element, mark: str, x: float, y: float, colour: str) -> None:
    if mark == "square":
        ET.SubElement(
            svg, "rect", {"x": f"{x - 3.5:.1f}", "y": f"{y - 3.5:.1f}", "width": "7", "height": "7", "fill": colour}
        )
    else:
        ET.SubElement(svg, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.6", "fill": colour})


def shade_limits(values: Iterable[int]) -> list[int]:
    """Return the lowest figure of each shade after the first, at most four, in even steps from the least to the most."""
    known = list(values)
    low, high = min(known, default=0), max(known, default=0)
    return sorted({low + math.ceil((high - low) * part / len(SHADES)) for part in range(1, len(SHADES))} - {low})


def shade_of(value: int, limits: Sequence[int]) -> int:
    """Return which shade a figure gets."""
    return sum(value >= limit for limit in limits)


def area_map(places: Sequence[Place], *, title: str) -> str:
    """Return the schematic map; dark cells carry light text, withheld figures are hatched and say 不足5."""
    cells = tilemap.layout(tuple(place.code for place in places))
    height = tilemap.height_for(len(places))
    limits = shade_limits(place.value for place in places if place.value is not None)
    svg = _svg(tilemap.WIDTH, height, f"{title}（示意图，非行政区域界线；数据见表）")
    hatch = ET.SubElement(
        svg, "pattern", {"id": "sw-hatch", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"}
    )
    ET.SubElement(hatch, "rect", {"width": "6", "height": "6", "fill": "#f6f7f9"})
    ET.SubElement(hatch, "path", {"d": "M0 6 6 0", "stroke": "#c7ced8"})
    for place, (polygon, (x, y)) in zip(places, cells, strict=True):
        fill, ink = ("url(#sw-hatch)", INK) if place.value is None else SHADES[shade_of(place.value, limits)]
        group = ET.SubElement(svg, "g")
        figure = "已隐去" if place.value is None else f"{place.value:,}"
        ET.SubElement(group, "title").text = f"{place.name}：{figure}"
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in polygon)
        ET.SubElement(group, "polygon", {"points": points, "fill": fill, "stroke": "#ffffff", "stroke-width": "2.5"})
        edge = {"points": points, "fill": "none", "stroke": "#6f8fb8", "stroke-width": "0.8"}
        ET.SubElement(group, "polygon", edge)
        name = place.name if len(place.name) <= NAME_LENGTH else place.name[: NAME_LENGTH - 1] + "…"
        halo = {"fill": ink, "text_anchor": "middle", "paint_order": "stroke", "stroke_width": "2.5"}
        halo["stroke"] = "#f6f7f9" if place.value is None else fill
        _text(group, x, y - 2, name, font_size="12", **halo)
        _text(group, x, y + 14, figure, font_size="13", font_weight="600", **halo)
    return ET.tostring(svg, encoding="unicode")


def legend(places: Sequence[Place]) -> list[tuple[str, str]]:
    """Return (colour, range in words) for each shade in use."""
    values = [place.value for place in places if place.value is not None]
    limits = shade_limits(values)
    if not values:
        return []
    lows, highs = [min(values), *limits], [limit - 1 for limit in limits] + [max(values)]
    return [
        (SHADES[number][0], f"{low:,}" if low == high else f"{low:,}–{high:,}")
        for number, (low, high) in enumerate(zip(lows, highs, strict=True))
        if low <= high
    ]
