"""What takes its time by RFC 3261 and 4028: run beside the other tests, it costs time and no CPU."""

from lineman_test import stop
from wire import SipPeer, sdp, tag_of


def test_a_missing_ack_ends_the_call_after_64_t1(phone):
    """And a refused bad Contact, never acknowledged, is still harmless then."""
    with SipPeer() as peer, SipPeer() as bad:
        answerer = phone("answer", "--rtp-timeout", "60s")
        port = int(answerer.uri().rpartition(":")[2])
        bad.request("INVITE", port, body=sdp(bad.rtp_port), contact="<tel:+1>")
        assert bad.receive("^SIP/2.0 [3-6]").status == 400
        peer.request("INVITE", port, body=sdp(peer.rtp_port))
        peer.receive("^SIP/2.0 200")
        ended = answerer.wait("call.ended", 45)
        assert ended["cause"] == "dialog_lost", answerer.story()
        assert 25_000 < ended["duration_ms"] < 40_000
        peer.reply(peer.receive("^BYE"), 200)
        result = answerer.wait("call.result")
        assert result["exit"] == 12 and "acknowledged" in result["diagnosis"], result
        peer.ping(port)
        assert stop(answerer) == 12, answerer.story()


def test_a_session_is_refreshed_and_lives(phone):
    """The shortest interval (90 s), refreshed by us before half of it is over."""
    with SipPeer() as peer:
        caller = phone("dial", peer.uri, "--rtp-timeout", "90s")
        invite = peer.receive("^INVITE")
        peer.answer(invite, headers=["Session-Expires: 90;refresher=uac", "Require: timer",
                                     "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE"])
        peer.receive("^ACK")
        caller.wait("call.established")
        again = peer.receive("^(INVITE|UPDATE)", 60)
        assert int(again.get("Session-Expires").split(";")[0]) >= 90
        headers = ["Session-Expires: 90;refresher=uac", "Require: timer"]
        if again.method == "INVITE":
            peer.answer(again, headers=headers)
            peer.receive("^ACK")
        else:
            peer.reply(again, 200, headers=headers)
        caller.signal(2)
        peer.reply(peer.receive("^BYE"), 200)
        assert caller.finish() == 130, caller.story()
        assert not caller.all("call.held") and len(caller.all("media.started")) == 1
