"""Elements of HTML and SVG: whatever is not marked up already is text, and stays text."""

from html import escape


class Markup(str):
    """What is marked up already."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: object) -> Markup:
    """Return an element; what of its `content` is no Markup is escaped.

    Args:
        name: of the element.
        content: what is in it.
        attributes: their names have `_` for `-`, and `class_` is `class`; those that are None or
            empty are left out.
    """
    within = "".join(one if isinstance(one, Markup) else escape(one) for one in content)
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value not in {None, ""}
    )
    return Markup(f"<{name}{given}>{within}</{name}>")
