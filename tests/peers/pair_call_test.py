"""Two linemen: transports, families, rings, refusals, early media, digits in every mode, captures."""
import json
import shutil
import subprocess

import pytest

from audio import assert_tone, goertzel_db, read_wav
from lineman_test import stop


@pytest.mark.parametrize("listen, transport", [("127.0.0.1:0", "udp"),
                                               ("127.0.0.1:0;transport=tcp", "tcp"),
                                               ("[::1]:0", "udp"), ("[::1]:0;transport=tcp", "tcp"),
                                               ("sip:127.0.0.1:0", "udp")])
def test_transports_and_families(phone, listen, transport):
    echo = phone("echo", "--listen", listen, "--count", "1")
    uri = echo.uri()
    assert ("transport=tcp" in uri) == (transport == "tcp"), uri
    caller = phone("dial", uri, "--listen", listen, "--play", "tone:440,500ms", "--hangup",
                   "--require-media")
    assert caller.finish() == 0, caller.story()
    assert caller.result["rx"]["audio"] == "tone:440"
    assert echo.finish() == 0


def test_several_listeners(phone):
    echo = phone("echo", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0;transport=tcp",
                 "--listen", "[::1]:0")
    addresses = echo.wait("app.ready")["addresses"]
    assert len(addresses) == 5, addresses  # without ;transport= both are bound
    for address in addresses:
        caller = phone("dial", address, "--play", "tone:440,300ms", "--hangup")
        assert caller.finish() == 0, caller.story()
    assert stop(echo) == 0
    assert echo.result["calls"] == 5


@pytest.mark.parametrize("mode", ["auto", "rfc4733", "info"])
@pytest.mark.parametrize("codec", ["pcmu", "opus"])
def test_digits_in_every_mode(phone, mode, codec):
    digits = "0123456789*#ABCD" if mode != "info" else "159*#D"
    answerer = phone("answer", "--read", str(len(digits)), "--within", "20s", "--wait", "300ms",
                     "--hangup", "--count", "1")
    caller = phone("dial", answerer.uri(), "--dtmf", digits, "--dtmf-mode", mode, "--codec", codec,
                   "--digit-duration", "80ms", "--digit-gap", "80ms", "--wait", "3s")
    answerer.finish()
    caller.finish()
    assert answerer.exit == 0, answerer.story()
    assert answerer.result["digits"] == digits and answerer.result["digits_complete"] is True
    used = {"auto": "rfc4733"}.get(mode, mode)
    assert {e["mode"] for e in answerer.all("dtmf.received")} == {used}
    assert [e["digit"] for e in caller.all("dtmf.sent")] == list(digits)
    if used == "rfc4733":
        assert all(60 <= e["duration_ms"] <= 130 for e in answerer.all("dtmf.received"))


PAIRS = {"1": (697, 1209), "5": (770, 1336), "9": (852, 1477), "*": (941, 1209), "D": (941, 1633)}


@pytest.mark.parametrize("codec, rate", [("pcmu", 8000), ("opus", 48000)])
def test_digits_in_band_are_two_tones(phone, work, codec, rate):
    """ITU-T Q.23, seen in what the peer records."""
    answerer = phone("answer", "--record", "heard.wav", "--count", "1")
    caller = phone("dial", answerer.uri(), "--dtmf", "159*D", "--dtmf-mode", "inband", "--codec",
                   codec, "--wait", "200ms", "--hangup")
    assert caller.finish() == 0, caller.story()
    assert [e["mode"] for e in caller.all("dtmf.sent")] == ["inband"] * 5
    answerer.finish()
    samples, got = read_wav(work / "heard.wav")
    assert got == rate
    size, seen, before = rate // 50, [], None
    for start in range(0, len(samples) - size, size):
        part = samples[start:start + size]
        low = max((goertzel_db(part, hz, rate), hz) for hz in (697, 770, 852, 941))
        high = max((goertzel_db(part, hz, rate), hz) for hz in (1209, 1336, 1477, 1633))
        digit = next((d for d, pair in PAIRS.items() if pair == (low[1], high[1])), "?")
        if min(low[0], high[0]) < -30:
            digit = None
        if digit and digit == before and (not seen or seen[-1] != digit):  # 40 ms of it
            seen.append(digit)
        before = digit
    assert "".join(seen) == "159*D", seen


def test_digits_after_a_pause_and_a_filter(phone):
    answerer = phone("answer", "--read", "3", "--filter", "0-9", "--hangup", "--count", "1")
    caller = phone("dial", answerer.uri(), "--dtmf", "1*w2#3", "--wait", "3s")
    caller.finish()
    assert answerer.finish() == 0, answerer.story()
    result = answerer.result
    assert result["digits_complete"] is True and "".join(
        d for d in result["digits"] if d.isdigit()) == "123"


def test_ring_then_answer(phone):
    answerer = phone("answer", "--ring", "700ms", "--count", "1", "--hangup")
    caller = phone("dial", answerer.uri())
    assert caller.finish() == 0, caller.story()
    names = caller.names()
    assert names.index("call.ringing") < names.index("call.answered")
    result = caller.result
    assert result["setup_ms"] >= 700 > result["pdd_ms"], result
    assert answerer.finish() == 0


def test_ring_timeout_cancels(phone):
    answerer = phone("answer", "--ring", "20s", "--count", "1")
    caller = phone("dial", answerer.uri(), "--ring-timeout", "600ms")
    assert caller.finish() == 6, caller.story()
    assert answerer.finish() == 13, answerer.story()
    assert answerer.result["cause"] == "cancelled"


