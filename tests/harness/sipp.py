"""SIPp scenarios, written as steps, and a SIPp that runs one of them.

    uas = Sipp(child, folder, [take("INVITE"), say(180), say(200, SDP), take("ACK"), take("BYE"), say(200)])
    ... lineman dials uas.uri ...
    uas.passed()

RTP is sent by rtp_stream from a file of coded bytes (`Sipp(stream=...)`), and by -rtp_echo.
"""
import shutil
import time

import pytest

from lineman_test import DEADLINE, Process, free_port

OURS = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>"


def need():
    if not shutil.which("sipp"):
        pytest.skip("SIPp is not installed (Debian: sip-tester)")


def sdp(payloads="0", direction="sendrecv", address="[media_ip]", port="[rtpstream_audio_port]",
        version=1, extra=""):
    names = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "3": "GSM/8000"}
    maps = [f"a=rtpmap:{p} {names[p]}" for p in payloads.split() if p in names]
    return "\n".join(["v=0", f"o=sipp 5 {version} IN IP[local_ip_type] [local_ip]", "s=-",
                      f"c=IN IP[media_ip_type] {address}", "t=0 0",
                      f"m=audio {port} RTP/AVP {payloads}", *maps, f"a={direction}",
                      *filter(None, [extra])])


SDP = sdp()


def _message(lines, body, content_type="application/sdp"):
    lines = [x for x in lines if x]
    if body:
        lines.append(f"Content-Type: {content_type}")
    lines.append("Content-Length: [len]" if body else "Content-Length: 0")
    text = "\n".join(lines + ["", body or ""])
    return f"<![CDATA[\n\n{text}\n\n]]>"


def take(what, optional=False, action="", **attributes):
    """Receives a request ("INVITE") or a response (200)."""
    kind = "response" if isinstance(what, int) else "request"
    more = "".join(f' {k}="{v}"' for k, v in attributes.items())
    optional = ' optional="true"' if optional else ""
    rrs = ' rrs="true"' if kind == "response" and what == 200 else ""
    return f'<recv {kind}="{what}"{optional}{rrs}{more}>{action}</recv>'


def say(status, body="", reason="", contact=OURS, tag="sipp", headers="", until_ack=False,
        content_type="application/sdp"):
    """A response to the request that was received last."""
    to = f"[last_To:];tag={tag}" if tag and status > 100 else "[last_To:]"
    text = _message([f"SIP/2.0 {status} {reason or 'Said'}", "[last_Via:]", "[last_From:]", to,
                     "[last_Call-ID:]", "[last_CSeq:]", contact, *headers.split("\n")], body,
                    content_type)
    again = ' retrans="500"' if until_ack else ""
    return f"<send{again}>{text}</send>"


def ask(method, cseq=1, body="", contact=OURS, inside=False, headers="", retrans=True,
        branch="[branch]", content_type="application/sdp", target="[next_url]"):
    """A request of SIPp as the caller; `inside` a dialog that was made by a 200."""
    uri = target if inside else "sip:lineman@[remote_ip]:[remote_port]"
    to = "<sip:lineman@[remote_ip]:[remote_port]>" + ("[peer_tag_param]" if inside else "")
    text = _message([f"{method} {uri} SIP/2.0",
                     f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
                     "Max-Forwards: 70",
                     "From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]x[call_number]",
                     f"To: {to}", "Call-ID: [call_id]", f"CSeq: {cseq} {method}", contact,
                     "[routes]" if inside else "", *headers.split("\n")], body, content_type)
    again = ' retrans="500"' if retrans and method != "ACK" else ""
    return f"<send{again}>{text}</send>"


def ack(cseq=1, **rest):
    return ask("ACK", cseq, inside=True, **rest)


def pause(milliseconds):
    return f'<pause milliseconds="{milliseconds}"/>'


def stream(path, payload_type=0):
    return f'<nop><action><exec rtp_stream="{path},-1,{payload_type}"/></action></nop>'


STREAM_STOP = '<nop><action><exec rtp_stream="pause"/></action></nop>'


class Sipp:
    """`remote`: a lineman's URI to call; without it SIPp waits to be called."""

    def __init__(self, child, folder, steps, *, remote=None, transport="udp", echo=False, calls=1,
                 seconds=25, words=()):
        need()
        self.folder = folder
        number = len(list(folder.glob("scenario-*.xml")))
        path = folder / f"scenario-{number}.xml"
        path.write_text('<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="x">\n'
                        + "\n".join(steps) + "\n</scenario>\n")
        self.errors = folder / f"errors-{number}.txt"
        self.messages = folder / f"messages-{number}.txt"
        for _ in range(8):  # another program may take a port between our look and its bind
            self.port, media = free_port(), free_port() & ~1
            self.uri = f"sip:sipp@127.0.0.1:{self.port}" + (
                "" if transport == "udp" else f";transport={transport}")
            argv = ["sipp", "-sf", path, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", self.port,
                    "-mp", media, "-m", calls, "-l", calls, "-r", calls, "-nostdin",
                    "-timeout", f"{seconds}s", "-timeout_error", "-trace_err",
                    "-error_file", self.errors, "-trace_msg", "-message_file", self.messages,
                    "-t", {"udp": "u1", "tcp": "t1"}[transport], *words]
            argv += ["-rtp_echo"] if echo else []
            argv += [remote.removeprefix("sip:").split(";")[0]] if remote else []
            self.process = child(argv, merge=True, cwd=folder)
            if self.bound(transport):
                return
            assert "Address already in use" in self.process.story(), self.story()
        raise AssertionError("no free ports for SIPp")

    def bound(self, transport):
        """Waits until the kernel says that the port is taken; false when SIPp has left."""
        table, mark = f"/proc/net/{transport}", f":{self.port:04X} "
        deadline = time.monotonic() + DEADLINE
        while True:
            with open(table) as lines:
                if any(mark in line.split("rem")[0][:30] for line in lines):
                    return True
            if self.process.reap(0.01):
                return self.process.exit == 0  # a caller may be done already
            assert time.monotonic() < deadline, f"SIPp does not bind; {self.story()}"

    def story(self):
        parts = [self.process.story()[-1500:]]
        for path in (self.errors, self.messages):
            if path.exists():
                parts.append(path.read_text(errors="replace")[-5000:])
        return "\n".join(parts)

    def wire(self):
        """Every message as SIPp saw it."""
        return self.messages.read_text(errors="replace")

    def passed(self, seconds=DEADLINE):
        deadline = time.monotonic() + seconds
        while self.process.read_some(deadline):
            pass
        assert self.process.reap(deadline - time.monotonic()), self.story()
        assert self.process.exit == 0, self.story()


def coded_file(path, samples, byte_of):
    """The bytes that rtp_stream sends: coded samples, no header."""
    path.write_bytes(bytes(byte_of[s] for s in samples))
    return path
