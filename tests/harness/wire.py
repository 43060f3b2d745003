"""Peers that are a socket and a few lines: a SIP side that says exactly what a test wants, and a name server.

A SipPeer owns one UDP socket on loopback. It never retransmits and never answers by itself.
"""
import re
import select
import socket
import struct
import threading
import time

CRLF = "\r\n"


class Message:
    def __init__(self, text, source):
        head, _, self.body = text.partition(CRLF * 2)
        lines = head.split(CRLF)
        self.start = lines[0]
        self.headers = [tuple(p.strip() for p in line.partition(":")[::2]) for line in lines[1:]]
        self.source = source
        self.text = text

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def get(self, name, default=""):
        return next(iter(self.all(name)), default)

    @property
    def method(self):
        return "" if self.start.startswith("SIP/2.0") else self.start.split(" ")[0]

    @property
    def status(self):
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0") else 0

    def contact(self):
        return re.search(r"<([^>]+)>|(\S+)", self.get("Contact")).group(0).strip("<>")

    def media(self):
        """(address, port) of the first m= line."""
        address = re.search(r"^c=IN IP[46] (\S+)", self.body, re.M).group(1)
        return address, int(re.search(r"^m=audio (\d+)", self.body, re.M).group(1))


def sdp(port, codecs="0 8", address="127.0.0.1", version=1, extra="a=sendrecv"):
    names = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "101": "telephone-event/8000"}
    maps = "".join(f"a=rtpmap:{c} {names[c]}{CRLF}" for c in codecs.split() if c in names)
    extra = "".join(line + CRLF for line in extra.split("\n") if line)
    return (f"v=0{CRLF}o=peer 7 {version} IN IP4 {address}{CRLF}s=-{CRLF}c=IN IP4 {address}{CRLF}"
            f"t=0 0{CRLF}m=audio {port} RTP/AVP {codecs}{CRLF}{maps}{extra}")


class SipPeer:
    def __init__(self, host="127.0.0.1"):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.rtp = socket.socket(family, socket.SOCK_DGRAM)
        self.rtp.bind((host, 0))
        self.host, self.port = host, self.socket.getsockname()[1]
        self.rtp_port = self.rtp.getsockname()[1]
        self.uri = f"sip:peer@{f'[{host}]' if ':' in host else host}:{self.port}"
        self.serial = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.rtp.close()

    def send(self, text, to):
        self.socket.sendto(text.encode() if isinstance(text, str) else text, to)

    def receive(self, what, seconds=15.0):
        """The next message whose start line matches `what` (a regular expression)."""
        deadline = time.monotonic() + seconds
        seen = []
        while True:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([self.socket], [], [], wait)[0]:
                raise AssertionError(f"no {what!r} came, only {seen}")
            data, source = self.socket.recvfrom(65536)
            message = Message(data.decode(errors="replace"), source)
            seen.append(message.start)
            if re.search(what, message.start):
                return message

    def quiet(self, what, seconds):
        """Nothing that matches `what` comes for that long."""
        try:
            message = self.receive(what, seconds)
        except AssertionError:
            return
        raise AssertionError(f"{message.start} came")

    def reply(self, request, status, reason="OK", *, tag="peer", contact=None, headers=(), body=""):
        to = request.get("To")
        if tag and "tag=" not in to and status > 100:
            to += f";tag={tag}"
        if contact is None:
            contact = f"<sip:peer@{self.host}:{self.port}>"
        lines = [f"SIP/2.0 {status} {reason}"]
        lines += [f"Via: {v}" for v in request.all("Via")]
        lines += [f"From: {request.get('From')}", f"To: {to}",
                  f"Call-ID: {request.get('Call-ID')}", f"CSeq: {request.get('CSeq')}"]
        if contact:
            lines.append(f"Contact: {contact}")
        lines += list(headers)
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body.encode())}")
        self.send(CRLF.join(lines) + CRLF * 2 + body, request.source)

    def answer(self, request, **rest):
        self.reply(request, 200, body=sdp(self.rtp_port), **rest)

    # the other way: requests of ours
    def request(self, method, to_port, *, cseq=1, call_id=None, tag="peer", to_tag="", uri=None,
                contact=None, headers=(), body="", content_type="application/sdp", branch=None):
        self.serial += 1
        here = f"{self.host}:{self.port}"
        if contact is None:
            contact = f"<sip:peer@{here}>"
        lines = [f"{method} {uri or f'sip:lineman@127.0.0.1:{to_port}'} SIP/2.0",
                 f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{branch or f'{self.port}x{self.serial}'};rport",
                 "Max-Forwards: 70", f"From: <sip:peer@{here}>;tag={tag}",
                 f"To: <sip:lineman@127.0.0.1:{to_port}>{';tag=' + to_tag if to_tag else ''}",
                 f"Call-ID: {call_id or f'call-{self.port}'}", f"CSeq: {cseq} {method}"]
        if contact:
            lines.append(f"Contact: {contact}")
        lines += list(headers)
        if body:
            lines.append(f"Content-Type: {content_type}")
        lines.append(f"Content-Length: {len(body.encode())}")
        self.send(CRLF.join(lines) + CRLF * 2 + body, ("127.0.0.1", to_port))

    def ping(self, port):
        """OPTIONS is answered 200: the process is alive and well."""
        self.request("OPTIONS", port, call_id=f"ping-{self.serial}")
        assert self.receive(r"^SIP/2.0 (200|481)").status == 200


def port_of(uri):
    return int(re.search(r":(\d+)(?:;|$)", uri).group(1))


def tag_of(message):
    return re.search(r"tag=([^;>\s]+)", message.get("To")).group(1)


def rtp_packet(seq, timestamp, ssrc, payload, payload_type=0, marker=False):
    return struct.pack("!BBHII", 0x80, payload_type | (0x80 if marker else 0), seq & 0xFFFF,
                       timestamp & 0xFFFFFFFF, ssrc) + payload


class FakeDns:
    """A name server on loopback. `names`: name -> IPv4; anything else does not exist.
    `silent`: takes queries and says nothing."""

    def __init__(self, names=None, silent=False):
        self.names, self.silent = names or {}, silent
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.queries = []
        self.stop_read, self.stop_write = socket.socketpair()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_write.close()
        self.thread.join()
        self.socket.close()
        self.stop_read.close()

    def env(self):
        return {"LINEMAN_NAMESERVERS": self.address}

    def serve(self):
        while True:
            ready, _, _ = select.select([self.socket, self.stop_read], [], [])
            if self.stop_read in ready:
                return
            query, source = self.socket.recvfrom(4096)
            self.take(query, source)

    def take(self, query, source):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        self.queries.append((name, kind))
        if self.silent:
            return
        question = query[12:at + 5]
        found = self.names.get(name)
        answers = b""
        if found and kind == 1:
            answers = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(found)
        flags = 0x8180 if found else 0x8183
        header = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if answers else 0, 0, 0)
        self.socket.sendto(header + question + answers, source)
