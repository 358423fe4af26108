from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ET

import pytest

from shouwang.lib import charts, tilemap

SVG = "{http://www.w3.org/2000/svg}"


def places(values: list[int | None]) -> list[charts.Place]:
    return [charts.Place(f"9901011{number:02d}000", f"枫<溪&{number}乡", value) for number, value in enumerate(values)]


def texts(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def test_map_is_well_formed_has_a_name_and_no_links() -> None:
    svg = ET.fromstring(charts.area_map(places([0, 3, 40, None, 900, 12]), title="各地<在办>预警"))
    assert svg.get("role") == "img"
    assert "非行政区域界线" in (svg.get("aria-label") or "")
    assert not list(svg.iter(f"{SVG}a"))
    assert {"0", "3", "40", "已隐去", "900", "12"} <= set(texts(svg))


def test_dark_cells_carry_light_text() -> None:
    svg = ET.fromstring(charts.area_map(places([1, 100]), title="t"))
    fills = [[text.get("fill") for text in group.iter(f"{SVG}text")] for group in svg.iter(f"{SVG}g")]
    assert fills == [[charts.INK, charts.INK], ["#ffffff", "#ffffff"]]


@pytest.mark.parametrize(("fill", "ink"), charts.SHADES)
def test_text_on_every_shade_is_readable(fill: str, ink: str) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(fill), luminance(ink)), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("cells", [1, 2, 3, 6, 20, 41])
def test_cells_fill_the_outline_without_overlap_and_hold_their_label(cells: int) -> None:
    codes = tuple(f"990101{number:03d}000" for number in range(100, 100 + cells))
    height = tilemap.height_for(cells)

    def area(polygon: tilemap.Polygon) -> float:
        pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
        return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2

    drawn = tilemap.layout(codes)
    assert sum(area(polygon) for polygon, _ in drawn) == pytest.approx(area(tilemap.outline(height)), rel=1e-6)
    for polygon, _ in drawn:
        assert max(x for x, _ in polygon) - min(x for x, _ in polygon) > 48
    assert tilemap.layout(codes) == drawn


def test_trend_has_axis_values_legend_and_a_gap_for_a_withheld_figure() -> None:
    lines = [charts.Series("新增预警", [0, 40, 95, None, 20]), charts.Series("办结", [0, 1, 2, 3, 4])]
    svg = ET.fromstring(charts.trend(["26-07", "26-08", "26-09", "26-10", "26-11"], lines, title="走势"))
    assert {"0", "50", "100", "新增预警", "办结", "26-11"} <= set(texts(svg))
    runs = [line.get("points", "").split() for line in svg.iter(f"{SVG}polyline")]
    assert [len(run) for run in runs] == [3, 5]
    assert len({line.get("stroke-dasharray") for line in svg.iter(f"{SVG}polyline")}) == 2


@pytest.mark.parametrize(
    ("top", "ticks"), [(0, [0, 1]), (3, [0, 1, 2, 3]), (95, [0, 50, 100]), (1204, [0, 500, 1000, 1500])]
)
def test_axis_values_are_round_and_reach_the_top(top: int, ticks: list[int]) -> None:
    assert charts.nice_ticks(top) == ticks


@pytest.mark.parametrize(
    ("values", "ranges"),
    [
        ([0, 3, 7, None, 9], ["0–1", "2–3", "4–5", "6–7", "8–9"]),
        ([791, 924, 803], ["791–817", "818–844", "845–870", "871–897", "898–924"]),
        ([5, 5], ["5"]),
        ([None], []),
    ],
)
def test_legend_covers_every_figure_once(values: list[int | None], ranges: list[str]) -> None:
    shown = charts.legend(places(values))
    assert [text for _, text in shown] == ranges
    assert len({colour for colour, _ in shown}) == len(shown)


def test_bars_go_left_below_zero_and_a_withheld_figure_has_none() -> None:
    lines = [charts.Series("受益<户>", [100, None, 0]), charts.Series("减少", [-50, 20, 0])]
    svg = ET.fromstring(
        charts.bars(
            ["甲<乡>", "乙乡", "很长很长很长的乡镇名"], lines, [["100", "＊", "0"], ["-50", "20", "0"]], title="t"
        )
    )
    found = [
        (float(each.get("x")), float(each.get("width")))
        for each in svg.iter("{http://www.w3.org/2000/svg}rect")
        if each.get("x") and each.get("y") != "8"
    ]
    zero = found[0][0]
    assert found[1][0] + found[1][1] == pytest.approx(zero, abs=0.2)
    assert found[0][1] == pytest.approx(2 * found[1][1], abs=0.2)
    assert len(found) == 3  # nothing is drawn for 0 and for what is withheld
    texts = [each.text for each in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"受益<户>", "甲<乡>", "＊", "-50"} <= set(texts)


def test_equal_ratios_are_equal_distances_and_lines_are_named() -> None:
    lines = [charts.Points("一条语句<", [(80e6, 120.0), (1e6, 1.5)]), charts.Points("状态", [(1e6, 0.15)])]
    svg = ET.fromstring(charts.log_lines(lines, title="耗时", x_label="人", y_label="秒"))
    assert {"一条语句<", "状态", "耗时", "0.1", "1,000", "1 M", "100 M"} <= set(texts(svg))
    (line,) = svg.iter(f"{SVG}polyline")
    points = [tuple(map(float, each.split(","))) for each in line.get("points", "").split()]
    across, up = points[1][0] - points[0][0], points[0][1] - points[1][1]
    assert points[0][0] < points[1][0]
    span_x, span_y = 640 - 66 - 190, 330 - 34 - 46
    assert across / (span_x / 2) == pytest.approx(math.log10(80), abs=0.01)
    assert up / (span_y / 4) == pytest.approx(math.log10(80), abs=0.01)


def test_names_beside_lines_do_not_run_into_each_other() -> None:
    lines = [charts.Points(str(number), [(1, 1), (10, 5 + number / 100)]) for number in range(5)]
    svg = ET.fromstring(charts.log_lines(lines, title="t", x_label="x", y_label="y"))
    names = sorted(
        float(each.get("y"))
        for each in svg.iter(f"{SVG}text")
        if each.text in set("01234") and each.get("fill") == charts.INK
    )
    assert min(after - before for before, after in itertools.pairwise(names)) >= 14.9


@pytest.mark.parametrize("lines", [[], [charts.Points("0", [(1, 0)])]])
def test_a_scale_of_powers_of_ten_refuses_what_it_cannot_show(lines: list[charts.Points]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        charts.log_lines(lines, title="t", x_label="x", y_label="y")
