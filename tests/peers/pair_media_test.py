"""Two linemen over real SIP and RTP: every codec, judged by what is heard."""
import pytest

from audio import (alaw_decode, assert_tone, channels, coded, find_exact, level_db, read_wav, similarity, speech,
                   tone, ulaw_decode, write_wav)
from lineman_test import stop

RATES = {"pcmu": 8000, "pcma": 8000, "g722": 16000, "opus": 48000}


def call(phone, answer, dial, **rest):
    """An answerer and a caller, both ended; exit codes are the test's to judge."""
    answerer = phone("answer", "--count", "1", *answer, **rest)
    caller = phone("dial", answerer.uri(), *dial)
    caller.finish()
    answerer.finish()
    return caller, answerer


@pytest.mark.parametrize("codec", RATES)
def test_a_tone_each_way(phone, work, codec):
    caller, answerer = call(
        phone, ["--record", "far.wav", "--play", "tone:1200,2s,-20dB"],
        ["--codec", codec, "--record", "near.wav", "--play", "tone:500,1500ms,-10dB", "--hangup"])
    assert (caller.exit, answerer.exit) == (0, 13), caller.story()
    rate = RATES[codec]
    for name, hz, peak in (("far.wav", 500, -10), ("near.wav", 1200, -20)):
        samples, got = read_wav(work / name)
        assert got == rate
        assert_tone(samples, hz, rate, level=peak - 3)
    for process, hz in ((caller, 1200), (answerer, 500)):
        result = process.result
        assert result["codec"].lower() == codec
        assert result["rx"]["audio"] == f"tone:{hz}", process.story()
        assert result["media"] in ("two_way", "received")
        assert result["rx"]["packets"] > 40 and result["rx"]["loss_pct"] < 5


@pytest.mark.parametrize("codec", RATES)
def test_speech_is_still_speech(phone, work, codec):
    said = speech(3, 16000, seed=5)
    write_wav(work / "said.wav", said, 16000)
    caller, _ = call(phone, ["--record", "far.wav"],
                     ["--codec", codec, "--play", "said.wav", "--wait", "200ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    heard, rate = read_wav(work / "far.wav")
    assert similarity(heard, said, rate, 16000) > 0.9


@pytest.mark.parametrize("codec, decode", [("pcmu", ulaw_decode), ("pcma", alaw_decode)])
def test_g711_is_bit_exact(phone, work, codec, decode):
    said = coded(speech(2, seed=9), decode)
    write_wav(work / "said.wav", said)
    caller, answerer = call(
        phone, ["--record", "far.wav", "--jitter", "fixed:200ms"],
        ["--codec", codec, "--play", "said.wav", "--wait", "500ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    rx = answerer.result["rx"]
    if rx["lost"] or rx["late"] or caller.result["tx"]["late"]:
        pytest.skip("this machine was too late to say anything about bits")
    find_exact(read_wav(work / "far.wav")[0], said)


@pytest.mark.parametrize("ptime", ["10ms", "20ms", "60ms", "200ms"])
def test_packet_times(phone, work, ptime):
    caller, _ = call(phone, ["--record", "far.wav", "--ptime", ptime],
                     ["--codec", "pcmu", "--ptime", ptime, "--play", "tone:600,1s", "--wait",
                      "400ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    assert caller.wait("media.started")["ptime_ms"] == float(ptime[:-2])
    assert_tone(*read_wav(work / "far.wav")[:1], 600, 8000)


def test_echo_comes_back_and_is_heard_by_the_peer(phone, work):
    echo = phone("echo", "--count", "1")
    caller = phone("dial", echo.uri(), "--record-stereo", "both.wav", "--play",
                   "tone:700,2s,-12dB", "--wait", "300ms", "--hangup")
    assert caller.finish() == 0, caller.story()
    assert echo.finish() == 0, echo.story()
    result = caller.result
    assert result["media"] == "two_way" and result["tx"]["heard_by_peer"] is True
    assert result["rx"]["audio"] == "tone:700"
    assert channels(work / "both.wav") == 2
    sent, rate = read_wav(work / "both.wav", 0)
    heard, _ = read_wav(work / "both.wav", 1)
    assert len(sent) == len(heard)
    assert_tone(sent, 700, rate, level=-15)
    assert_tone(heard, 700, rate, level=-15)
    first = [next(n for n, s in enumerate(x) if abs(s) > 1000) for x in (sent, heard)]
    assert 0 < (first[1] - first[0]) / rate < 0.5, "what was sent comes first"


def test_echo_with_a_delay(phone, work):
    echo = phone("echo", "--count", "1", "--delay", "500ms")
    caller = phone("dial", echo.uri(), "--record-stereo", "both.wav", "--play",
                   "tone:700,300ms", "--wait", "1200ms", "--hangup", "--codec", "pcmu")
    assert caller.finish() == 0, caller.story()
    first = [next(n for n, s in enumerate(read_wav(work / "both.wav", c)[0]) if abs(s) > 1000)
             for c in (0, 1)]
    assert 0.5 <= (first[1] - first[0]) / 8000 < 1.0
    stop(echo)


def test_a_recording_is_a_true_time_line(phone, work):
    caller, answerer = call(
        phone, ["--record", "far.wav"],
        ["--codec", "pcmu", "--play", "tone:400,500ms", "--wait", "1s", "--play",
         "tone:400,500ms", "--wait", "300ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    samples, rate = read_wav(work / "far.wav")
    loud = [n for n in range(0, len(samples), 80) if level_db(samples[n:n + 80]) > -30]
    gaps = [(b - a) / rate for a, b in zip(loud, loud[1:]) if b - a > 80 * 20]
    assert len(gaps) == 1 and abs(gaps[0] - 1.0) < 0.15, gaps
    lasted = answerer.result["duration_ms"] / 1000
    assert abs(len(samples) / rate - lasted) < 0.35, (len(samples) / rate, lasted)


def test_impairment_on_a_real_call(phone, work):
    caller, answerer = call(
        phone, [], ["--codec", "pcmu", "--impair", "tx:loss=20%", "--seed", "4", "--play",
                    "tone:440,4s", "--hangup"])
    assert caller.exit == 0, caller.story()
    assert 8 < answerer.result["rx"]["loss_pct"] < 35, answerer.story()


def test_no_common_codec_is_488_and_10(phone):
    answerer = phone("answer", "--codec", "pcma", "--count", "1")
    caller = phone("dial", answerer.uri(), "--codec", "pcmu")
    assert caller.finish() == 10, caller.story()
    assert caller.result["sip_code"] == 488
    answerer.finish()
    assert answerer.exit == 10, answerer.story()
    assert "PCMU" in answerer.result["diagnosis"].upper()


def test_the_order_of_the_caller_decides(phone):
    caller, answerer = call(phone, ["--codec", "pcmu,pcma,g722"],
                            ["--codec", "g722,pcma", "--wait", "100ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    assert caller.result["codec"].upper() == answerer.result["codec"].upper() == "G722"


def test_a_44k_stereo_file_is_played_right(phone, work):
    samples = [s for v in tone(1000, 1.5, -12, 44100) for s in (v, v)]
    write_wav(work / "x.wav", samples, 44100, 2)
    caller, _ = call(phone, ["--record", "far.wav"],
                     ["--codec", "g722", "--play", "x.wav", "--wait", "200ms", "--hangup"])
    assert caller.exit == 0, caller.story()
    assert_tone(read_wav(work / "far.wav")[0], 1000, 16000, level=-15)
