"""Names that others chose, told so that they cannot be taken for what stands around them. Pure."""

import json
import re

#: What separates words, encloses numbers and labels, or tells how many others there are.
_SEPARATING = re.compile(r'[\[\]|"]| [ +]|^ | $')


def quoted(name: str) -> str:
    """Return a process's name: in quotes, as in JSON, if it has anything that separates words."""
    return json.dumps(name, ensure_ascii=False) if _SEPARATING.search(name) else name
