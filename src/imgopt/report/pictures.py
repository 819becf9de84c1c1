"""Charts as bytes: PNG files, SVG files, and the SVG that stands in a page.

A page's drawings share one style sheet: what matplotlib writes as styles of each element becomes
classes, and colours become variables, so that a page can be light or dark, and forbid inline
styles.
"""

from __future__ import annotations

import html
import io
import re
import warnings

import matplotlib

from imgopt.report import chart_text
from imgopt.report.canvas import ALONE, SMALL_PT, Chart, colour
from imgopt.report.palette import SHADES

_DPI = 144
_VARIABLE = {shade.light: f"var(--{name})" for name, shade in SHADES.items()}
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_NUMBER = re.compile(r"-?\d+\.\d+")
_STYLE = re.compile(r' style="([^"]*)"')
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_FONT = re.compile(r"font: (?:(\w+) )?([\d.]+)px [^;]*;?")
_LINK = re.compile(r'<a href="([^"]*)"')


def alone(chart: Chart, title: str) -> Chart:
    """A chart with its title and key drawn in it, as it stands in a file of its own."""
    figure, frame = chart.figure, chart.frame
    figure.text(
        16 / frame.width, 1 - 24 / frame.height, chart_text.shown(title, 70), fontsize=14,
        weight="bold", color=colour("ink"), parse_math=False, va="baseline",
    )  # fmt: skip
    key = _wrapped("   ".join(dict.fromkeys(chart.key)), 110)
    for number, line in enumerate(key[:2]):
        figure.text(
            16 / frame.width, (24 - 13 * number) / frame.height, line, fontsize=SMALL_PT,
            color=colour("muted"), parse_math=False, va="baseline",
        )  # fmt: skip
    figure.patch.set_visible(True)
    figure.patch.set_facecolor(colour("ground"))
    return chart


def _wrapped(text: str, room: int) -> list[str]:
    lines = [""]
    for word in text.split("   "):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > room:
            lines.append("")
        lines[-1] += ("   " if lines[-1] else "") + word
    return lines


def png(chart: Chart) -> bytes:
    """The same chart always gives the same bytes."""
    return _saved(chart, "png", {"Software": None})


def svg_file(chart: Chart) -> bytes:
    """A file of its own, which is light or dark as its reader's system is."""
    styles = Styles()
    head, body = svg(chart, styles, "c").split(">", 1)
    light, dark = variables("light"), variables("dark")
    sheet = (
        f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
        f"text{{font-family:system-ui,'DejaVu Sans',sans-serif}}{styles.css('')}"
    )
    size = f' xmlns="http://www.w3.org/2000/svg" width="{ALONE.width:g}" height="{ALONE.height:g}"'
    return f"{head}{size}><style>{sheet}</style>{body}\n".encode("utf-8", errors="replace")


def variables(ground: str) -> str:
    """The declarations of all shades for the `light` or the `dark` ground."""
    return ";".join(f"--{name}:{getattr(shade, ground)}" for name, shade in SHADES.items())


class Styles:
    """The styles of drawings as classes of one style sheet."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, style: str) -> str:
        """The class of a style, a new one where it is new."""
        return self._names.setdefault(style, f"s{len(self._names)}")

    def css(self, scope: str) -> str:
        """Rules of all classes, for what is in the scope."""
        return "".join(f"{scope}.{name}{{{style}}}" for style, name in self._names.items())


def svg(chart: Chart, styles: Styles, mark: str) -> str:
    """The drawing as an element of a page; `mark` keeps its ids apart from other drawings'."""
    text = _saved(chart, "svg", {"Date": None, "Creator": None, "Format": None, "Type": None})
    found = text.decode()
    found = found[found.index("<g id=") :].removesuffix("\n").removesuffix("</svg>")
    found = (
        found.replace(' target="_blank"', "")
        .replace("xlink:href", "href")
        .replace(' transform="rotate(-0 ', ' rotate="(')
    )
    found = re.sub(r' rotate="\([^"]*"', "", found)
    used = set(_USED.findall(found))
    found = _ID.sub(lambda m: f' id="{mark}{m[1]}"' if m[1] in used else "", found)
    found = re.sub(r'(href="#|url\(#)([mpCh][0-9a-f]{10})', rf"\g<1>{mark}\g<2>", found)
    found = _STYLE.sub(lambda m: f' class="{styles.name(_rules(m[1]))}"', found)
    found = _in_tags(found)
    found = _LINK.sub(lambda m: _link(m[1], chart), found)
    box = f"0 0 {chart.frame.width:g} {chart.frame.height:g}"
    return f'<svg viewBox="{box}">{found}</svg>'


def _rules(style: str) -> str:
    style = _FONT.sub(
        lambda m: (f"font-weight:{m[1]};" if m[1] else "") + f"font-size:{m[2]}px;", style
    )
    style = _FAMILY.sub("", style)
    style = re.sub(r"([:;]) ", r"\1", style).strip(" ;")
    style = _NUMBER.sub(lambda m: f"{float(m[0]):.2f}".rstrip("0").rstrip("."), style)
    style = _COLOUR.sub(lambda m: _VARIABLE.get(m[0], m[0]), style)
    return re.sub(r"font-size:([\d.]+)px", r"font-size:calc(\1px*var(--big,1))", style)


def _in_tags(text: str) -> str:
    """Numbers to one digit and no blanks that mean nothing; what is written stays as it is."""
    parts = re.split(r"(<[^>]*>)", text)
    found = []
    for part in parts:
        if part.startswith("<"):
            part = _NUMBER.sub(_rounded, part)
            part = re.sub(r"\s*\n\s*", " ", part).replace(' "', '"').replace('=" ', '="')
            part = re.sub(r" ?([MLzCQ]) ?", r"\1", part) if " d=" in part else part
            found.append(part)
        elif part.strip():
            found.append(part.strip("\n"))
    text = "".join(found).replace("<pathd=", "<path d=")
    for _ in range(4):
        text = re.sub(r"<(g|defs)></\1>", "", text)
    return text


def _rounded(match: re.Match[str]) -> str:
    found = f"{float(match[0]):.1f}".removesuffix(".0")
    return "0" if found == "-0" else found


def _link(address: str, chart: Chart) -> str:
    name = html.escape(chart.links.get(html.unescape(address), ""))
    return f'<a href="{address}" aria-label="{name}"'


def _saved(chart: Chart, format_: str, metadata: dict[str, None]) -> bytes:
    """Signs that no font here has are drawn as boxes, in a page by the reader's fonts."""
    buffer = io.BytesIO()
    with (
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "imgopt"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        chart.figure.savefig(buffer, format=format_, dpi=_DPI if format_ == "png" else 72,
                             metadata=metadata)  # fmt: skip
    return buffer.getvalue()
