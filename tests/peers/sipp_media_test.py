"""SIPp with sound: its rtp_stream and its -rtp_echo, early media, holds, judged by what is heard."""
import pytest

from audio import (alaw_decode, assert_tone, coded, find_exact, level_db, read_wav, similarity, speech, tone,
                   ulaw_decode, write_wav)
from sipp import SDP, Sipp, ack, ask, coded_file, pause, say, sdp, stream, take

CODE = {"pcmu": (0, ulaw_decode), "pcma": (8, alaw_decode)}


@pytest.fixture
def sipp(child, tmp_path):
    folder = tmp_path / "sipp"
    folder.mkdir()
    return lambda steps, **rest: Sipp(child, folder, steps, **rest)


def bytes_of(decode):
    return {decode(b): b for b in range(255, -1, -1)}


@pytest.fixture
def sound(tmp_path):
    """sound(samples, codec): a file of coded bytes, and the samples that it decodes to."""
    def make(samples, codec="pcmu"):
        decode = CODE[codec][1]
        exact = coded(samples, decode)
        return coded_file(tmp_path / f"{codec}.raw", exact, bytes_of(decode)), exact
    return make


@pytest.mark.parametrize("codec", CODE)
def test_a_stream_is_heard(sipp, phone, work, sound, codec):
    payload = CODE[codec][0]
    path, _ = sound(tone(1000, 2, -10), codec)
    uas = sipp([take("INVITE"), say(200, sdp(str(payload)), until_ack=True), take("ACK"),
                stream(path, payload), take("BYE"), say(200)])
    caller = phone("dial", uas.uri, "--record", "heard.wav", "--wait", "1500ms", "--hangup",
                   "--require-media")
    assert caller.finish() == 0, caller.story()
    heard, rate = read_wav(work / "heard.wav")
    assert_tone(heard, 1000, rate, level=-13)
    assert caller.result["codec"].lower() == codec
    assert caller.result["rx"]["audio"] == "tone:1000", caller.story()
    uas.passed()


@pytest.mark.parametrize("codec", CODE)
def test_what_is_echoed_is_what_was_said_bit_for_bit(sipp, phone, work, codec):
    payload, decode = CODE[codec]
    said = coded(speech(2, seed=11), decode)
    write_wav(work / "said.wav", said)
    uas = sipp([take("INVITE"), say(200, sdp(str(payload), port="[media_port]"), until_ack=True),
                take("ACK"), take("BYE"), say(200)], echo=True)
    caller = phone("dial", uas.uri, "--record", "heard.wav", "--play", "said.wav", "--wait",
                   "600ms", "--hangup", "--jitter", "fixed:200ms", "--require-media")
    assert caller.finish() == 0, caller.story()
    heard, rate = read_wav(work / "heard.wav")
    assert similarity(heard, said, rate) > 0.95
    result = caller.result
    if result["rx"]["lost"] or result["rx"]["late"] or result["tx"]["late"]:
        pytest.skip("this machine was too late to say anything about bits")
    find_exact(heard, said)
    uas.passed()


def test_early_media_is_heard_before_the_answer(sipp, phone, work, sound):
    path, _ = sound(tone(425, 2, -10))
    uas = sipp([take("INVITE"), say(183, SDP), stream(path), pause(1200),
                say(200, SDP, until_ack=True), take("ACK"), take("BYE"), say(200)])
    caller = phone("dial", uas.uri, "--record", "heard.wav", "--wait", "100ms", "--hangup")
    assert caller.finish() == 0, caller.story()
    names = caller.names()
    assert names.index("call.early_media") < names.index("media.first_rtp") < names.index(
        "call.answered")
    assert_tone(read_wav(work / "heard.wav")[0], 425, 8000, seconds=0.8)
    uas.passed()


def test_early_media_and_then_a_refusal(sipp, phone, sound):
    path, _ = sound(tone(425, 2, -10))
    uas = sipp([take("INVITE"), say(183, SDP), stream(path), pause(500),
                say(404, until_ack=True), take("ACK")])
    caller = phone("dial", uas.uri)
    assert caller.finish() == 9, caller.story()
    assert caller.result["rx"]["packets"] > 5, "what was heard is in the result"
    uas.passed()


def test_an_invite_without_sdp_gets_an_offer(sipp, phone, work, sound):
    path, _ = sound(tone(1000, 2, -10))
    answerer = phone("answer", "--count", "1", "--record", "heard.wav", "--codec", "pcmu")
    uac = sipp([ask("INVITE"), take(100, optional=True), take(180, optional=True), take(200),
                ack(body=SDP), stream(path), pause(1200), ask("BYE", 2, inside=True), take(200)],
               remote=answerer.uri())
    uac.passed()
    answerer.finish()
    assert answerer.exit == 0, answerer.story()
    assert_tone(read_wav(work / "heard.wav")[0], 1000, 8000)


HOLDS = {"sendonly": dict(direction="sendonly"), "inactive": dict(direction="inactive"),
         "recvonly": dict(direction="recvonly"), "c=0": dict(address="0.0.0.0")}


