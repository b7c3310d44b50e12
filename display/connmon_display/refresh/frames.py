"""When a frame is due: soon after a key, and one for the clock and the news of a second. Pure."""

import math
from collections import deque

FRAMES = 10  # at most in any second
FRAME_SECONDS = 1 / FRAMES
CLOCK_SECONDS = 1.0  # without any news a frame is due when the clock moves on
CLOCK_MARGIN = 0.005  # so much later, as a frame just before would show the second that is over
NEWS_MARGIN = 0.05  # by which news may be later than it was the second before
NEAR_SECONDS = 0.5  # news may wait so long for the frame that is due anyway, and that for news


class Frames:
    """Remembers when the last frames were drawn.

    Attributes:
        due: when the next one is, in seconds of the clock that the methods are told `now` by.
    """

    def __init__(self) -> None:
        self.due = -math.inf
        self._drawn = deque([-math.inf] * FRAMES, maxlen=FRAMES)
        self._answers = deque([-math.inf] * 2, maxlen=2)  # those of them that were hastened
        self._hastened = False
        self._lag = 0.0  # by how much the next frame may come after the clock, for news to come
        self._second = -math.inf  # of the clock, in which there was news last
        self._came = self._expected = 0  # how often within it, and in the last such one before

    def hasten(self) -> None:
        """Let what the user did be drawn at once, also close behind one other answer.

        It never waits because of the clock or of news; of many keys each frame shows several.
        """
        self._hastened = True
        before, last = self._answers
        self._by(min(last + FRAME_SECONDS, before + 2 * FRAME_SECONDS))

    def follow(self) -> None:
        """Let what is new be drawn in the frame that may come next."""
        self._by(self._drawn[-1] + FRAME_SECONDS)

    def news(self, now: float, time: float) -> None:
        """Let news be drawn soon.

        It mostly comes once a second: then the clock waits for it, or it for the clock, and there
        is one frame for both; at once when as much has come as in the second before.

        Args:
            now: when it came.
            time: what the clock on the screen shows then, in seconds.
        """
        second, phase = divmod(time, CLOCK_SECONDS)
        if second != self._second:
            self._second, self._expected, self._came = second, self._came, 0
        self._came += 1
        self._lag = phase + NEWS_MARGIN if phase < NEAR_SECONDS else 0.0
        if self.due - now > NEAR_SECONDS:
            self.follow()
        elif self._lag and self._came == self._expected:
            self._by(now)

    def put_off(self, now: float) -> None:
        """Try again later: the terminal takes nothing more."""
        self.due = now + FRAME_SECONDS

    def drawn(self, now: float, time: float, unit: float) -> None:
        """Take note of a frame; without news the next one is due when the time line moves on.

        Args:
            now: when it was begun.
            time: what the clock on the screen shows then, in seconds.
            unit: what one character of the time line stands for, in seconds.
        """
        self._drawn.append(now)
        if self._hastened:
            self._answers.append(now)
            self._hastened = False
        step = min(CLOCK_SECONDS, unit)
        lag = max(CLOCK_MARGIN, self._lag if step == CLOCK_SECONDS else 0.0)
        self.due = self._bounded(now + max(FRAME_SECONDS, step - time % step + lag))
        self._lag = 0.0

    def _by(self, moment: float) -> None:
        self.due = min(self.due, self._bounded(moment))

    def _bounded(self, moment: float) -> float:
        return max(moment, self._drawn[0] + FRAMES * FRAME_SECONDS)
