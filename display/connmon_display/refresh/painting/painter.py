"""From what is known of the hosts and the user's settings to a scene: what to draw."""

import time
from collections.abc import Iterator
from itertools import chain

from connmon_display.attention.trouble import list_problems, missing_look_ups
from connmon_display.filters.mistakes import mistake
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.follow import Follower
from connmon_display.following.hosts import short_names
from connmon_display.following.known import Known
from connmon_display.following.pipeline import Problem
from connmon_display.following.source import Source
from connmon_display.refresh.input.controls import Controls, Place, scrolled
from connmon_display.refresh.layout.layout import Widths, host_width, page_of, widths
from connmon_display.refresh.layout.needs import needs_of, with_reserve
from connmon_display.refresh.painting.drawing import Window
from connmon_display.refresh.painting.lately import Lately
from connmon_display.refresh.painting.picture import Picture
from connmon_display.refresh.painting.standing import counts_of, empty_of, mode_of, remedy_of
from connmon_display.refresh.scene import Panel, Scene
from connmon_display.refresh.table.table import Table
from connmon_display.rows.arrangement import groupings, sorts
from connmon_display.rows.past import Past
from connmon_display.rows.row import Row, Shown
from connmon_shared.text import clean
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, tick_of

_LONGEST_NOTE = 1_000  # characters: more than a screen is wide


