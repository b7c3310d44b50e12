"""From the follower's state and the user's settings to a scene: what to draw, in which order."""

import time
from collections.abc import Callable

from connmon_display.client import Client
from connmon_display.duration import short
from connmon_display.filters.rows import RowFilter
from connmon_display.filters.words import matches
from connmon_display.labels import Label, label_of, listening_ports
from connmon_display.refresh.columns import widths
from connmon_display.refresh.compose import page_of
from connmon_display.refresh.controls import Controls, Place, scrolled
from connmon_display.refresh.scene import Scene, SceneRow
from connmon_display.refresh.theme import Style
from connmon_shared.clock import boottime
from connmon_shared.history import Track
from connmon_shared.timeline import TICKS_PER_SECOND, Mark, tick_of

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read
_ORDER: dict[str, Callable[[Track], object]] = {
    "last-change": lambda track: -track.timeline.last_tick,
    "address": lambda track: (len(track.peer.address), track.peer),
    "state": lambda track: (not track.open, track.peer.address),
    "opened": lambda track: -track.opened,
}


class Painter:
    """Chooses and orders the rows, and describes the moment to draw."""

    def __init__(self, client: Client, row_filter: RowFilter, width: int) -> None:
        self._client = client
        self._filter = row_filter
        self._width = width
        self._order: list[Track] = []
        self._ordered_for: object = None
        self._ordered_at = 0.0

    def place(self, controls: Controls, size: tuple[int, int]) -> Place:
        """Return the surroundings in which a key acts."""
        history = self._client.follower.history
        return Place(
            rows=[track.peer for track in self._rows(controls)],
            page=page_of(size[1]),
            columns=widths(size[0], self._width).timeline,
            now=self._client.now(),
            earliest=history.seconds(history.coverage.begin),
        )

    def scene(self, controls: Controls, size: tuple[int, int], note: str) -> tuple[Scene, Controls]:
        """Return what to draw, and the controls with the selected row in sight."""
        tracks = self._rows(controls)
        place = self.place(controls, size)
        controls = scrolled(controls, place)
        shown = tracks[controls.top : controls.top + place.page]
        mode, mode_style = self._mode(controls)
        now = self._client.now() if controls.frozen_at is None else controls.frozen_at
        unit = controls.unit
        last = tick_of(now) // unit - controls.pan  # the unit at the right edge, since 1970
        start = (last - place.columns + 1) * unit
        follower = self._client.follower
        scene = Scene(
            width=size[0],
            height=size[1],
            clock=time.strftime("%H:%M:%S", time.localtime(now)) if follower.live else "--:--:--",
            mode=mode,
            mode_style=mode_style,
            typed=controls.typed,
            editing=controls.editing,
            counts=self._counts(controls),
            timeline=self._width,
            unit=unit,
            end=last * unit / TICKS_PER_SECOND,
            behind=controls.pan * unit / TICKS_PER_SECOND,
            features=self._features(),
            names=controls.names,
            rows=self._scene_rows(shown, controls, (start, place.columns)),
            empty=self._empty(controls),
            dimmed=self._client.stale,
            help=controls.help,
            note=note,
            limits=self._client.problems + self._client.limits,
        )
        return scene, controls

    def _features(self) -> frozenset[str]:
        enricher = self._client.follower.statuses.get("enricher")
        return frozenset(enricher.features if enricher is not None else ())

    def _rows(self, controls: Controls) -> list[Track]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        history = self._client.follower.history  # another one after the state was taken over anew
        settings = (controls.sort, controls.reverse, controls.typed, controls.listeners)
        key = (history, len(history.tracks), *settings)
        moving = controls.sort != "first-seen" or bool(controls.typed)
        old = moving and boottime() - self._ordered_at > RESORT_SECONDS
        if key != self._ordered_for or old:
            self._ordered_for, self._ordered_at = key, boottime()
            self._order = self._ordered(controls)
        return self._order

    def _ordered(self, controls: Controls) -> list[Track]:
        found = [
            track
            for peer, track in self._client.follower.history.tracks.items()
            if (controls.listeners or not peer.listening) and self._filter.shows(peer)
        ]
        if controls.typed:
            servers = listening_ports(self._client.follower.history)
            found = [t for t in found if matches(self._label(t, servers), controls.typed)]
        if controls.sort in _ORDER:
            found.sort(key=_ORDER[controls.sort])  # type: ignore[arg-type] # one type per order
        if controls.reverse:
            found.reverse()
        return sorted(found, key=lambda track: track.peer.listening)

    def _label(self, track: Track, servers: frozenset[int], *, new: bool = False) -> Label:
        fact = self._client.follower.facts.get(track.peer.address)
        return label_of(track, fact, servers, new=new)

    def _scene_rows(
        self, tracks: list[Track], controls: Controls, window: tuple[int, int]
    ) -> tuple[SceneRow, ...]:
        history = self._client.follower.history
        servers = listening_ports(history)
        start, count = window
        begin = start - (history.origin or 0)
        rows = []
        for track in tracks:
            marks = track.timeline.marks(begin, controls.unit, count)
            history.coverage.mask(marks, begin, controls.unit)
            label = self._label(track, servers, new=marks[-1] == Mark.NEW and not controls.pan)
            chosen = track.peer == controls.selected
            rows.append(SceneRow(label, bytes(marks), chosen, bool(track.open)))
        return tuple(rows)

    def _counts(self, controls: Controls) -> tuple[str, ...]:
        history = self._client.follower.history
        tracks = history.tracks.values()
        remotes = [track for track in tracks if not track.peer.listening]
        active = sum(1 for track in remotes if track.open and self._filter.shows(track.peer))
        listening = sum(1 for track in tracks if track.peer.listening and track.open)
        age = self._client.now() - history.seconds(history.coverage.begin)
        arrow = " reversed" if controls.reverse else ""
        listed = sum(1 for track in self._order if not track.peer.listening)
        return (
            f"{active} active",
            f"{listening} listen",
            f"{listed}/{len(remotes)} IPs",
            f"sort:{controls.sort}{arrow}",
            f"up {short(max(1, int(age)))}" if history.started else "",
        )

    def _mode(self, controls: Controls) -> tuple[str, Style]:
        client = self._client
        if client.stale or not client.follower.live:
            if trouble := client.trouble():
                return f"DISCONNECTED ({trouble})", Style.CLOSED
            if not client.follower.live:
                return "WAITING", Style.LISTEN
            return f"STALE {short(int(client.silence))}", Style.CLOSED
        if controls.frozen_at is not None:
            return f"FROZEN +{short(int(client.now() - controls.frozen_at))}", Style.LISTEN
        return "LIVE", Style.NEW

    def _empty(self, controls: Controls) -> str:
        follower = self._client.follower
        if not follower.live:
            return follower.waiting or "waiting for the collector…"
        if controls.typed:
            return f"no address matches “{controls.typed}” – / edit, Esc clear"
        return "waiting for the first connection…"
