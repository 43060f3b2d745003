"""Bad input and a machine that lacks something: each has its code, its message, and no surprise."""
import fcntl
import os
import re
import socket
import subprocess
import time

import pytest

from audio import tone, write_wav
from lineman_test import Lineman, environment, binary, free_port
from wire import FakeDns, SipPeer, sdp, tag_of

CALL = ("dial", "local:echo", "--play", "tone:440,1s", "--hangup")


def local_fault(process, says):
    assert process.exit == 3, process.story()
    assert re.search(says, process.stderr()), process.story()


# files to play
def make_file(work, kind):
    path = work / "x.wav"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is no sound\n" * 50)
    elif kind == "folder":
        path.mkdir()
    elif kind == "header only":
        path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    elif kind == "no samples":
        write_wav(path, [])
    elif kind == "no rate":
        write_wav(path, tone(440, 0.1))
        data = bytearray(path.read_bytes())
        data[24:28] = b"\0\0\0\0"
        path.write_bytes(data)
    elif kind == "missing":
        pass
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder", "header only", "no rate"])
def test_a_file_that_cannot_be_played_is_3_before_anybody_is_called(lineman, work, kind):
    make_file(work, kind)
    with SipPeer() as peer:
        process = lineman("dial", peer.uri, "--play", "x.wav", "--hangup")
        local_fault(process, r"x\.wav")
        assert process.result["calls"] == 0, "a local fault must not look like a call"
        peer.quiet("^INVITE", 0.05)


def test_a_file_without_rights(lineman, work):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    write_wav(work / "x.wav", tone(440, 0.1))
    (work / "x.wav").chmod(0)
    local_fault(lineman("dial", "local:echo", "--play", "x.wav", "--hangup"), r"x\.wav")


def test_a_file_without_samples_plays_nothing(lineman, work):
    make_file(work, "no samples")
    process = lineman("dial", "local:echo", "--play", "x.wav", "--hangup")
    assert process.exit in (0, 3), process.story()


@pytest.mark.parametrize("rate, channels, seconds", [(8000, 1, 0.0001), (7999, 1, 0.5),
                                                     (192000, 2, 0.5), (8000, 8, 0.5),
                                                     (1, 1, 1), (44100, 2, 0.013)])
def test_odd_files_play(lineman, work, rate, channels, seconds):
    samples = [s for v in tone(300, seconds, rate=rate) for s in [v] * channels] or [0] * channels
    write_wav(work / "odd.wav", samples, rate, channels)
    process = lineman("dial", "local:echo", "--play", "odd.wav", "--hangup")
    assert process.exit in ((0, 3) if rate == 1 else (0,)), process.story()


