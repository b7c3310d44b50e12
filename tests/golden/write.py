"""Write the frames of one example of each kind, as this version of the protocol has them.

    PYTHONPATH=tests python tests/golden/write.py

A file holds topic, header and body, each a line in hexadecimal. What a version that was published
sent never changes: its files are written once, and added to only for a kind that is new.
"""

from pathlib import Path

from helpers_messages import EXAMPLES, golden

from connmon_shared.messages import PROTOCOL_VERSION

HERE = Path(__file__).parent


def main() -> None:
    """Write a file for each kind."""
    folder = HERE / f"v{PROTOCOL_VERSION}"
    folder.mkdir(exist_ok=True)
    for kind in EXAMPLES:
        frames = golden(kind)
        (folder / f"{kind}.hex").write_text("".join(f"{frame.hex()}\n" for frame in frames))


if __name__ == "__main__":
    main()
