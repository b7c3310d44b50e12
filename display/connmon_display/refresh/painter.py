"""From the follower's state and the user's settings to a scene: what to draw."""

import time

from connmon_display.about import about
from connmon_display.duration import short
from connmon_display.filters.rows import RowFilter
from connmon_display.refresh.columns import widths
from connmon_display.refresh.compose import page_of
from connmon_display.refresh.controls import Controls, Place, scrolled
from connmon_display.refresh.scene import Scene, SceneRow
from connmon_display.refresh.table import Table
from connmon_display.refresh.theme import Style
from connmon_display.source import Source
from connmon_shared.rows import Track
from connmon_shared.timeline import TICKS_PER_SECOND, Mark, tick_of


class Painter:
    """Describes the moment to draw."""

    def __init__(self, client: Source, row_filter: RowFilter, width: int) -> None:
        self._client = client
        self._table = Table(client, row_filter)
        self._width = width

    def place(self, controls: Controls, size: tuple[int, int]) -> Place:
        """Return the surroundings in which a key acts."""
        history = self._client.follower.history
        rows = [track.peer for track in self._table.rows(controls)]
        counting = self._client.follower.details.counting
        return Place(
            rows=rows,
            page=page_of(size[1], about=controls.selected in rows),
            columns=widths(size[0], self._width, counting=counting).timeline,
            now=self._client.now(),
            earliest=history.seconds(history.coverage.begin),
        )

    def scene(self, controls: Controls, size: tuple[int, int], note: str) -> tuple[Scene, Controls]:
        """Return what to draw, and the controls with the selected row in sight."""
        tracks = self._table.rows(controls)
        place = self.place(controls, size)
        controls = scrolled(controls, place)
        shown = tracks[controls.top : controls.top + place.page]
        mode, mode_style = self._mode(controls)
        now = self._edge() if controls.frozen_at is None else controls.frozen_at
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
            counts=self._counts(controls, tracks),
            timeline=self._width,
            unit=unit,
            end=last * unit / TICKS_PER_SECOND,
            behind=controls.pan * unit / TICKS_PER_SECOND,
            features=self._client.features,
            counting=follower.details.counting,
            names=controls.names,
            rows=self._scene_rows(shown, controls, (start, place.columns)),
            empty=self._empty(controls),
            dimmed=self._client.stale,
            help=controls.help,
            about=self._about(tracks, controls),
            note=note,
            limits=self._client.problems + self._client.limits,
        )
        return scene, controls

    def _edge(self) -> float:
        """Return the moment at the right edge: now, or while live the last that was observed.

        A sample takes a moment to come; until then its column would be blank, and untrue.
        """
        history = self._client.follower.history
        observed = history.seconds(history.coverage.end - 1)
        return self._client.now() if self._client.stale else min(self._client.now(), observed)

    def _scene_rows(
        self, tracks: list[Track], controls: Controls, window: tuple[int, int]
    ) -> tuple[SceneRow, ...]:
        history = self._client.follower.history
        start, count = window
        begin = start - (history.origin or 0)
        rows = []
        for track in tracks:
            marks = track.timeline.marks(begin, controls.unit, count)
            history.coverage.mask(marks, begin, controls.unit)
            label = self._table.full_label(track, new=marks[-1] == Mark.NEW and not controls.pan)
            chosen = track.peer == controls.selected
            rows.append(SceneRow(label, bytes(marks), chosen, bool(track.open)))
        return tuple(rows)

    def _about(self, tracks: list[Track], controls: Controls) -> str:
        chosen = next((track for track in tracks if track.peer == controls.selected), None)
        if chosen is None:
            return ""
        follower = self._client.follower
        unusual = follower.lasting.unusual(chosen, self._client.now())
        return about(chosen, follower.details, unusual) or "its process is not known"

    def _counts(self, controls: Controls, tracks: list[Track]) -> tuple[str, ...]:
        history, table = self._client.follower.history, self._table
        age = self._client.now() - history.seconds(history.coverage.begin)
        arrow = " reversed" if controls.reverse else ""
        listed = sum(1 for track in tracks if not track.peer.listening)
        return (
            f"{sum(1 for track in table.remotes if track.open)} active",
            f"{sum(1 for track in table.listeners if track.open)} listen",
            f"{listed}/{table.met} IPs",
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
            return self._client.pipeline.waiting or "waiting for the collector…"
        if controls.typed:
            return f"no address matches “{controls.typed}” – / edit, Esc clear"
        return "waiting for the first connection…"
