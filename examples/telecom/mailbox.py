"""A mail server that keeps what it gets in a folder: a process that speaks just enough SMTP.

    python -m telecom.mailbox FOLDER [--port N]

A message that comes again with its Message-ID is kept once, as mailboxes do.
"""

from __future__ import annotations

import argparse
import sys
from email.parser import BytesParser
from email.policy import default
from hashlib import sha256
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Final

ANSWERS: Final = {
    "EHLO": "250 mailbox",
    "HELO": "250 mailbox",
    "MAIL": "250 yes",
    "RCPT": "250 yes",
    "RSET": "250 yes",
    "NOOP": "250 yes",
    "QUIT": "221 good-bye",
}


def handler(folder: Path) -> type[StreamRequestHandler]:
    """What answers for a mailbox."""

    class Handler(StreamRequestHandler):
        """Answers one connection."""

        def handle(self) -> None:
            """Take messages until the other side leaves."""
            self.say("220 mailbox")
            for line in self.rfile:
                command = line[:4].decode("ascii", "replace").upper()
                if command == "DATA":
                    self.say("354 go on")
                    text = self.text()
                    if text is None:  # the other side was gone before the end: nothing was sent
                        return
                    keep(text, folder)
                    self.say("250 kept")
                else:
                    self.say(ANSWERS.get(command, "502 not here"))
                if command == "QUIT":
                    return

        def text(self) -> bytes | None:
            """A message, to the line that holds one dot; None if that never comes."""
            lines: list[bytes] = []
            for line in self.rfile:
                if line == b".\r\n":
                    return b"".join(lines)
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return None

        def say(self, answer: str) -> None:
            """Answer."""
            self.wfile.write(f"{answer}\r\n".encode())

    return Handler


def keep(raw: bytes, folder: Path) -> None:
    """Keep a message, under its own name; the file is whole when it is there."""
    name = str(BytesParser(policy=default).parsebytes(raw)["Message-ID"] or raw)
    file = folder / f"{sha256(name.encode()).hexdigest()[:16]}.eml"
    part = file.with_suffix(".part")
    part.write_bytes(raw)
    part.replace(file)


def main(words: list[str]) -> None:
    """Take mail until stopped; print the port that it is taken at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    ThreadingTCPServer.daemon_threads = True
    with ThreadingTCPServer(("127.0.0.1", asked.port), handler(asked.folder)) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