@pytest.mark.parametrize("how", HOLDS)
def test_hold_and_resume(sipp, phone, work, sound, how):
    path, _ = sound(tone(1000, 4, -10))
    answerer = phone("answer", "--count", "1", "--play", "tone:440,20s", "--rtp-timeout", "500ms")
    uac = sipp([ask("INVITE", body=SDP), take(100, optional=True), take(180, optional=True),
                take(200), ack(), stream(path), pause(300),
                ask("INVITE", 2, body=sdp(version=2, **HOLDS[how]), inside=True),
                take(100, optional=True), take(200), ack(2),
                pause(900),
                ask("INVITE", 3, body=sdp(version=3), inside=True), take(100, optional=True),
                take(200), ack(3), pause(400), ask("BYE", 4, inside=True), take(200)],
               remote=answerer.uri())
    uac.passed()
    answerer.finish()
    assert answerer.exit == 13, answerer.story()  # it was still playing
    assert answerer.all("call.held")[0]["by"] == "peer"
    assert answerer.all("call.resumed")[0]["by"] == "peer"
    answers = uac.wire().split("CSeq: 2 INVITE")[-1]
    expected = {"sendonly": "a=recvonly", "inactive": "a=inactive", "recvonly": "a=sendonly"}
    if how in expected:
        assert expected[how] in answers


def test_nothing_is_sent_while_the_peer_holds(phone, work):
    """Counted on the wire by a peer that is a socket."""
    import select
    from wire import SipPeer, sdp as plain, tag_of
    with SipPeer() as peer:
        answerer = phone("answer", "--count", "1", "--play", "tone:440,20s")
        port = int(answerer.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=plain(peer.rtp_port))
        tag = tag_of(peer.receive("^SIP/2.0 200"))
        peer.request("ACK", port, to_tag=tag)
        assert select.select([peer.rtp], [], [], 5)[0]
        peer.request("INVITE", port, cseq=2, to_tag=tag,
                     body=plain(peer.rtp_port, version=2, extra="a=sendonly"))
        held = peer.receive("^SIP/2.0 200")
        assert "a=recvonly" in held.body
        peer.request("ACK", port, cseq=2, to_tag=tag)
        answerer.wait("call.held")
        peer.rtp.setblocking(False)
        while True:  # what was on its way
            if not select.select([peer.rtp], [], [], 0.1)[0]:
                break
            peer.rtp.recv(2048)
        assert not select.select([peer.rtp], [], [], 0.3)[0], "RTP on hold"
        peer.request("INVITE", port, cseq=3, to_tag=tag, body=plain(peer.rtp_port, version=3))
        peer.receive("^SIP/2.0 200")
        peer.request("ACK", port, cseq=3, to_tag=tag)
        assert select.select([peer.rtp], [], [], 5)[0], "nothing after the resume"
        peer.request("BYE", port, cseq=4, to_tag=tag)
        peer.receive("^SIP/2.0 200")
        answerer.finish()


def test_a_peer_on_hold_is_no_missing_media(sipp, phone):
    answerer = phone("answer", "--count", "1", "--rtp-timeout", "300ms")
    uac = sipp([ask("INVITE", body=sdp(direction="sendonly")), take(100, optional=True),
                take(180, optional=True), take(200), ack(), pause(900),
                ask("BYE", 2, inside=True), take(200)], remote=answerer.uri())
    uac.passed()
    assert answerer.finish() == 0, answerer.story()
    assert answerer.result["media"] == "not_negotiated"


def test_a_stream_that_stops_is_noticed(sipp, phone, sound):
    path, _ = sound(tone(1000, 4, -10))
    uas = sipp([take("INVITE"), say(200, SDP, until_ack=True), take("ACK"), stream(path),
                pause(500), '<nop><action><exec rtp_stream="pause"/></action></nop>',
                take("BYE"), say(200)])
    caller = phone("dial", uas.uri, "--rtp-timeout", "500ms", "--wait", "2s", "--hangup")
    assert caller.finish() == 11, caller.story()
    assert caller.all("media.stalled"), caller.story()


def test_info_digits_of_the_peer(sipp, phone):
    answerer = phone("answer", "--read", "2", "--hangup", "--count", "1")

    def info(cseq, digit):
        return ask("INFO", cseq, inside=True, body=f"Signal={digit}\nDuration=160",
                   content_type="application/dtmf-relay")
    uac = sipp([ask("INVITE", body=SDP), take(100, optional=True), take(180, optional=True),
                take(200), ack(), info(2, "7"), take(200), info(3, "#"), take(200),
                take("BYE"), say(200, tag="")], remote=answerer.uri())
    uac.passed()
    assert answerer.finish() == 0, answerer.story()
    assert answerer.result["digits"] == "7#"
    assert {e["mode"] for e in answerer.all("dtmf.received")} == {"info"}


def test_a_peer_that_answers_with_several_codecs(sipp, phone, sound):
    path, _ = sound(tone(1000, 2, -10), "pcma")
    uas = sipp([take("INVITE"), say(200, sdp("8 0"), until_ack=True), take("ACK"), stream(path, 8),
                take("BYE"), say(200)])
    caller = phone("dial", uas.uri, "--play", "tone:440,1s", "--hangup", "--require-media")
    assert caller.finish() == 0, caller.story()
    assert caller.result["codec"] == "PCMA" and caller.result["rx"]["audio"] == "tone:1000"
    uas.passed()
