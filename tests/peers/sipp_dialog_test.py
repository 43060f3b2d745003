"""What goes wrong or crosses inside a dialog: lost messages, BYE at both ends, forks, session timers, TCP."""
import socket

import pytest

from lineman_test import stop
from sipp import SDP, Sipp, ack, ask, pause, say, sdp, take
from wire import SipPeer, sdp as plain, tag_of


@pytest.fixture
def sipp(child, tmp_path):
    folder = tmp_path / "sipp"
    folder.mkdir()
    return lambda steps, **rest: Sipp(child, folder, steps, **rest)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("early", ["", "180"])
def test_a_plain_incoming_call(sipp, phone, transport, early):
    listen = "127.0.0.1:0" + (";transport=tcp" if transport == "tcp" else "")
    words = ("--ring", "300ms") if early else ()
    answerer = phone("answer", "--count", "1", "--listen", listen, *words)
    uac = sipp([ask("INVITE", body=SDP), take(100, optional=True),
                take(180, optional=not early), take(200), ack(), pause(100),
                ask("BYE", 2, inside=True), take(200)], remote=answerer.uri(),
               transport=transport)
    uac.passed()
    assert answerer.finish() == 0, answerer.story()
    incoming = answerer.wait("call.incoming")
    assert incoming["from"].startswith("sip:sipp@127.0.0.1"), incoming


def test_many_calls_at_once(sipp, phone):
    answerer = phone("echo", "--count", "20")
    uac = sipp([ask("INVITE", body=SDP), take(100, optional=True), take(180, optional=True),
                take(200), ack(), pause(400), ask("BYE", 2, inside=True), take(200)],
               remote=answerer.uri(), calls=20)
    uac.passed()
    assert answerer.finish() == 0, answerer.story()
    assert answerer.result["calls_ok"] == 20


def test_lost_messages_are_sent_again(phone):
    """The first INVITE, our first BYE and the ACK are taken as lost."""
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--wait", "200ms", "--hangup")
        first = peer.receive("^INVITE")
        again = peer.receive("^INVITE")
        assert again.get("CSeq") == first.get("CSeq") and again.all("Via") == first.all("Via")
        peer.answer(again)
        peer.receive("^ACK")
        peer.answer(again)  # as if that ACK was lost
        peer.receive("^ACK")
        peer.receive("^BYE")
        peer.reply(peer.receive("^BYE"), 200)
        assert caller.finish() == 0, caller.story()
        assert len(caller.all("call.answered")) == 1


def test_an_answer_is_sent_again_until_the_ack(phone):
    with SipPeer() as peer:
        answerer = phone("answer", "--count", "1", "--wait", "100ms", "--hangup")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=plain(peer.rtp_port), branch="i1")
        first = peer.receive("^SIP/2.0 200")
        again = peer.receive("^SIP/2.0 200")
        assert first.text == again.text
        peer.request("INVITE", port, body=plain(peer.rtp_port), branch="i1")  # a late repeat
        peer.request("ACK", port, to_tag=tag_of(again))
        peer.reply(peer.receive("^BYE"), 200)
        assert answerer.finish() == 0, answerer.story()
        assert answerer.result["calls"] == 1


def test_bye_at_both_ends(phone):
    """Ours and theirs cross on the wire: each is answered, and the call is ours to judge."""
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--wait", "100ms", "--hangup")
        invite = peer.receive("^INVITE")
        peer.answer(invite)
        peer.receive("^ACK")
        ours = peer.receive("^BYE")
        port = ours.source[1]
        peer.request("BYE", port, call_id=invite.get("Call-ID"), tag="peer", cseq=7,
                     to_tag=invite.get("From").split("tag=")[1])
        assert peer.receive("^SIP/2.0").status in (200, 481)
        peer.reply(ours, 200)
        assert caller.finish() == 0, caller.story()


def test_a_cancel_before_the_answer(sipp, phone):
    answerer = phone("answer", "--ring", "20s", "--count", "1")
    uac = sipp([ask("INVITE", body=SDP, branch="z9hG4bKc[call_number]"), take(100, optional=True),
                take(180), ask("CANCEL", branch="z9hG4bKc[call_number]", contact=""), take(200),
                take(487), ask("ACK", branch="z9hG4bKc[call_number]", contact="")
                .replace("<sip:lineman@[remote_ip]:[remote_port]>\n",
                         "<sip:lineman@[remote_ip]:[remote_port]>[peer_tag_param]\n")],
               remote=answerer.uri())
    uac.passed()
    assert answerer.finish() == 13, answerer.story()


def test_forks(phone):
    """Sofia notes, regression 4: 183 (A), 180 (B), 183 (C), 200 (B), 200 (A)."""
    with SipPeer() as peer, SipPeer() as b, SipPeer() as c:
        caller = phone("dial", peer.uri, "--codec", "pcmu,pcma", "--wait", "300ms", "--hangup")
        invite = peer.receive("^INVITE")
        peer.reply(invite, 183, "A", tag="A", body=plain(peer.rtp_port, "0"))
        peer.reply(invite, 180, "B", tag="B")
        peer.reply(invite, 183, "C", tag="C", body=plain(c.rtp_port, "0"))
        caller.wait("call.early_media", tag="C")
        peer.reply(invite, 200, "OK", tag="B", body=plain(b.rtp_port, "8"))
        assert "tag=B" in peer.receive("^ACK").get("To")
        b.rtp.settimeout(5)
        assert b.rtp.recv(2048)[1] & 0x7F == 8, "media follows the answer"
        peer.reply(invite, 200, "OK", tag="A", body=plain(peer.rtp_port, "0"))
        seen = {}
        for _ in range(3):  # ACK and BYE to A, in time BYE to B
            message = peer.receive("^(ACK|BYE)")
            seen.setdefault(message.get("To").split("tag=")[1], []).append(message.method)
            if message.method == "BYE":
                peer.reply(message, 200)
        assert sorted(seen["A"]) == ["ACK", "BYE"], seen
        assert seen["B"] == ["BYE"], seen
        assert caller.finish() == 0, caller.story()
        assert {e.get("tag") for e in caller.all("call.early_media")} >= {"A", "C"}
        assert caller.result["codec"] == "PCMA"


