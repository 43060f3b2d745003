"""Simulated calls: the same bytes for the same seed, in virtual time, with no network and little CPU."""
import math

import pytest

from audio import assert_tone, coded, find_exact, read_wav, speech, ulaw_decode, alaw_decode, write_wav

WORDS = ["--play", "tone:440,2s", "--dtmf", "12#", "--record", "heard.wav", "--record-stereo",
         "both.wav", "--wait", "300ms", "--hangup"]
LOSSY = ["--impair", "rx:loss=5%,jitter=20ms,delay=40ms,reorder=1%,dup=0.5%,burst=2;tx:loss=2%"]


def bytes_of(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.mark.parametrize("codec", ["pcmu", "pcma", "g722", "opus"])
@pytest.mark.parametrize("impair", [[], LOSSY], ids=["clean", "lossy"])
def test_a_seed_repeats_a_call_byte_for_byte(lineman, tmp_path, codec, impair):
    runs = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        process = lineman("dial", "local:echo", *WORDS, *impair, "--codec", codec, "--seed", "7",
                          "--pcap", "x.pcapng", cwd=folder)
        assert process.exit == 0, process.story()
        runs.append((process.output, bytes_of(folder)))
    assert runs[0][0] == runs[1][0]
    assert sorted(runs[0][1]) == ["both.wav", "heard.wav", "x.pcapng"]
    assert runs[0][1] == runs[1][1]


def test_another_seed_is_another_network(lineman):
    one, two = (lineman("dial", "local:echo", "--play", "tone:440,5s", "--hangup", "--seed", seed,
                        "--impair", "rx:loss=20%") for seed in ("1", "2"))
    assert one.result["rx"]["lost"] != two.result["rx"]["lost"] or one.output != two.output
    assert one.result["seed"] == 1 and two.result["seed"] == 2


def test_virtual_time_begins_at_1970_and_is_faster_than_the_wall(lineman):
    process = lineman("dial", "local:echo", "--play", "tone:440,60s", "--hangup", "--codec", "pcmu")
    assert process.exit == 0, process.story()
    assert process.events[0]["time"].startswith("1970-01-01T00:00:0")
    assert 59_900 <= process.result["duration_ms"] < 61_000
    print(f"60 s of G.711 echo in {process.cpu():.3f} s of CPU (target 0.2 s)")
    assert process.cpu() < 20  # sanitizers and busy machines included; scripts/bench has the figure


def test_opus_is_measured_too(lineman):
    process = lineman("dial", "local:echo", "--play", "tone:440,60s", "--hangup", "--codec", "opus")
    assert process.exit == 0, process.story()
    print(f"60 s of Opus echo in {process.cpu():.3f} s of CPU")
    assert process.result["codec"].lower() == "opus"


@pytest.mark.parametrize("codec, decode", [("pcmu", ulaw_decode), ("pcma", alaw_decode)])
@pytest.mark.parametrize("profile", ["interactive", "default", "robust", "fixed:100ms"])
def test_g711_is_bit_exact_on_a_clean_network(lineman, work, codec, decode, profile):
    sent = coded(speech(6, seed=3) * 5, decode)  # 30 s
    write_wav(work / "speech.wav", sent)
    process = lineman("dial", "local:echo", "--record-stereo", "both.wav", "--play", "speech.wav",
                      "--wait", "1s", "--hangup", "--codec", codec, "--jitter", profile)
    assert process.exit == 0, process.story()
    heard, rate = read_wav(work / "both.wav", channel=1)
    assert rate == 8000
    find_exact(heard, sent)
    spoken, _ = read_wav(work / "both.wav", channel=0)
    find_exact(spoken, sent)
    rx = process.result["rx"]
    assert rx["lost"] == 0 and rx["concealed_ms"] == 0 and rx["late"] == 0


@pytest.mark.parametrize("codec, rate", [("pcmu", 8000), ("g722", 16000), ("opus", 48000)])
@pytest.mark.parametrize("source_rate", [8000, 11025, 44100, 48000])
def test_any_rate_arrives_as_what_it_was(lineman, work, codec, rate, source_rate):
    from audio import tone
    mono = tone(1000, 1.5, -12, source_rate)
    write_wav(work / "x.wav", [s for v in mono for s in (v, v)], source_rate, 2)
    process = lineman("dial", "local:echo", "--record", "heard.wav", "--play", "x.wav", "--wait",
                      "500ms", "--hangup", "--codec", codec)
    assert process.exit == 0, process.story()
    heard, got = read_wav(work / "heard.wav")
    assert got == rate
    assert_tone(heard, 1000, rate, level=-12 - 20 * math.log10(math.sqrt(2)))
    assert process.result["rx"]["audio"] == "tone:1000", process.story()


def test_loss_is_measured_and_concealed(lineman):
    process = lineman("dial", "local:echo", "--play", "tone:440,20s", "--hangup", "--impair",
                      "rx:loss=5%", "--codec", "pcmu", "--seed", "3")
    rx = process.result["rx"]
    assert 2.0 < rx["loss_pct"] < 8.5, rx
    assert rx["concealed_ms"] > 200 and 1 <= rx["mos"] < 4.3, rx
    assert process.result["tx"]["loss_pct"] in (None, 0), process.result["tx"]


@pytest.mark.parametrize("mode", ["rfc4733", "info", "inband"])
def test_the_far_end_presses_and_we_read(lineman, mode):
    process = lineman("dtmf", "local:answer?dtmf=4711", "--read", "4", "--dtmf-mode", mode,
                      json=False)
    assert (process.exit, process.output) == (0, b"4711\n"), process.story()


def test_the_far_end_records_what_we_say(lineman, work):
    process = lineman("play", "local:answer?record=far.wav", "tone:440,1s")
    assert process.exit == 0, process.story()
    heard, rate = read_wav(work / "far.wav")
    assert_tone(heard, 440, rate)


def test_early_media_is_heard_and_recorded(lineman, work):
    process = lineman("dial", "local:early?ring=2s&play=tone:425,2s", "--record-stereo", "b.wav",
                      "--wait", "1s", "--hangup")
    assert process.exit == 0, process.story()
    names = process.names()
    assert names.index("call.early_media") < names.index("call.answered")


def test_check_gives_a_readable_verdict(lineman):
    process = lineman("check", "local:echo", json=False)
    assert process.exit == 0, process.story()
    text = process.output.decode()
    assert "1004" in text and len(text.splitlines()) >= 3, text
    for uri in ("local:silent", "local:busy"):
        process = lineman("check", uri, json=False)
        assert process.exit != 0 and process.output, process.story()


def test_no_file_appears_that_was_not_asked_for(lineman, work):
    lineman("dial", "local:echo", "--play", "tone:440,1s", "--hangup")
    assert list(work.iterdir()) == []
