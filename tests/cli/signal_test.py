"""Signals: hang up first, `result` last, gone within 2 s; a second one leaves at once, files intact."""
import os
import signal
import time

import pytest

from audio import read_wav
from lineman_test import stop
from wire import SipPeer, sdp

BOTH = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def established(phone, peer, *words):
    process = phone("dial", peer.uri, *words)
    peer.answer(peer.receive("^INVITE"))
    peer.receive("^ACK")
    process.wait("call.established")
    return process


@pytest.mark.parametrize("number", BOTH)
def test_waiting_for_calls_ends_ordinarily(phone, number):
    for command in ("answer", "echo"):
        process = phone(command)
        process.uri()
        assert stop(process, number) == 0, process.story()


@pytest.mark.parametrize("number", BOTH)
def test_a_ringing_call_is_cancelled(phone, number):
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        invite = peer.receive("^INVITE")
        peer.reply(invite, 180, "Ringing")
        process.wait("call.ringing")
        process.signal(number)
        peer.reply(peer.receive("^CANCEL"), 200)
        peer.reply(invite, 487, "Request Terminated")
        assert process.finish() == 128 + number, process.story()


def test_an_incoming_call_that_rings_is_refused(phone):
    with SipPeer() as peer:
        process = phone("answer", "--ring", "20s")
        peer.request("INVITE", int(process.uri().rpartition(":")[2]), body=sdp(peer.rtp_port))
        peer.receive("^SIP/2.0 180")
        process.signal(signal.SIGTERM)
        assert peer.receive("^SIP/2.0 [456]").status in (480, 486, 487, 503, 603)
        assert process.finish() == 0, process.story()


@pytest.mark.parametrize("stage", ["silent", "trying", "ringing", "no answer to BYE"])
def test_a_peer_that_says_nothing_more_cannot_hold_us(phone, stage):
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        invite = peer.receive("^INVITE")
        if stage == "trying":
            peer.reply(invite, 100, "Trying")
            process.wait("call.trying")
        elif stage == "ringing":
            peer.reply(invite, 180, "Ringing")
            process.wait("call.ringing")
        elif stage == "no answer to BYE":
            peer.answer(invite)
            process.wait("call.established")
        process.signal(signal.SIGTERM)
        began = time.monotonic()
        if stage != "silent":
            peer.receive("^BYE" if stage.startswith("no") else "^CANCEL")
        assert process.finish() == 143, process.story()
        assert time.monotonic() - began < 3.5, "2 s, and what a busy machine takes"


@pytest.mark.parametrize("number", BOTH)
def test_a_second_signal_leaves_at_once_with_files_intact(phone, work, number):
    with SipPeer() as peer:
        process = established(phone, peer, "--record", "heard.wav", "--record-stereo", "both.wav")
        process.wait("record.started")
        process.signal(number)
        peer.receive("^BYE")  # never answered
        began = time.monotonic()
        process.signal(number)
        assert process.finish() == 128 + number, process.story()
        assert time.monotonic() - began < 1.5
        for name in ("heard.wav", "both.wav"):
            read_wav(work / name)  # a whole file


def test_sigkill_loses_a_second_of_a_recording_at_most(phone, work):
    with SipPeer() as peer:
        process = established(phone, peer, "--record", "heard.wav", "--wait", "2500ms", "--dtmf",
                              "1", "--wait", "20s")
        process.wait("dtmf.sent")
        process.signal(signal.SIGKILL)
        assert process.reap(10)
        assert process.exit == -signal.SIGKILL
        samples, rate = read_wav(work / "heard.wav")
        assert len(samples) / rate > 1.0


def test_ctrl_c_while_registering(phone):
    with SipPeer() as registrar:
        process = phone("register", f"sip:alice@127.0.0.1:{registrar.port}",
                        env={"LINEMAN_PASSWORD": "x"})
        registrar.receive("^REGISTER")
        process.signal(signal.SIGINT)
        process.finish()
        assert process.exit in (0, 130), process.story()


def test_a_registration_is_given_back(phone):
    with SipPeer() as registrar:
        process = phone("register", f"sip:alice@127.0.0.1:{registrar.port}")
        request = registrar.receive("^REGISTER")
        contact = request.get("Contact")
        registrar.reply(request, 200, contact=contact, headers=["Expires: 600"])
        process.wait("register.ok")
        process.signal(signal.SIGTERM)
        gone = registrar.receive("^REGISTER")
        assert "expires=0" in gone.get("Contact") or gone.get("Expires") == "0", gone.text
        registrar.reply(gone, 200, contact="")
        assert process.finish() == 0, process.story()
        assert process.all("register.gone")


def test_a_registrar_that_fell_silent_cannot_hold_us(phone):
    with SipPeer() as registrar:
        process = phone("register", f"sip:alice@127.0.0.1:{registrar.port}")
        request = registrar.receive("^REGISTER")
        registrar.reply(request, 200, contact=request.get("Contact"), headers=["Expires: 600"])
        process.wait("register.ok")
        began = time.monotonic()
        stop(process)
        assert time.monotonic() - began < 3.5


def test_several_calls_are_all_hung_up(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--count", "3", "--max-calls", "3")
        for _ in range(3):
            peer.answer(peer.receive("^INVITE"))
            peer.receive("^ACK")
        for call in ("c1", "c2", "c3"):
            process.wait("call.established", call=call)
        process.signal(signal.SIGTERM)
        for _ in range(3):
            peer.reply(peer.receive("^BYE"), 200)
        assert process.finish() == 143, process.story()
        assert len(process.all("call.result")) == 3


def test_a_signal_during_the_hang_up_of_the_script(phone):
    with SipPeer() as peer:
        process = established(phone, peer, "--hangup")
        bye = peer.receive("^BYE")
        process.signal(signal.SIGTERM)
        peer.reply(bye, 200)
        assert process.finish() == 0, process.story()  # it was done; nothing was cut short


def test_no_child_is_left_behind(phone, work):
    process = phone("echo", "--", "sh", "-c", "echo $$ > child.pid; read line < fifo || :")
    os.mkfifo(work / "fifo")
    process.uri()
    fifo = os.open(work / "fifo", os.O_WRONLY)  # returns when the child reads
    child = int((work / "child.pid").read_text())
    assert stop(process) == 0, process.story()
    os.close(fifo)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
