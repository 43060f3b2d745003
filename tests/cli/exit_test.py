"""The verdict: every exit code that a call can come to, its word, and what result says beside it."""
import signal

import pytest

from lineman_test import stop
from wire import SipPeer, sdp, tag_of


def check(process, code, verdict, **fields):
    assert process.exit == code, process.story()
    result = process.result
    assert result["verdict"] == verdict, process.story()
    for name, value in fields.items():
        assert result[name] == value, f"{name}: {result[name]!r}; {process.story()}"
    if code:
        assert result["causes"], "a failure has a cause"
    return result


@pytest.mark.parametrize("uri, words, code, verdict, fields", [
    ("local:echo", ("--play", "tone:440,1s", "--hangup"), 0, "ok",
     dict(status="answered", cause="normal", ended_by="local")),
    ("local:answer?hangup=1s", ("--wait", "5s"), 13, "peer_hung_up",
     dict(status="answered", ended_by="peer")),
    ("local:answer?hangup=1s", ("--duration", "5s"), 13, "peer_hung_up", {}),
    ("local:answer?hangup=1s", (), 0, "ok", dict(ended_by="peer")),
    ("local:echo", ("--read", "2", "--within", "1s", "--hangup"), 1, "expectation_failed",
     dict(status="answered", digits="", digits_complete=False)),
    ("local:echo", ("--wait", "tone:440", "--within", "1s", "--hangup"), 1, "expectation_failed",
     {}),
    ("local:echo", ("--hangup", "--expect", "status=busy"), 1, "expectation_failed", {}),
    ("local:ring", ("--ring-timeout", "3s"), 6, "no_answer", dict(status="unanswered")),
    ("local:silent", (), 5, "unreachable", dict(status="failed", cause="no_response")),
    ("local:busy", (), 8, "busy", dict(status="busy", sip_code=486)),
    ("local:decline", (), 8, "busy", dict(status="rejected", sip_code=603)),
    ("local:reject?code=600", (), 8, "busy", dict(sip_code=600)),
    ("local:reject?code=404", (), 9, "rejected", dict(status="rejected", sip_code=404)),
    ("local:reject?code=503", (), 9, "rejected", dict(sip_code=503)),
    ("local:reject?code=302", (), 9, "rejected", dict(cause="redirected")),
    ("local:reject?code=403", (), 9, "rejected", dict(sip_code=403)),
    ("local:reject?code=401", (), 7, "authentication", {}),
    ("local:reject?code=407", (), 7, "authentication", {}),
    ("local:reject?code=408", (), 6, "no_answer", dict(sip_code=408)),
    ("local:reject?code=480", (), 6, "no_answer", dict(sip_code=480)),
    ("local:reject?code=415", (), 10, "media_negotiation", {}),
    ("local:reject?code=488", (), 10, "media_negotiation", {}),
    ("local:reject?code=606", (), 10, "media_negotiation", {}),
], ids=lambda v: v if isinstance(v, str) else "")
def test_exits_of_simulated_calls(lineman, uri, words, code, verdict, fields):
    check(lineman("dial", uri, *words), code, verdict, **fields)


@pytest.mark.parametrize("uri, words, code", [
    ("local:busy", ("--expect", "status=busy"), 0),
    ("local:busy", ("--expect", "cause=busy"), 0),
    ("local:busy", ("--expect", "sip_code=486"), 8),  # only three fields replace the outcome
    ("local:busy", ("--expect", "status=answered"), 8),  # a natural failure wins over 1
    ("local:busy", ("--expect", "status=busy", "--expect", "sip_code=603"), 1),
    ("local:ring", ("--ring-timeout", "2s", "--expect", "status=unanswered"), 0),
    ("local:silent", ("--expect", "cause=no_response"), 0),
    ("local:answer?hangup=1s", ("--wait", "5s", "--expect", "ended_by=peer"), 0),
    ("local:reject?code=404", ("--expect", "cause=rejected", "--expect", "sip_code=404"), 0),
    ("local:echo", ("--hangup", "--expect", "rx.mos=1.."), 11),  # rx.* has to be proven
], ids=lambda v: " ".join(v) if isinstance(v, tuple) else str(v))
def test_expectations_and_the_natural_outcome(lineman, uri, words, code):
    process = lineman("dial", uri, *words)
    assert process.exit == code, process.story()
    assert len(process.all("expect.passed")) + len(process.all("expect.failed")) == words.count(
        "--expect")


def test_4_name_without_address(lineman):
    process = lineman("dial", "sip:a@no-such-host.test", "--hangup",
                      env={"LINEMAN_NAMESERVERS": "127.0.0.1:1"})
    check(process, 4, "resolve", cause="resolve")


def test_5_refused_port_is_known_at_once(lineman):
    from lineman_test import free_port
    for transport in ("udp", "tcp"):
        process = lineman("dial", f"sip:a@127.0.0.1:{free_port()}", "--transport", transport)
        result = check(process, 5, "unreachable", cause="unreachable", sip_code=None)
        assert result["t_ms"] < 4000, "a refusal needs no timeout"


def test_5_silent_peer(lineman):
    with SipPeer() as peer:
        process = lineman("dial", peer.uri, "--connect-timeout", "600ms")
        check(process, 5, "unreachable", cause="no_response", sip_code=None)


