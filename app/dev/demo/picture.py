"""The demo as a picture: what was printed, as an SVG file that loads nothing from elsewhere."""

from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

_FRAME = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, Menlo, monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def save(console: Console, path: Path) -> None:
    """Writes what a recording ``console`` printed."""
    drawn = console.export_svg(
        title="./run demo", theme=MONOKAI, code_format=_FRAME, unique_id="demo"
    )
    path.write_text(drawn, "utf-8")