def test_a_cut_file_plays_what_is_there(lineman, work):
    write_wav(work / "x.wav", tone(440, 2))
    whole = (work / "x.wav").read_bytes()
    (work / "x.wav").write_bytes(whole[:len(whole) // 2])
    process = lineman("dial", "local:echo", "--play", "x.wav", "--hangup")
    assert process.exit == 0 and 900 < process.result["duration_ms"] < 1400, process.story()


# recordings
@pytest.mark.parametrize("path", ["no/such/folder/x.wav", ".", "/proc/x.wav"])
@pytest.mark.parametrize("option", ["--record", "--record-stereo", "--events", "--junit", "--pcap"])
def test_a_file_that_cannot_be_written_is_3(lineman, option, path):
    local_fault(lineman("dial", "local:echo", option, path, "--wait", "100ms", "--hangup",
                        json=False), re.escape(path))


@pytest.mark.parametrize("option", ["--record", "--record-stereo"])
def test_a_full_disk_is_3_and_the_call_is_hung_up(lineman, option):
    process = lineman("dial", "local:echo", option, "/dev/full", "--play", "tone:440,10s",
                      "--hangup")
    local_fault(process, r"/dev/full")
    assert "No space left" in process.stderr(), process.story()


@pytest.mark.parametrize("option", ["--events", "--junit", "--pcap"])
def test_a_full_disk_for_reports_does_not_pass_in_silence(lineman, option):
    process = lineman(*CALL, option, "/dev/full", json=False)
    assert "/dev/full" in process.stderr(), process.story()


# stdout
def test_stdout_that_is_closed(work):
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" --json >&-', binary(), *CALL], cwd=work,
                          env=environment(), timeout=30, capture_output=True)
    assert done.returncode in (0, 3), done
    assert done.stderr, "somebody has to be told"


def test_a_reader_that_leaves(phone):
    read, write = os.pipe()
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--wait", "300ms", "--hangup", stdout=write)
        os.close(write)
        invite = peer.receive("^INVITE")
        os.close(read)
        peer.answer(invite)
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        process.json = False
        process.finish()
        assert process.exit in (0, 3), process.story()  # and not killed by SIGPIPE


def test_a_stalled_stdout_stalls_no_call(phone):
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    filler = os.open(f"/proc/self/fd/{write}", os.O_WRONLY | os.O_NONBLOCK)
    os.write(filler, b"\n" * 4096)  # full from the start; nobody reads
    os.close(filler)
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--wait", "500ms", "--dtmf", "12", "--hangup",
                        stdout=write)
        os.close(write)
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        began = time.monotonic()
        process.json = False
        process.finish()
        assert time.monotonic() - began < 3.5, "it waited for a reader"
        assert process.exit == 3, process.story()  # somebody misses what was asked for
        assert "stdout" in process.stderr()
    os.close(read)


def test_a_slow_reader_learns_how_much_it_missed(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--dtmf", "0123456789", "--digit-duration", "40ms",
                        "--digit-gap", "40ms", "--hangup")
        fcntl.fcntl(process.out, fcntl.F_SETPIPE_SZ, 4096)
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        assert process.finish() == 0, process.story()
        assert process.result["events_dropped"] == 0  # a reader that is there misses nothing


# addresses
def test_a_port_in_use(lineman):
    with SipPeer() as peer:
        local_fault(lineman("answer", "--listen", f"127.0.0.1:{peer.port}"),
                    rf"127\.0\.0\.1:{peer.port}")


def test_a_tcp_port_in_use(lineman):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        local_fault(lineman("answer", "--listen", f"127.0.0.1:{port};transport=tcp"), str(port))


@pytest.mark.parametrize("address", ["192.0.2.1:0", "[2001:db8::1]:0"])
def test_an_address_that_is_not_ours(lineman, address):
    local_fault(lineman("answer", "--listen", address), re.escape(address.rpartition(":")[0]))


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "nonsense::", "127.0.0.1:0;transport=x",
                                     ""])
def test_an_address_that_is_none(lineman, address):
    process = lineman("answer", "--listen", address, json=False)
    assert process.exit == 2, process.story()


def test_no_rtp_port_left(lineman):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, SipPeer() as peer:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1] & ~1
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            other.bind(("127.0.0.1", port if port != taken.getsockname()[1] else port + 1))
        except OSError:
            pass
        process = lineman("dial", peer.uri, "--rtp-ports", f"{port}-{port + 1}", "--hangup")
        other.close()
        local_fault(process, str(port))
        peer.quiet("^INVITE", 0.05)


# names
def test_a_name_that_does_not_exist(lineman):
    with FakeDns() as dns:
        process = lineman("dial", "sip:a@nobody.test", env=dns.env())
        assert process.exit == 4 and process.result["t_ms"] < 4000, process.story()
        assert "nobody.test" in process.stderr()
        assert ("nobody.test", 1) in dns.queries


def test_a_name_server_that_is_silent(lineman):
    with FakeDns(silent=True) as dns:
        process = lineman("dial", "sip:a@nobody.test", env=dns.env())
        assert process.exit == 4 and process.result["t_ms"] < 6500, process.story()


def test_a_name_server_that_cannot_be_reached(lineman):
    process = lineman("dial", "sip:a@nobody.test",
                      env={"LINEMAN_NAMESERVERS": f"127.0.0.1:{free_port()}"})
    assert process.exit == 4 and process.result["t_ms"] < 6500, process.story()
    assert process.cpu() < 1.0, "it spins"