@pytest.mark.parametrize("code, exit_code", [(480, 6), (486, 8), (600, 8), (603, 8), (404, 9),
                                             (500, 9), (488, 10), (415, 10), (606, 10)])
def test_reject_codes_arrive(phone, code, exit_code):
    answerer = phone("answer", "--reject", str(code), "--count", "1")
    caller = phone("dial", answerer.uri())
    assert caller.finish() == exit_code, caller.story()
    assert caller.result["sip_code"] == code
    assert answerer.finish() == 0, answerer.story()


def test_early_media_is_heard_and_recorded(phone, work):
    answerer = phone("answer", "--early", "--play", "tone:425,1500ms", "--play", "tone:900,1s",
                     "--hangup", "--count", "1")
    caller = phone("dial", answerer.uri(), "--record", "heard.wav")
    assert caller.finish() == 0, caller.story()
    assert answerer.finish() == 0, answerer.story()
    names = caller.names()
    assert names.index("call.early_media") < names.index("call.answered")
    assert caller.wait("call.answered")["setup_ms"] > 1300
    samples, rate = read_wav(work / "heard.wav")
    assert_tone(samples, 900, rate)
    assert_tone(samples, 425, rate)  # before the answer


def test_waits_follow_what_is_heard(phone):
    answerer = phone("answer", "--wait", "tone:600", "--play", "tone:900,600ms", "--wait",
                     "silence:300ms", "--dtmf", "5", "--wait", "2s", "--count", "1")
    caller = phone("dial", answerer.uri(), "--play", "tone:600,1s", "--wait", "dtmf:5",
                   "--hangup")
    assert caller.finish() == 0, caller.story()
    answerer.finish()
    assert answerer.exit in (0, 13), answerer.story()
    assert answerer.wait("tone.detected")["hz"] == pytest.approx(600, abs=10)


def test_options_of_a_lineman(phone):
    answerer = phone("answer")
    asker = phone("options", answerer.uri())
    assert asker.finish() == 0, asker.story()
    probe = asker.wait("probe")
    assert "INVITE" in probe["allow"] and "lineman" in probe["user_agent"].lower()
    assert stop(answerer) == 0


def test_check_against_echo(phone):
    echo = phone("echo", "--count", "1")
    check = phone("check", echo.uri(), json=False)
    assert check.finish() == 0, check.story()
    assert "1004" in check.output.decode()
    echo.finish()


def test_two_calls_at_once_with_files_of_their_own(phone, work):
    echo = phone("echo")
    caller = phone("dial", echo.uri(), "--count", "2", "--max-calls", "2", "--record",
                   "heard.wav", "--play", "tone:440,1s", "--wait", "200ms", "--hangup")
    assert caller.finish() == 0, caller.story()
    assert caller.result["calls_ok"] == 2
    for name in ("heard.wav", "heard-c2.wav"):
        assert_tone(read_wav(work / name)[0], 440, read_wav(work / name)[1])
    assert stop(echo) == 0


def test_one_way_audio_is_found_out(phone):
    """The answerer drops all it would send: the caller has to say so."""
    answerer = phone("answer", "--impair", "tx:loss=100%", "--count", "1")
    caller = phone("dial", answerer.uri(), "--rtp-timeout", "1s", "--play", "tone:440,2s",
                   "--hangup")
    assert caller.finish() == 11, caller.story()
    answerer.finish()


def tshark(path, *words):
    done = subprocess.run(["tshark", "-n", "-r", str(path), *words], capture_output=True,
                          text=True, timeout=60, env={"PATH": "/usr/bin:/bin", "HOME": str(path.parent)})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_capture_opens_in_tshark(phone, work, transport):
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    listen = "127.0.0.1:0" + (";transport=tcp" if transport == "tcp" else "")
    echo = phone("echo", "--count", "1", "--listen", listen)
    caller = phone("dial", echo.uri(), "--codec", "pcmu", "--play", "tone:440,1s", "--dtmf", "5",
                   "--hangup", "--pcap", "call.pcapng")
    assert caller.finish() == 0, caller.story()
    echo.finish()
    path = work / "call.pcapng"
    sip = tshark(path, "-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code")
    words = sip.split()
    for word in ("INVITE", "ACK", "BYE", "200"):
        assert word in words, sip
    packets = json.loads(tshark(path, "-Y", "rtp && !rtpevent", "-T", "json", "-e", "ip.src",
                                "-e", "udp.srcport", "-e", "rtp.p_type", "-e", "rtp.ssrc"))
    ssrcs = {p["_source"]["layers"]["rtp.ssrc"][0] for p in packets}
    assert len(ssrcs) == 2, "both directions"
    counts = len(packets)
    total = caller.result["rx"]["packets"] + caller.result["tx"]["packets"]
    assert 0.8 * total < counts <= total, (counts, total)
    assert "rtpevent" in tshark(path, "-Y", "rtpevent", "-T", "fields", "-e", "frame.protocols")
    assert tshark(path, "-Y", "rtcp", "-T", "fields", "-e", "rtcp.pt").strip(), "RTCP is there too"
    assert tshark(path, "-Y", "_ws.malformed") == ""


def test_emergency_is_refused_between_real_peers_too(phone):
    echo = phone("echo")
    port = echo.uri().rpartition(":")[2]
    caller = phone("dial", f"sip:112@127.0.0.1:{port}", json=False)
    assert caller.finish() == 2
    assert stop(echo) == 0 and echo.result["calls"] == 0
