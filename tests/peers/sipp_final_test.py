"""SIPp as the called side: every final class, redirects, digest, CANCEL, and who ends it how."""
import pytest

from sipp import SDP, Sipp, ask, pause, say, take
from wire import SipPeer

FINALS = [(300, 9), (301, 9), (302, 9), (305, 9), (380, 9), (400, 9), (401, 7), (402, 9), (403, 9),
          (404, 9), (405, 9), (406, 9), (407, 7), (408, 6), (410, 9), (413, 9), (415, 10),
          (416, 9), (480, 6), (481, 9), (482, 9), (484, 9), (486, 8), (487, 9), (488, 10),
          (500, 9), (501, 9), (502, 9), (503, 9), (504, 9), (505, 9), (600, 8), (603, 8),
          (604, 9), (606, 10)]


@pytest.fixture
def sipp(child, tmp_path):
    folder = tmp_path / "sipp"
    folder.mkdir()
    return lambda steps, **rest: Sipp(child, folder, steps, **rest)


@pytest.mark.parametrize("status, code", FINALS)
def test_every_final_status(sipp, phone, status, code):
    headers = {401: 'WWW-Authenticate: Digest realm="x", nonce="n"',
               407: 'Proxy-Authenticate: Digest realm="x", nonce="n"'}.get(status, "")
    uas = sipp([take("INVITE"), say(180), say(status, reason="Because of Me", headers=headers,
                                              contact="", until_ack=True), take("ACK")])
    caller = phone("dial", uas.uri)
    caller.finish()
    assert caller.exit == code, caller.story()
    result = caller.result
    assert result["sip_code"] == status
    if code not in (7,):
        assert "Because of Me" in result["reason"]
    assert result["ended_by"] == "peer" and result["pdd_ms"] is not None
    uas.passed()


def test_the_reason_header_is_read(sipp, phone):
    uas = sipp([take("INVITE"), say(503, headers='Reason: Q.850;cause=34;text="no circuit"',
                                    until_ack=True), take("ACK")])
    caller = phone("dial", uas.uri)
    assert caller.finish() == 9
    assert caller.result["q850"] == 34, caller.story()
    uas.passed()


def test_a_redirect_within_the_host_is_followed(sipp, phone):
    target = sipp([take("INVITE"), say(200, SDP, until_ack=True), take("ACK"), take("BYE"),
                   say(200)])
    first = sipp([take("INVITE"), say(302, contact=f"Contact: <{target.uri}>", until_ack=True),
                  take("ACK")])
    caller = phone("dial", first.uri, "--wait", "100ms", "--hangup")
    assert caller.finish() == 0, caller.story()
    first.passed()
    target.passed()


@pytest.mark.parametrize("contact", ["<sip:a@192.0.2.7>", "<tel:+1>", "<mailto:a@b.test>",
                                     "<sip:a@elsewhere.test>", "*"])
def test_a_redirect_to_elsewhere_is_not_followed(sipp, phone, contact):
    uas = sipp([take("INVITE"), say(302, contact=f"Contact: {contact}", until_ack=True),
                take("ACK")])
    caller = phone("dial", uas.uri)
    caller.finish()
    assert caller.exit == 9, caller.story()
    uas.passed()


def test_redirects_that_never_end_do(phone):
    with SipPeer() as peer:
        caller = phone("dial", peer.uri)
        for _ in range(6):  # the first, and five that are followed
            peer.reply(peer.receive("^INVITE"), 302, "Moved")
            peer.receive("^ACK")
        assert caller.finish() == 9, caller.story()
        assert caller.result["cause"] == "redirected"


def test_no_answer_is_cancelled(sipp, phone):
    uas = sipp([take("INVITE", action='<action><ereg regexp=".*" search_in="hdr" header="Via:" '
                     'assign_to="via"/><ereg regexp=".*" search_in="hdr" header="CSeq:" '
                     'assign_to="cseq"/></action>'),
                say(180), take("CANCEL"), say(200),
                say(487, until_ack=True).replace("[last_CSeq:]", "CSeq:[$cseq]").replace(
                    "[last_Via:]", "Via:[$via]"),
                take("ACK")])
    caller = phone("dial", uas.uri, "--ring-timeout", "500ms")
    assert caller.finish() == 6, caller.story()
    assert caller.result["sip_code"] is None, "our own timeout is no status of the peer"
    uas.passed()


def test_an_answer_that_crosses_the_cancel_is_hung_up(sipp, phone):
    """RFC 3261 section 9.1: the 200 comes after our CANCEL: ACK, then BYE."""
    uas = sipp([take("INVITE", action='<action><ereg regexp=".*" search_in="hdr" header="Via:" '
                     'assign_to="via"/></action>'),
                say(180), take("CANCEL"), say(200),
                say(200, SDP, until_ack=True).replace("[last_CSeq:]", "CSeq: 1 INVITE").replace(
                    "[last_Via:]", "Via:[$via]"),
                take("ACK"), take("BYE"), say(200)])
    caller = phone("dial", uas.uri, "--ring-timeout", "500ms")
    caller.finish()
    assert caller.exit == 6, caller.story()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_peer_hangs_up(sipp, phone, transport):
    uas = sipp([take("INVITE", action=PARTIES), say(200, SDP, until_ack=True), take("ACK"),
                pause(200), BYE, take(200)], transport=transport)
    caller = phone("dial", uas.uri, "--wait", "20s")
    assert caller.finish() == 13, caller.story()
    assert caller.result["ended_by"] == "peer"
    assert "wait 20s" in caller.result["causes"][0]
    uas.passed()


# Requests of the called side: its own From is what the INVITE had as To.
PARTIES = ('<action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>'
           '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>'
           '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" assign_to="contact"/>'
           "</action>")
BYE = (ask("BYE", 1, inside=True, target="[$contact]")
       .replace("From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]x[call_number]",
                "From:[$to];tag=sipp")
       .replace("To: <sip:lineman@[remote_ip]:[remote_port]>[peer_tag_param]", "To:[$from]"))


def test_a_bye_that_nobody_knows_shows_a_lost_dialog(sipp, phone):
    """481 to our BYE: the other side has lost the call before we ended it."""
    uas = sipp([take("INVITE"), say(200, SDP, until_ack=True), take("ACK"), take("BYE"), say(481)])
    caller = phone("dial", uas.uri, "--wait", "100ms", "--hangup")
    assert caller.finish() == 12, caller.story()
    assert caller.result["cause"] == "dialog_lost" and caller.result["sip_code"] == 481
    uas.passed()