class Painter:
    """Describes the moment to draw."""

    def __init__(self, client: Source, row_filter: RowFilter, width: int) -> None:
        self._client = client
        self._lists = row_filter.lists
        self._live = self._picture = Picture(client, Table(client, row_filter), Past())
        self._frozen_at: float | None = None
        self._width = width
        self._in_sight: list[Shown] = []
        self._lately = Lately()

    def learn(self, change: Change) -> None:
        """Take note of what `change` tells of addresses."""
        self._live.table.learn(change)
        self._live.drawing.learn(change)

    def heed(self, controls: Controls) -> None:
        """Let the picture stand still from now on, or go on, if that is what the user has set."""
        if controls.frozen_at == self._frozen_at:
            return
        if self._picture is not self._live:
            self._picture, self._in_sight = self._live, []  # or rows are still copied for them
            self._live.renew()
        if controls.frozen_at is not None:
            self._picture = self._live.still(controls)
        self._frozen_at = controls.frozen_at

    def awaits_words(self, controls: Controls) -> bool:
        """Return whether there is something to prepare for words that are typed now."""
        return self._picture.table.awaits_words(controls)

    def prepare(self, controls: Controls) -> None:
        """Go on with that for a moment; without words let go of what was prepared."""
        self._picture.table.prepare(controls)

    def place(self, controls: Controls, size: tuple[int, int]) -> Place:
        """Return the surroundings in which a key acts."""
        self.heed(controls)
        columns = self._parts(controls, size).timeline
        panel = self._panel(self._rows(controls, columns), controls, size)
        return self._place(controls, size, panel, columns)

    def _place(
        self, controls: Controls, size: tuple[int, int], panel: Panel | None, columns: int
    ) -> Place:
        return Place(
            rows=self._picture.table.keys,
            page=page_of(size[1], panel.lines if panel is not None else 0),
            panel=panel.lines if panel is not None else 0,
            columns=columns,
            now=self._known.now(),
            edge=self._known.axis.edge(),
            earliest=self._known.axis.earliest(),
            sorts=self._sorts(controls),
            groupings=groupings(self._known.features),
        )

    def scene(self, controls: Controls, size: tuple[int, int], note: str) -> tuple[Scene, Controls]:
        """Return what to draw, and the controls with the selected row in sight."""
        self.heed(controls)
        scene, controls = self._scene(controls, size, note)
        needs = needs_of((row.label for row in scene.rows), names=controls.names)
        if self._lately.learn(needs, self._known.axis.edge(), (controls.by, controls.names)):
            return self._scene(controls, size, note)
        return scene, controls

    def _scene(
        self, controls: Controls, size: tuple[int, int], note: str
    ) -> tuple[Scene, Controls]:
        known, parts = self._known, self._parts(controls, size)
        rows = self._rows(controls, parts.timeline)
        panel = self._panel(rows, controls, size)
        place = self._place(controls, size, panel, parts.timeline)
        controls = scrolled(controls, place, panel)
        names = self._names()
        shown = self._in_sight = rows[controls.top : controls.top + place.page]
        mode, mode_style = mode_of(self._client, names, controls)
        unit = controls.unit
        start = self._start(controls, place.columns)
        end = start + (place.columns - 1) * unit  # where the unit at the right edge begins
        window = Window(start, unit, place.columns, live=not controls.pan)
        problems = self._problems(controls)
        now = time.localtime(known.axis.edge())
        hosts = [name.lower() for name in names]
        wrong = mistake(controls.typed, hosts, known.features, kept=not controls.editing)
        drawn = tuple(self._picture.drawing.rows(shown, names, window, controls.selected))
        scene = Scene(
            width=size[0],
            height=size[1],
            clock=time.strftime("%H:%M:%S", now) if known.pipeline.live else "--:--:--",
            mode=mode,
            mode_style=mode_style,
            typed=controls.typed,
            editing=controls.editing,
            mistake=wrong or controls.cut,
            counts=counts_of(known, self._picture.table, controls),
            parts=parts,
            unit=unit,
            end=end / TICKS_PER_SECOND,
            behind=controls.pan * unit / TICKS_PER_SECOND,
            features=known.features,
            names=controls.names,
            by=controls.by,
            rows=drawn,
            needs=with_reserve(self._lately.needs, size[0]),
            empty=empty_of(known, controls, wrong),
            remedy=remedy_of(known, controls),
            help=controls.help,
            panel=panel,
            note=clean(note, _LONGEST_NOTE),
            replay=self._client.playback is not None,
            limits=self._client.limits,
            problems=tuple(problem.text for problem in problems),
            faults=len(problems) - sum(1 for lost in self._losses if lost),
            lost=sum(self._losses),
            span=max((host.paces.span for host in self._hosts.values()), default=0.0),
            help_top=controls.help_top,
            top=controls.top,
            total=len(place.rows),
            alerts=len(self._picture.table.alerts),
        )
        return scene, controls

    def addresses(self, controls: Controls) -> Iterator[bytes]:
        """Yield the remote addresses that are looked at.

        Those of the last scene; and where words are typed those that these may hide, because a
        name decides only once it is confirmed.
        """
        more = self._picture.table.remotes if controls.typed else ()
        for row in chain(self._in_sight, more):
            if isinstance(row, Row) and not row.track.peer.listening:
                yield row.track.peer.address

    def _panel(self, rows: list[Shown], controls: Controls, size: tuple[int, int]) -> Panel | None:
        keys, key = self._picture.table.keys, controls.selected
        chosen = rows[keys.index(key)] if key is not None and key in keys else None
        return self._picture.closeup.panel(chosen, controls, size, self._known.axis.edge())

    def _rows(self, controls: Controls, columns: int) -> list[Shown]:
        """Return the rows of which anything is to be seen in timelines of so many columns."""
        table = self._picture.table
        table.since = self._start(controls, columns) / TICKS_PER_SECOND
        return table.rows(controls)

    def _parts(self, controls: Controls, size: tuple[int, int]) -> Widths:
        """Return how wide everything on a line is on a screen of that size."""
        return widths(
            size[0],
            self._width,
            counting=self._counting,
            host=host_width(self._names().values(), size[0]),
            features=self._known.features,
            by=controls.by,
            needs=with_reserve(self._lately.needs, size[0]),
        )

    def _start(self, controls: Controls, columns: int) -> int:
        """Return the tick, since 1970, at which the first of the columns begins."""
        last = tick_of(self._known.axis.edge()) // controls.unit - controls.pan
        return (last - columns + 1) * controls.unit

    def _sorts(self, controls: Controls) -> tuple[str, ...]:
        """Return the orders of which there is something to see."""
        return sorts(
            controls.by,
            self._known.features,
            counting=self._counting,
            several=self._known.pipeline.several,
            watching=self._lists.watching,
        )

    @property
    def _known(self) -> Known:
        return self._picture.known

    @property
    def _hosts(self) -> dict[str, Follower]:
        return self._known.pipeline.hosts

    @property
    def _counting(self) -> bool:
        return any(host.details.counting for host in self._hosts.values())

    def _problems(self, controls: Controls) -> tuple[Problem, ...]:
        return (
            *self._client.problems,
            *list_problems(self._lists, self._client),
            *missing_look_ups(controls.by, controls.sort, self._client),
        )

    @property
    def _losses(self) -> list[int]:
        """How many events each stage has lost; each that has is a problem as well."""
        return [status.lost for status in self._client.pipeline.statuses.values()]

    def _names(self) -> dict[str, str]:
        """Return what to call each host; nothing where there is only one."""
        return short_names(self._hosts) if self._known.pipeline.several else {}
