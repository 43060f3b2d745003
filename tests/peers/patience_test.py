"""What takes its time by RFC 3261 and 4028, all at once: beside the other tests it costs time and no CPU."""
from lineman_test import stop
from wire import SipPeer, sdp, tag_of


def test_a_missing_ack_and_a_session_to_refresh(phone):
    """No ACK ends a call after 64*T1; a refused bad Contact, never acknowledged, is harmless then;
    and the shortest session interval (90 s) is refreshed by us before half of it is over."""
    with SipPeer() as peer, SipPeer() as bad, SipPeer() as session:
        caller = phone("dial", session.uri, "--rtp-timeout", "90s")
        session.answer(session.receive("^INVITE"),
                       headers=["Session-Expires: 90;refresher=uac", "Require: timer",
                                "Supported: timer", "Allow: INVITE, ACK, BYE, UPDATE"])
        session.receive("^ACK")
        caller.wait("call.established")

        answerer = phone("answer", "--rtp-timeout", "60s")
        port = int(answerer.uri().rpartition(":")[2])
        bad.request("INVITE", port, body=sdp(bad.rtp_port), contact="<tel:+1>")
        assert bad.receive("^SIP/2.0 [3-6]").status == 400
        peer.request("INVITE", port, body=sdp(peer.rtp_port))
        tag_of(peer.receive("^SIP/2.0 200"))
        ended = answerer.wait("call.ended", 45)
        assert ended["cause"] == "dialog_lost", answerer.story()
        assert 25_000 < ended["duration_ms"] < 40_000
        peer.reply(peer.receive("^BYE"), 200)
        result = answerer.wait("call.result")
        assert result["exit"] == 12 and "acknowledged" in result["diagnosis"], result
        peer.ping(port)
        assert stop(answerer) == 12, answerer.story()

        again = session.receive("^(INVITE|UPDATE)", 60)
        assert int(again.get("Session-Expires").split(";")[0]) >= 90
        headers = ["Session-Expires: 90;refresher=uac", "Require: timer"]
        if again.method == "INVITE":
            session.answer(again, headers=headers)
            session.receive("^ACK")
        else:
            session.reply(again, 200, headers=headers)
        caller.signal(2)
        session.reply(session.receive("^BYE"), 200)
        assert caller.finish() == 130, caller.story()
        assert not caller.all("call.held") and len(caller.all("media.started")) == 1
