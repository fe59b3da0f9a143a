"""The plots in docs/img, drawn from the results. The same figures give the same bytes.

They have no background and colours of middle lightness, so they are read on a light page and on a dark one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.charts import Bar, Line, Style
from benchmarks.commands import CALLERS
from benchmarks.figures import Figures
from benchmarks.lengthening import LABELS
from benchmarks.loading import PERCENTS
from benchmarks.rebuilding import WORKERS

FOLDER = Path(__file__).parents[1] / "docs" / "img"

GREY = "#848d97"
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground=GREY,
    foreground_strong=GREY,
    foreground_subtle=GREY,
    guide_stroke_color="#848d9755",
    major_guide_stroke_color="#848d9755",
    guide_stroke_dasharray="2,4",
    major_guide_stroke_dasharray="2,4",
    font_family="-apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif",
    title_font_size=17,
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    value_font_size=12,
    stroke_width="2.5",
    opacity=".85",
    stroke_opacity="1",
    colors=("#2f81f7", "#1a9988", "#db6d28", "#b07d12"),
    value_colors=(GREY,) * 4,
    transition="0s",
)


def draw(figures: Figures) -> list[Path]:
    """Draw every plot whose figures there are; returns the files that were written."""
    written = []
    for name, plot in PLOTS.items():
        try:
            chart = plot(figures)
        except KeyError:
            continue  # its part has not been measured yet
        file = FOLDER / f"{name}.svg"
        file.write_bytes(rendered(chart))
        written.append(file)
    return written


def rendered(chart: Any) -> bytes:
    """The SVG. pygal would write the day, and what a mouse needs."""
    chart.add_xml_filter(_still)
    drawn: bytes = chart.render()
    return drawn


# pygal has no types: its charts and elements are Any.
def _still(root: Any) -> Any:
    for parent in root.iter():
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag.endswith("script"):  # comments have no tag
                parent.remove(child)
    return root


def _chart(
    kind: Callable[..., Any], title: str, *, x_title: str, y_title: str, labels: Sequence[str], top: float
) -> Any:
    return kind(
        title=title,
        x_title=x_title,
        y_title=y_title,
        x_labels=labels,
        style=STYLE,
        js=[],
        css=["file://style.css", "file://graph.css", "inline:.text-overlay text{transform:translateY(-5px)}"],
        no_prefix=True,
        width=800,
        height=420,
        margin=16,
        range=(0, top * 1.1),
        truncate_label=-1,
        print_values=kind is Bar,
        print_values_position="top",
        min_scale=4,
        max_scale=8,
        show_minor_x_labels=True,
        x_label_rotation=0,
        legend_at_bottom=True,
        legend_box_size=12,
        dots_size=4,
        rounded_bars=2,
        tooltip_border_radius=2,
        value_formatter=lambda value: f"{value:,.3g}" if value < 1000 else f"{value:,.0f}",
    )


def throughput(figures: Figures) -> Any:
    """Commands a second by the number of callers."""
    rates = {
        label: [figures[f"commands_per_second_{name}_at_{callers}"]["median"] for callers in CALLERS]
        for label, name in (
            ("Carnet, one door", "door"),
            ("Carnet, threads", "threads"),
            ("eventsourcing, tuned", "tuned"),
            ("eventsourcing, as it comes", "stock"),
        )
    }
    chart = _chart(
        Line,
        "Durable commands a second, by callers",
        x_title="callers",
        y_title="commands/s",
        labels=[str(callers) for callers in CALLERS],
        top=max(max(line) for line in rates.values()),
    )
    for label, line in rates.items():
        chart.add(label, line)
    return chart


def length(figures: Figures) -> Any:
    """What an append costs, by the length of the log."""
    costs = [1e6 / figures[f"append_events_per_second_at_{label}"]["median"] for label in LABELS]
    chart = _chart(
        Bar,
        "Cost of an appended event, by length of the log",
        x_title="in the log",
        y_title="µs/event",
        labels=[figures[f"append_events_per_second_at_{label}"]["size"] for label in LABELS],
        top=max(costs),
    )
    chart.add("in groups of 64, half of them to orders from anywhere in the log", costs)
    return chart


def rebuild(figures: Figures) -> Any:
    """Events a second of building three read models, by the number of workers."""
    bars = {
        "eventsourcing": (figures["stock_projection_events_per_second"]["median"], STYLE.colors[2]),
        **{
            f"{workers} worker{'s' * (workers > 1)}": (
                figures[f"rebuild_events_per_second_at_{workers}"]["median"],
                STYLE.colors[0],
            )
            for workers in WORKERS
        },
        "read and decode": (figures["read_decode_events_per_second"]["median"], STYLE.colors[1]),
    }
    chart = _chart(
        Bar,
        "Three read models built from the first event",
        x_title="",
        y_title="events/s",
        labels=list(bars),
        top=max(rate for rate, _ in bars.values()),
    )
    chart.add("", [{"value": rate, "color": colour} for rate, colour in bars.values()])
    chart.config.show_legend = False
    return chart


def load(figures: Figures) -> Any:
    """Latency of commands that come by schedule."""
    lines = {
        what: [figures[f"load_{percent}_{what}_ms"]["median"] for percent in PERCENTS]
        for what in ("p50", "p99")
    }
    chart = _chart(
        Bar,
        "Latency of a command, from when it was due",
        x_title=f"load, of {figures['capacity_commands_per_second']['median']:,.0f} commands/s at most",
        y_title="ms",
        labels=[f"{percent} %" for percent in PERCENTS],
        top=max(lines["p99"]),
    )
    for what, latencies in lines.items():
        chart.add(what, latencies)
    return chart


PLOTS: dict[str, Callable[[Figures], Any]] = {
    "throughput-by-callers": throughput,
    "append-by-length": length,
    "rebuild-by-workers": rebuild,
    "latency-under-load": load,
}
