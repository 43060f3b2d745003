"""A baresip in a folder of its own, driven over its JSON control port (ctrl_tcp), no sound card.

What it hears is written by its sndfile module; what it says comes from a WAV file, or is what it
hears (`echo`: its aubridge device joins playback to capture).
"""
import json
import os
import select
import shutil
import socket
import time
from pathlib import Path

import pytest

from lineman_test import DEADLINE, Process, free_port

MODULES = next((p for p in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules")
                if Path(p).is_dir()), None)


def need():
    if not shutil.which("baresip") or not MODULES:
        pytest.skip("baresip is not installed (Debian: baresip-core)")
    have = {p.stem for p in Path(MODULES).glob("*.so")}
    missing = {"ctrl_tcp", "sndfile", "aufile", "aubridge", "g711", "g722", "opus"} - have
    if missing:
        pytest.skip(f"this baresip lacks {', '.join(sorted(missing))}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: is there a route at all?
        except OSError:
            pytest.skip("baresip wants a network interface beside loopback")


class Baresip:
    def __init__(self, child, folder, *, codec=None, play=None, answer=False, transport="udp"):
        self.folder = Path(folder) / "baresip"
        self.folder.mkdir()
        self.heard = self.folder / "heard"
        self.heard.mkdir()
        for _ in range(8):  # it takes the next port too, for TLS: somebody may have that
            self.configure(codec, play, answer, transport)
            self.events = []
            self.buffer = b""
            self.process = child(["baresip", "-f", str(self.folder)], merge=True)
            self.socket = self.connect()
            if self.socket:
                return
        raise AssertionError(f"no free ports for baresip; {self.process.story()}")

    def configure(self, codec, play, answer, transport):
        self.port, self.control_port = free_port(), free_port()
        self.uri = f"sip:bob@127.0.0.1:{self.port}"
        source = f"aufile,{play}" if play else "aubridge,loop"
        modules = ["account", "menu", "ctrl_tcp", "g711", "g722", "opus", "aufile", "aubridge",
                   "sndfile", "uuid"]
        (self.folder / "config").write_text("\n".join([
            "poll_method epoll", f"sip_listen 127.0.0.1:{self.port}", "call_local_timeout 60",
            "audio_player aubridge,loop", f"audio_source {source}", "audio_alert aubridge,alert",
            "audio_channels 1-1",
            "rtp_timeout 0", "jitter_buffer_delay 2-10", "rtp_ports 20000-30000",
            f"module_path {MODULES}", *(f"module {m}.so" for m in modules if m not in
                                        ("account", "menu", "ctrl_tcp")),
            "module_app account.so", "module_app menu.so", "module_app ctrl_tcp.so",
            f"ctrl_tcp_listen 127.0.0.1:{self.control_port}", f"snd_path {self.heard}",
            "opus_bitrate 28000", "opus_stereo no", "opus_sprop_stereo no",
        ]) + "\n")
        codecs = f";audio_codecs={codec}" if codec else ""
        (self.folder / "accounts").write_text(
            f"<sip:bob@127.0.0.1:{self.port};transport={transport}>;regint=0{codecs}"
            f";answermode={'auto' if answer else 'manual'};auth_user=bob;auth_pass=x\n")
        (self.folder / "contacts").write_text("")

    def connect(self):
        """Its control port; None when another program had one of the ports."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                control = socket.create_connection(("127.0.0.1", self.control_port), timeout=1)
                control.setblocking(False)
                return control
            except OSError:
                if not self.process.reap(0.02) and time.monotonic() < deadline:
                    continue
                story = self.process.story()
                if "Address already in use" in story:
                    return None
                raise AssertionError(f"baresip does not start; {story}") from None

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params, "token": name}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))
        return self.wait(lambda e: e.get("response") and e.get("token") == name)

    def dial(self, uri):
        """With a user, which it wants before a port."""
        self.command("dial", uri if "@" in uri else uri.replace("sip:", "sip:lineman@"))

    def wait(self, matches, seconds=DEADLINE):
        """The first message from baresip that `matches` (a predicate or an event's type)."""
        if isinstance(matches, str):
            kind = matches
            matches = lambda e: e.get("type") == kind  # noqa: E731
        deadline = time.monotonic() + seconds
        while True:
            for event in self.events:
                if matches(event):
                    self.events.remove(event)
                    return event
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self.socket], [], [], wait)[0]:
                raise AssertionError(f"baresip never said it, but {self.events}")
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError(f"baresip left; {self.process.story()}")
            self.buffer += data
            self.split()

    def split(self):
        while b":" in self.buffer:
            size, _, rest = self.buffer.partition(b":")
            if len(rest) < int(size) + 1:
                return
            self.events.append(json.loads(rest[:int(size)]))
            self.buffer = rest[int(size) + 1:]

    def quit(self):
        """Ends it in order, so that its files are complete."""
        self.socket.close()
        if self.process.exit is not None:
            return
        self.process.signal(15)
        deadline = time.monotonic() + 10
        try:
            while self.process.read_some(deadline):
                pass
        except TimeoutError:
            pass
        self.process.reap(5)
        self.process.close()

    def recording(self, direction="dec"):
        files = sorted(self.heard.glob(f"*-{direction}.wav"), key=os.path.getsize)
        assert files, f"baresip recorded nothing: {list(self.heard.iterdir())}"
        return files[-1]
