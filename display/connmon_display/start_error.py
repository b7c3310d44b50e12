"""What every program of the display ends with when it cannot start."""


class StartError(Exception):
    """The program cannot start; the text says what to do."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
