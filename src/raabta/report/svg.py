"""Small pieces of SVG as text. Every text and attribute from outside passes through `text` or `attribute`."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from raabta.report import words
from raabta.report.palette import INK

FONT: Final = "'Source Sans 3','Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif"
CHARACTER_SHARE: Final = 0.54
"""Mean width of a Latin letter as a share of the type size, for laying out labels."""


def text(value: object) -> str:
    """Text that is safe between tags."""
    return escape(words.clean(value))


def attribute(value: object) -> str:
    """A quoted attribute value."""
    return quoteattr(words.clean(value))


def width_of(value: object, size: float) -> float:
    """Rough width of a text in pixels."""
    return CHARACTER_SHARE * size * len(words.clean(value))


def tag(name: str, inner: str = "", **attributes: Any) -> str:
    """One element; `fill_opacity` becomes `fill-opacity`; attributes that are None are left out."""
    pairs = ((key.rstrip("_").replace("_", "-"), v) for key, v in attributes.items() if v is not None)
    body = "".join(f" {key}={attribute(_number(value))}" for key, value in pairs)
    return f"<{name}{body}>{inner}</{name}>" if inner else f"<{name}{body}/>"


def _number(value: Any) -> Any:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


def label(x: float, y: float, value: object, size: float = 13.0, **attributes: Any) -> str:
    """A line of text with its baseline at (x, y)."""
    attributes.setdefault("fill", INK)
    return tag("text", text(value), x=float(x), y=float(y), font_size=float(size), **attributes)


def group(inner: str, **attributes: Any) -> str:
    """A group, or nothing when it would be empty."""
    return tag("g", inner, **attributes) if inner else ""


def picture(width: float, height: float, title: str, description: str, inner: str) -> str:
    """A whole SVG document (no declaration) that scales to its container and names itself to readers."""
    head = tag("title", text(title)) + tag("desc", text(description))
    return tag(
        "svg",
        head + inner,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width="100%",
        role="img",
        font_family=FONT,
    )
