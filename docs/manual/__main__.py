"""Write everything anew that is made of the parsers: `make manual`."""

from manual.files import FOLDER, files


def main() -> None:
    """Write it."""
    for path, text in files().items():
        place = FOLDER / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
