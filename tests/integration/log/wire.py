"""A wire between a client and PostgreSQL that can be cut at a chosen moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

READY_FOR_QUERY = b"Z\x00\x00\x00\x05I"

Cut = Literal["before the server hears it", "before the client hears the answer"]


class Wire:
    """Forwards everything, until `cut_next` says at which point the next statement is to be lost: the next one that
    holds some bytes, for there may be other connections."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._cut: Cut | None = None
        self._holding = b""
        self._closed = False
        self.cuts = 0
        self.refusing = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut_next(self, cut: Cut, *, holding: bytes = b"") -> None:
        self._cut, self._holding = cut, holding

    def close(self) -> None:
        self._closed = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            thread = threading.Thread(target=self._forward, args=(client, server), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """A client of the protocol speaks, then waits: so one thread serves both ways."""
        asked = [b""]
        answers = threading.Thread(target=self._answer, args=(client, server, asked), daemon=True)
        answers.start()
        with suppress(OSError):
            while said := client.recv(1 << 20):
                asked[0] += said  # a long statement comes in pieces
                if self._is_cut("before the server hears it", said):
                    self._lose()
                    break
                server.sendall(said)
        _hang_up(client, server)
        answers.join(timeout=10)

    def _answer(self, client: socket.socket, server: socket.socket, asked: list[bytes]) -> None:
        with suppress(OSError):
            while said := server.recv(1 << 20):
                if self._is_cut("before the client hears the answer", asked[0]):
                    while READY_FOR_QUERY not in said:  # a changed setting may be told after it
                        said += server.recv(1 << 20)
                    self._lose()
                    break
                if READY_FOR_QUERY in said:
                    asked[0] = b""
                client.sendall(said)
        _hang_up(client, server)

    def _is_cut(self, here: Cut, asked: bytes) -> bool:
        return self._cut == here and self._holding in asked

    def _lose(self) -> None:
        self._cut = None
        self.cuts += 1


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def wire(conninfo: str, folder: Path) -> Iterator[tuple[Wire, str]]:
    """A wire to the server of `conninfo`, and the connection string that leads over it."""
    server = conninfo_to_dict(conninfo)
    cable = Wire(f"{server['host']}/.s.PGSQL.{server['port']}", folder)
    try:
        yield cable, make_conninfo(conninfo, host=str(folder), port=5432)
    finally:
        cable.close()
