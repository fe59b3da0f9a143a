"""Builds: each filling of a projection, in a schema of its own, and which of them readers see.

One build is *live*: the views in `read` show it. The next one is *building*, then *ready*; when it goes live, the one
before is *kept* for a rollback. A *scratch* build ends at a position of the past and never goes live.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from infra.errors import Contended, IntegrityFault, NotFound
from infra.postgres import Connection
from projections.columns import fingerprint
from projections.kernel import Projection

State = Literal["building", "ready", "live", "kept", "scratch"]


@dataclass(frozen=True, slots=True)
class Build:
    """One filling of a projection. `until` is the position at which a scratch build ends."""

    projection: Projection
    number: int
    state: State
    until: int | None = None

    @property
    def schema(self) -> str:
        return schema_of(self.projection.name, self.number)

    @property
    def name(self) -> str:
        return f"build {self.number} of {self.projection.name}"


def schema_of(projection: str, number: int) -> str:
    """The name of the schema in which a build stands."""
    return f"read_{projection}_{number}"


def live_to_write(connection: Connection, projection: Projection) -> Build | None:
    """The build that readers see, for this code to go on with; None before the first.

    Raises:
        IntegrityFault: its rows have another meaning or another shape than this version of Carnet gives them, or a
            table is gone.
    """
    build = find(connection, projection, "live")
    if build is not None:
        check_meaning(connection, build)
        check_tables(connection, build)
    return build


def live_to_read(connection: Connection, projection: Projection) -> Build:
    """The build that readers see, to look at its tables as the database has them: its rows may be of another version.

    Raises:
        NotFound: there is none yet.
    """
    build = find(connection, projection, "live")
    if build is None:
        raise NotFound(f"Projection {projection.name} was never built.", hint="Run `carnet project`.")
    return build


def find(connection: Connection, projection: Projection, *states: State) -> Build | None:
    """The build of a projection that is in one of these states, whatever its rows mean; of several the last."""
    found = every(connection, projection, *states)
    return found[-1] if found else None


def every(connection: Connection, projection: Projection, *states: State) -> list[Build]:
    """The builds of a projection that are in one of these states, in the order in which they were made."""
    rows = connection.execute(
        """select build, state, until from read.builds where projection = %s and state = any(%s)
        order by build""",
        [projection.name, list(states)],
    )
    return [Build(projection, *row) for row in rows]


def check_meaning(connection: Connection, build: Build) -> None:
    """Raises IntegrityFault: this version of Carnet cannot go on with the rows of a build."""
    name, ours = build.projection.name, build.projection.version
    row = connection.execute(
        "select version, shape from read.builds where projection = %s and build = %s", [name, build.number]
    ).fetchone()
    if row is None:
        raise _gone(build)
    version, shape = row
    if version != ours:
        age = "older" if version > ours else "newer"
        raise IntegrityFault(
            f"The rows of projection {name} are of v{version}; this version of Carnet is {age} and writes v{ours}.",
            hint=f"Run a version of Carnet that writes v{version}, or `carnet project rebuild {name}` to go on with "
            f"v{ours}.",
        )
    if shape != fingerprint(build.projection.rows, build.projection.edition):
        raise IntegrityFault(
            f"The rows of projection {name} are of another shape than this version of Carnet gives them.",
            hint=f"Run the version of Carnet that wrote them, or `carnet project rebuild {name}` to go on with this "
            "one.",
        )


def check_tables(connection: Connection, build: Build) -> None:
    """Raises IntegrityFault: a table of a build is gone; it is named."""
    row = connection.execute(
        """select name from read.builds cross join unnest(tables) as name
        where projection = %s and build = %s and to_regclass(format('%%I.%%I', %s::text, name)) is null""",
        [build.projection.name, build.number, build.schema],
    ).fetchone()
    if row is not None:
        raise IntegrityFault(
            f"Table {build.schema}.{row[0]} of projection {build.projection.name} is gone.",
            hint=f"Run `carnet project rebuild {build.projection.name}`.",
        )


def stays_unchanged(connection: Connection, build: Build) -> bool:
    """Whether a build is what it was when it was opened; it stays so until the transaction ends."""
    row = connection.execute(
        "select state from read.builds where projection = %s and build = %s for share",
        [build.projection.name, build.number],
    ).fetchone()
    return row == (build.state,)


def is_unchanged(connection: Connection, build: Build) -> bool:
    """The same as of now, without holding it."""
    row = connection.execute(
        "select state from read.builds where projection = %s and build = %s",
        [build.projection.name, build.number],
    ).fetchone()
    return row == (build.state,)


def hold_live(connection: Connection, projection: Projection) -> Build | None:
    """The live build, which nobody writes until the transaction ends."""
    build = find(connection, projection, "live")
    if build is not None:
        hold(connection, build)
    return build


def hold(connection: Connection, build: Build) -> None:
    """Let nobody write a build, nor change its state, until the transaction ends.

    Raises:
        Contended: it is no longer what it was, or is gone.
    """
    row = connection.execute(
        "select state from read.builds where projection = %s and build = %s for no key update",
        [build.projection.name, build.number],
    ).fetchone()
    if row is None:
        raise _gone(build)
    if row[0] != build.state:
        raise Contended(
            f"{build.name.capitalize()} is {row[0]} by now, no longer {build.state}.",
            hint="Look at `carnet project builds`.",
        )


def close_gate(connection: Connection, build: Build) -> None:
    """Nothing is done that the rows of a build ask for, until it knows all that is in the log now."""
    connection.execute(
        "update read.builds set gate = (select position from carnet.head) where projection = %s and build = %s",
        [build.projection.name, build.number],
    )


def turn(connection: Connection, build: Build, state: State, now: datetime) -> Build:
    """Put a build into another state; returns what it is then."""
    connection.execute(
        "update read.builds set state = %s, changed_at = %s where projection = %s and build = %s",
        [state, now, build.projection.name, build.number],
    )
    return replace(build, state=state)


def _gone(build: Build) -> Contended:
    return Contended(f"{build.name.capitalize()} is gone.", hint="Look at `carnet project builds`.")