def test_100rel_is_not_offered(phone):
    with SipPeer() as peer:
        caller = phone("dial", peer.uri)
        invite = peer.receive("^INVITE")
        assert "100rel" not in invite.get("Supported") + invite.get("Require")
        peer.reply(invite, 486)
        assert caller.finish() == 8


def test_session_timer_headers(phone):
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--wait", "100ms", "--hangup")
        invite = peer.receive("^INVITE")
        assert "timer" in invite.get("Supported")
        peer.answer(invite, headers=["Session-Expires: 1800;refresher=uas", "Require: timer"])
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        assert caller.finish() == 0, caller.story()


def test_422_is_tried_again_with_what_was_asked(phone):
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--wait", "100ms", "--hangup")
        peer.reply(peer.receive("^INVITE"), 422, "Session Interval Too Small",
                   headers=["Min-SE: 3600"])
        peer.receive("^ACK")
        again = peer.receive("^INVITE")
        assert int(again.get("Session-Expires").split(";")[0]) >= 3600
        peer.answer(again)
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        assert caller.finish() == 0, caller.story()


def test_a_session_interval_of_the_caller_is_answered(phone):
    with SipPeer() as peer:
        answerer = phone("answer", "--count", "1", "--wait", "100ms", "--hangup")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=plain(peer.rtp_port),
                     headers=["Supported: timer", "Session-Expires: 1200"])
        ok = peer.receive("^SIP/2.0 200")
        assert ok.get("Session-Expires").startswith("1200;refresher="), ok.text
        peer.request("ACK", port, to_tag=tag_of(ok))
        peer.reply(peer.receive("^BYE"), 200)
        assert answerer.finish() == 0


def test_a_tcp_connection_that_is_lost(phone):
    """The peer's process dies in the call: the BYE cannot be delivered, and nobody waits for it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        caller = phone("dial", f"sip:a@127.0.0.1:{port};transport=tcp", "--wait", "300ms",
                       "--hangup")
        connection, _ = listener.accept()
        text = b""
        while b"\r\n\r\n" not in text or b"m=audio" not in text:
            text += connection.recv(65536)
        head = text.decode().split("\r\n\r\n")[0].split("\r\n")
        keep = [x for x in head if x.split(":")[0] in ("Via", "From", "Call-ID", "CSeq")]
        to = next(x for x in head if x.startswith("To:")) + ";tag=t"
        body = plain(9)
        connection.sendall("\r\n".join(
            ["SIP/2.0 200 OK", *keep, to, f"Contact: <sip:a@127.0.0.1:{port};transport=tcp>",
             "Content-Type: application/sdp", f"Content-Length: {len(body)}", "", body]).encode())
        caller.wait("call.established")
        connection.close()
        listener.close()
        caller.finish()
        assert caller.exit in (0, 12), caller.story()


@pytest.mark.parametrize("body", ["v=0\r\nnonsense", plain(4000, "3")])
def test_a_new_offer_that_cannot_be_met_changes_nothing(phone, body):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=plain(peer.rtp_port))
        tag = tag_of(peer.receive("^SIP/2.0 200"))
        peer.request("ACK", port, to_tag=tag)
        peer.request("INVITE", port, cseq=2, to_tag=tag, body=body, branch="two")
        assert peer.receive("^SIP/2.0 [2-6]").status in (400, 488)
        peer.request("ACK", port, cseq=2, to_tag=tag, branch="two", contact="")
        peer.rtp.settimeout(5)
        peer.rtp.recv(2048)
        peer.request("BYE", port, cseq=3, to_tag=tag)
        peer.receive("^SIP/2.0 200")
        assert stop(answerer) in (0, 11), answerer.story()


def test_requests_outside_any_dialog(phone):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        for method, expected in (("BYE", 481), ("INFO", 481), ("REFER", None), ("NOTIFY", None),
                                 ("MESSAGE", None), ("REGISTER", None), ("SUBSCRIBE", None),
                                 ("PUBLISH", None), ("UPDATE", 481), ("PRACK", 481),
                                 ("NONSENSE", None)):
            extra = {"REFER": ["Refer-To: <sip:x@192.0.2.1>"], "NOTIFY": ["Event: x"],
                     "SUBSCRIBE": ["Event: x"], "PUBLISH": ["Event: x"],
                     "PRACK": ["RAck: 1 1 INVITE"]}.get(method, [])
            peer.request(method, port, call_id=f"o-{method}",
                         to_tag="t" if expected == 481 else "", headers=extra)
            status = peer.receive("^SIP/2.0 [2-6]").status
            assert status >= 400 and (expected is None or status in (481, 405, 501)), (
                method, status)
        peer.ping(port)
        assert stop(answerer) == 0
        assert answerer.result["calls"] == 0


def test_a_refer_in_a_call_is_refused(phone):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=plain(peer.rtp_port))
        tag = tag_of(peer.receive("^SIP/2.0 200"))
        peer.request("ACK", port, to_tag=tag)
        peer.request("REFER", port, cseq=2, to_tag=tag, headers=["Refer-To: <sip:x@192.0.2.1>"])
        assert peer.receive("^SIP/2.0 [2-6]").status >= 400
        answerer.signal(15)
        peer.reply(peer.receive("^BYE"), 200)
        answerer.finish()