def test_a_name_that_exists_is_called_and_stays_in_the_uri(phone):
    with FakeDns({"pbx.test": "127.0.0.1"}) as dns, SipPeer() as peer:
        process = phone("dial", f"sip:600@pbx.test:{peer.port}", "--wait", "100ms", "--hangup",
                        env=dns.env())
        invite = peer.receive("^INVITE")
        assert invite.start.startswith(f"INVITE sip:600@pbx.test:{peer.port}"), invite.start
        peer.answer(invite)
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        assert process.finish() == 0, process.story()


@pytest.mark.parametrize("command", ["options", "register"])
def test_names_of_other_commands(lineman, command):
    with FakeDns() as dns:
        words = ("--once",) if command == "register" else ()
        process = lineman(command, "sip:a@nobody.test", *words, env=dns.env())
        assert process.exit == 4, process.story()


def test_a_contact_whose_name_is_unknown_spins_nothing(phone):
    with FakeDns() as dns, SipPeer() as peer:
        process = phone("answer", "--wait", "200ms", "--hangup", "--count", "1", env=dns.env())
        port = int(process.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), contact="<sip:f@host.test>")
        ok = peer.receive("^SIP/2.0 [2-6]")
        if ok.status == 200:
            peer.request("ACK", port, to_tag=tag_of(ok))
        process.finish()
        assert process.cpu() < 1.0, "it spins"


# garbage on the wire
def test_garbage_on_the_sip_port_hurts_nobody(phone):
    from lineman_test import stop
    with SipPeer() as peer:
        process = phone("answer")
        port = int(process.uri().rpartition(":")[2])
        for junk in (b"", b"\r\n\r\n", b"\0" * 1400, os.urandom(900), b"INVITE sip:x SIP/2.0\r\n\r\n",
                     b"SIP/2.0 200 OK\r\n\r\n", b"INVITE " + b"a" * 60000,
                     b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: -1\r\n\r\n"):
            peer.send(junk, ("127.0.0.1", port))
        peer.ping(port)
        assert stop(process) == 0, process.story()


def test_garbage_rtp_is_counted_and_strangers_are_refused(phone):
    from wire import rtp_packet
    with SipPeer() as peer, SipPeer() as stranger:
        process = phone("dial", peer.uri, "--rtp-timeout", "400ms", "--wait", "800ms", "--hangup",
                        "--codec", "pcmu")
        invite = peer.receive("^INVITE")
        peer.answer(invite)
        peer.receive("^ACK")
        to = invite.media()
        for n in range(20):
            peer.rtp.sendto(os.urandom(n * 7), to)
            peer.rtp.sendto(rtp_packet(n, n * 160, 7, b"\xff" * 160, payload_type=96), to)
        peer.rtp.sendto(b"\x80\xc8" + os.urandom(40), (to[0], to[1] + 1))
        stranger.rtp.sendto(rtp_packet(1, 160, 9, b"\xff" * 160), to)
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        assert process.exit == 11, process.story()
        assert "96" in process.result["diagnosis"] or "payload" in process.result["diagnosis"]


@pytest.mark.parametrize("body, content_type, status", [
    ("v=0\r\nnonsense", "application/sdp", 400), ("v=0", "text/plain", 415),
    (sdp(4000, "3"), "application/sdp", 488)], ids=["malformed", "no sdp", "no codec"])
def test_offers_that_cannot_be_answered(phone, body, content_type, status):
    from lineman_test import stop
    with SipPeer() as peer:
        process = phone("answer")
        port = int(process.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=body, content_type=content_type)
        refusal = peer.receive("^SIP/2.0 [3-6]")
        assert refusal.status in (status, 488 if status == 400 else status), refusal.start
        peer.request("ACK", port, contact="", branch=None)
        peer.ping(port)
        stop(process)
        assert process.exit in (0, 10), process.story()