def test_6_a_peer_that_only_tries_is_no_answer(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--connect-timeout", "1s", "--ring-timeout", "1500ms")
        peer.reply(peer.receive("^INVITE"), 100, "Trying")
        cancel = peer.receive("^CANCEL")
        assert cancel.get("CSeq").split()[1] == "CANCEL"
        process.finish()
        check(process, 6, "no_answer", status="unanswered", sip_code=None)


def test_7_authentication_without_and_with_the_wrong_password(phone, work):
    challenge = 'WWW-Authenticate: Digest realm="127.0.0.1", nonce="n1", algorithm=MD5'
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        peer.reply(peer.receive("^INVITE"), 401, "Unauthorized", headers=[challenge])
        peer.receive("^ACK")
        process.finish()
        check(process, 7, "authentication", sip_code=401)
    with SipPeer() as peer:
        secret = work / "secret"
        secret.write_text("wrong\n")
        process = phone("dial", peer.uri, "--as", f"alice@127.0.0.1:{peer.port}",
                        "--password-file", "secret", "--trace", "sip")
        peer.reply(peer.receive("^INVITE"), 401, "Unauthorized", headers=[challenge])
        peer.receive("^ACK")
        again = peer.receive("^INVITE")
        assert 'username="alice"' in again.get("Authorization")
        peer.reply(again, 401, "Unauthorized", headers=[challenge])
        process.finish()
        check(process, 7, "authentication", sip_code=401)
        assert "wrong" not in process.stderr()
        assert again.get("Authorization").split('response="')[1][:8] not in process.stderr()


def test_7_403_to_credentials_and_9_without(phone):
    challenge = 'Proxy-Authenticate: Digest realm="127.0.0.1", nonce="n1", algorithm=MD5'
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--as", f"alice@127.0.0.1:{peer.port}",
                        env={"LINEMAN_PASSWORD": "x"})
        peer.reply(peer.receive("^INVITE"), 407, "Proxy Authentication Required",
                   headers=[challenge])
        peer.reply(peer.receive("^INVITE"), 403, "Forbidden")
        process.finish()
        check(process, 7, "authentication", sip_code=403)


def test_10_no_common_codec_in_the_answer(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--codec", "pcmu")
        peer.reply(peer.receive("^INVITE"), 200, body=sdp(peer.rtp_port, "9"))
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        result = check(process, 10, "media_negotiation")
        assert "G722" in result["diagnosis"].upper()


@pytest.mark.parametrize("body", ["", "v=0\r\n", "v=0\r\nm=audio x RTP/AVP 0\r\n", "\0\xff" * 40])
def test_10_malformed_answer(phone, body):
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        peer.reply(peer.receive("^INVITE"), 200, body=body)
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        check(process, 10, "media_negotiation")


def test_11_no_media(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--rtp-timeout", "500ms", "--wait", "900ms", "--hangup")
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        result = check(process, 11, "no_media", media="none")
        assert result["rx"]["packets"] == 0 and result["tx"]["packets"] > 10
        assert str(process.wait("media.started")["local"]) in result["diagnosis"]


def test_11_a_short_call_is_unproven_unless_media_is_required(phone):
    for words, code in (((), 0), (("--require-media",), 11)):
        with SipPeer() as peer:
            process = phone("dial", peer.uri, "--wait", "200ms", "--hangup", *words)
            peer.answer(peer.receive("^INVITE"))
            peer.receive("^ACK")
            peer.reply(peer.receive("^BYE"), 200)
            process.finish()
            assert process.exit == code, process.story()
            assert process.result["media"] == "unproven"


def test_12_contact_that_leads_nowhere(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        peer.answer(peer.receive("^INVITE"), contact="<tel:+1>")
        process.finish()
        check(process, 12, "dropped", cause="protocol_error")


def test_13_a_call_that_the_caller_cancels(phone):
    with SipPeer() as peer:
        process = phone("answer", "--ring", "10s", "--count", "1")
        port = int(process.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), branch="one")
        peer.receive("^SIP/2.0 180")
        peer.request("CANCEL", port, branch="one", contact="")
        peer.receive("^SIP/2.0 487")
        peer.request("ACK", port, branch="one", contact="")
        process.finish()
        check(process, 13, "peer_hung_up", cause="cancelled", ended_by="peer")


def test_14_a_machine_that_was_too_late_measured_itself(phone):
    import select
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--rtp-timeout", "500ms", "--wait", "2s", "--hangup")
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        process.wait("call.established")
        process.wait("media.stalled")
        process.signal(signal.SIGSTOP)
        select.select([], [], [], 0.8)  # for that long it gets no CPU at all
        process.signal(signal.SIGCONT)
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        check(process, 14, "invalid")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_128_a_signal_cuts_a_call_short(phone, number):
    with SipPeer() as peer:
        process = phone("dial", peer.uri)
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        process.wait("call.established")
        process.signal(number)
        peer.reply(peer.receive("^BYE"), 200)
        process.finish()
        check(process, 128 + number, f"signal_{int(number)}", status="answered", ended_by="local")


def test_several_calls_exit_with_the_first_that_failed(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--count", "3")
        for status in (404, 486, 480):
            request = peer.receive("^INVITE")
            peer.reply(request, status, "No")
            peer.receive("^ACK")
        process.finish()
        check(process, 9, "rejected", calls=3, calls_failed=3, calls_ok=0)
        assert [e["sip_code"] for e in process.all("call.result")] == [404, 486, 480]


def test_answering_exits_with_the_verdict_of_its_calls(phone):
    with SipPeer() as peer:
        process = phone("answer", "--read", "2", "--within", "300ms", "--hangup")
        port = int(process.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port))
        ok = peer.receive("^SIP/2.0 200")
        peer.request("ACK", port, to_tag=tag_of(ok))
        peer.reply(peer.receive("^BYE"), 200)
        process.wait("call.result")
        assert stop(process) == 1, process.story()
