"""The guards around the SIP stack (a Contact that is no SIP address must never reach its own BYE).

Every test ends alike: the process answers OPTIONS, ends by a signal in order, and within 2 s.
"""
import pytest

from lineman_test import stop
from wire import SipPeer, sdp, tag_of

BAD = ["<tel:+1>", "<mailto:a@b.test>", "<urn:service:sos>", "<http://a.test/>", "*", "",
       "<sip:>", "garbage", "<sip:a@[::1>"]


@pytest.mark.parametrize("contact", BAD)
def test_bad_contact_in_an_invite(phone, contact):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), contact=contact, branch="g1")
        status = peer.receive("^SIP/2.0 [1-6]")
        while status.status == 100:
            status = peer.receive("^SIP/2.0 [1-6]")
        assert 400 <= status.status < 500, status.start
        peer.request("ACK", port, branch="g1", contact="")
        peer.ping(port)
        assert stop(answerer) == 0, answerer.story()
        assert not answerer.all("call.answered")


@pytest.mark.parametrize("route", ["<tel:+1;lr>", "<sip:;lr>", "<mailto:a@b.test>"])
def test_bad_record_route_in_an_invite(phone, route):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), headers=[f"Record-Route: {route}"],
                     branch="g2")
        assert peer.receive("^SIP/2.0 [2-6]").status >= 400
        peer.request("ACK", port, branch="g2", contact="")
        peer.ping(port)
        assert stop(answerer) == 0, answerer.story()


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("end", ["itself", "signal"])
def test_bad_contact_inside_a_call(phone, method, end):
    with SipPeer() as peer:
        answerer = phone("answer", "--rtp-timeout", "20s")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port))
        tag = tag_of(peer.receive("^SIP/2.0 200"))
        peer.request("ACK", port, to_tag=tag)
        answerer.wait("call.established")
        body = sdp(peer.rtp_port, version=2) if method == "INVITE" else ""
        peer.request(method, port, cseq=2, to_tag=tag, contact="<tel:+1>", body=body, branch="g3")
        status = peer.receive("^SIP/2.0 [2-6]").status
        assert status == (400 if method == "INVITE" else status)
        if method == "INVITE":
            peer.request("ACK", port, cseq=2, to_tag=tag, branch="g3", contact="")
        if end == "itself":
            assert answerer.wait("call.ended")["cause"] == "protocol_error"
        peer.ping(port)
        stop(answerer)
        assert answerer.exit in (0, 12), answerer.story()
        if end == "itself":
            assert answerer.exit == 12


@pytest.mark.parametrize("contact", ["<tel:+1>", "*", "", "<mailto:a@b.test>"])
def test_bad_contact_in_the_answer(phone, contact):
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--wait", "5s", "--hangup")
        peer.answer(peer.receive("^INVITE"), contact=contact)
        assert caller.finish() == 12, caller.story()
        assert caller.result["cause"] == "protocol_error"


def test_an_answer_that_nobody_can_read(phone):
    """The stack drops what it cannot parse: as if nothing had come."""
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--connect-timeout", "1s")
        peer.answer(peer.receive("^INVITE"), contact="<sip:>")
        caller.finish()
        assert caller.exit in (5, 12), caller.story()


def test_a_contact_that_wants_tls_crashes_nothing(phone):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), contact="<sips:a@127.0.0.1>",
                     branch="g1")
        reply = peer.receive("^SIP/2.0 [2-6]")
        peer.request("ACK", port, to_tag=tag_of(reply))
        peer.ping(port)
        stop(answerer)
        assert answerer.exit in (0, 12), answerer.story()


@pytest.mark.parametrize("name", ["f@host.test", "f@1.2.3"])
def test_a_contact_that_is_a_name_without_address(phone, name):
    with SipPeer() as peer:
        answerer = phone("answer", env={"LINEMAN_NAMESERVERS": "127.0.0.1:1"})
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), contact=f"<sip:{name}>")
        ok = peer.receive("^SIP/2.0 [2-6]")
        if ok.status == 200:
            peer.request("ACK", port, to_tag=tag_of(ok))
            answerer.wait("call.answered")
        peer.ping(port)
        stop(answerer)
        assert answerer.cpu() < 1.0, "it spins"


def torture():
    """Odd but whole messages, in the spirit of RFC 4475."""
    via = "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKt{n};rport"
    base = [via, "Max-Forwards: 70", "From: <sip:peer@127.0.0.1>;tag=t", "To: <sip:l@127.0.0.1>",
            "Call-ID: t{n}", "CSeq: 1 OPTIONS", "Content-Length: 0"]

    def message(start="OPTIONS sip:l@127.0.0.1 SIP/2.0", drop=(), add=()):
        kept = [x for x in base if not x.startswith(tuple(drop) or ("\0",))]
        return "\r\n".join([start, *kept, *add, "", ""])
    yield message("OPTIONS sip:l@127.0.0.1;unknown=%00%ff SIP/2.0")
    yield message(add=["Subject: " + "x" * 8000])
    yield message(add=["Date: Fri, 01 Jan 2010 16:00:00 EST"])
    yield message(drop=["Max-Forwards"], add=["Max-Forwards: 0"])
    yield message(drop=["Max-Forwards"], add=["Max-Forwards: 300"])
    yield message(drop=["Content-Length"], add=["Content-Length: 9999"])
    yield message(drop=["CSeq"], add=["CSeq: 36893488147419103232 OPTIONS"])
    yield message(drop=["CSeq"], add=["CSeq: 1 INVITE"])
    yield message("OPTIONS sip:l@127.0.0.1 SIP/7.0")
    yield message("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")
    yield message("OPTIONS  sip:l@127.0.0.1  SIP/2.0")
    yield message("OPTIONS <sip:l@127.0.0.1> SIP/2.0")
    yield message(drop=["To"], add=["To: \"Mr. J. User <sip:j@a.test>"])
    yield message(drop=["From"], add=["From: <sip:a@b.test>;tag=1", "From: <sip:c@d.test>;tag=2"])
    yield message(add=["Require: nothingSupportsThis", "Proxy-Require: norThis"])
    yield message(drop=["From", "To", "Call-ID"])
    yield message("SIP/2.0 4294967301 better not break the receiver")
    yield message("INVITE sip:l@127.0.0.1?Route=%3Csip:x@y.test%3E SIP/2.0", drop=["CSeq"],
                  add=["CSeq: 1 INVITE"])
    yield message("!interesting-Method0123456789_*+`.%indeed'~ sip:l@127.0.0.1 SIP/2.0",
                  drop=["CSeq"], add=["CSeq: 1 !interesting-Method0123456789_*+`.%indeed'~"])
    yield message("REGISTER sip:127.0.0.1 SIP/2.0", drop=["CSeq"],
                  add=["CSeq: 1 REGISTER", "Contact: sip:u@a.test?Route=%3Csip:b.test%3E"])
    yield message(drop=["Via"], add=["Via: SIP/2.0/UDP 192.0.2.15;;,;,,", via])
    yield message(add=["Contact: \"\" <sip:a@b.test> ;;,,;,,"])


def test_torture(phone):
    with SipPeer() as peer:
        answerer = phone("answer")
        port = int(answerer.uri().rpartition(":")[2])
        for n, text in enumerate(torture()):
            peer.send(text.replace("{port}", str(peer.port)).replace("{n}", str(n)),
                      ("127.0.0.1", port))
            peer.ping(port)
        assert stop(answerer) == 0, answerer.story()
