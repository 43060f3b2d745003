"""Commands as scripts use them: `-- CMD`, --count, --timeout, the bounds on a call, stdin and stdout audio."""
import array
import signal

import pytest

from audio import assert_tone, read_wav, speech, tone, write_wav
from lineman_test import binary, run, stop
from wire import SipPeer, sdp, tag_of


def test_a_command_runs_with_the_uri_and_ends_the_answerer(lineman):
    process = lineman("echo", "--", "sh", "-c",
                      f'{binary()} dial "$LINEMAN_URI" --play tone:440,500ms --hangup '
                      "--require-media")
    assert process.exit == 0, process.story()
    assert process.result["calls"] == 1 and process.result["rx"]["audio"] == "tone:440"


@pytest.mark.parametrize("command, code", [
    (("true",), 0), (("false",), 1), (("sh", "-c", "exit 7"), 1),
    (("sh", "-c", "kill -9 $$"), 1), (("no-such-program-here",), 2)], ids=str)
def test_the_failure_of_the_command_is_ours(lineman, command, code):
    process = lineman("answer", "--", *command)
    assert process.exit == code, process.story()
    if code:
        assert process.result["causes"]


def test_the_command_writes_where_it_likes_but_not_into_our_json(phone):
    process = phone("answer", "--", "sh", "-c", "echo hello >&2")
    assert process.finish() == 0, process.story()
    assert "hello" in process.stderr()


def test_options_of_the_command_are_its_own(lineman):
    process = lineman("answer", "--count", "1", "--", "sh", "-c", 'test "$1" = --hangupp', "x",
                      "--hangupp")
    assert process.exit == 0, process.story()


def test_count_leaves_after_that_many_calls(phone, work):
    answerer = phone("answer", "--count", "2", "--hangup")
    for _ in range(2):
        assert run(work, "dial", answerer.uri()).exit == 0
    assert answerer.finish() == 0, answerer.story()
    assert answerer.result["calls"] == 2


def test_count_without_a_call_is_6_after_the_timeout(lineman):
    process = lineman("answer", "--count", "1", "--timeout", "300ms")
    assert process.exit == 6, process.story()


def test_timeout_bounds_the_program(phone, lineman):
    assert lineman("answer", "--timeout", "200ms").exit == 0
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--timeout", "700ms")
        peer.answer(peer.receive("^INVITE"))
        peer.receive("^ACK")
        peer.reply(peer.receive("^BYE"), 200)
        assert process.finish() == 1, process.story()


def test_duration_and_max_call_end_a_call(lineman):
    for words in (("--duration", "3s"), ("--max-call", "3s"),
                  ("--duration", "3s", "--play", "tone:440,60s")):
        process = lineman("dial", "local:echo", *words)
        assert process.exit == 0, process.story()
        assert 3000 <= process.result["duration_ms"] < 3500, process.story()


def test_without_an_end_a_call_ends_after_two_minutes(lineman):
    process = lineman("dial", "local:echo")
    assert 119_000 < process.result["duration_ms"] < 121_000, process.story()


def test_max_calls_is_busy_beyond(phone):
    with SipPeer() as one, SipPeer() as two:
        process = phone("answer", "--max-calls", "1")
        port = int(process.uri().rpartition(":")[2])
        one.request("INVITE", port, body=sdp(one.rtp_port))
        ok = one.receive("^SIP/2.0 200")
        one.request("ACK", port, to_tag=tag_of(ok))
        two.request("INVITE", port, body=sdp(two.rtp_port), call_id="second")
        assert two.receive("^SIP/2.0 [3-6]").status == 486
        process.signal(signal.SIGTERM)
        one.reply(one.receive("^BYE"), 200)
        process.finish()
        assert process.wait("warning")["code"] == "call_refused"


@pytest.mark.parametrize("code", [302, 404, 480, 486, 500, 603])
def test_reject_says_what_was_asked(phone, code):
    with SipPeer() as peer:
        process = phone("answer", "--reject", str(code), "--count", "1")
        peer.request("INVITE", int(process.uri().rpartition(":")[2]), body=sdp(peer.rtp_port),
                     branch="r")
        assert peer.receive("^SIP/2.0 [3-6]").status == code
        peer.request("ACK", int(process.uri().rpartition(":")[2]), branch="r", contact="")
        assert process.finish() == 0, process.story()


def test_a_caller_from_outside_the_allowed_range_is_403(phone):
    with SipPeer() as peer:
        process = phone("answer", "--allow", "192.0.2.0/24")
        peer.request("INVITE", int(process.uri().rpartition(":")[2]), body=sdp(peer.rtp_port))
        assert peer.receive("^SIP/2.0 [3-6]").status == 403
        assert stop(process) == 0


def test_raw_sound_on_stdin_and_stdout(phone, work):
    import subprocess
    process = phone("dial", "local:echo", "--record", "-", "--play", "-", "--wait", "300ms",
                    "--hangup", "--codec", "pcmu", json=False, stdin=subprocess.PIPE)
    process.child.stdin.write(array.array("h", tone(700, 1.0, -10)).tobytes())
    process.child.stdin.close()
    assert process.finish() == 0, process.story()
    heard = array.array("h")
    heard.frombytes(process.output[:len(process.output) // 2 * 2])
    assert_tone(list(heard), 700, 8000, level=-13)


@pytest.mark.parametrize("words, seconds, reason", [
    (("--max", "1s"), (0.9, 1.1), "max"), (("--until", "dtmf:5"), (0.1, 3), "dtmf"),
    (("--until", "silence:700ms"), (2.0, 4.0), "silence"), ((), (3.5, 4.5), "hangup")])
def test_record_ends_as_asked(lineman, work, words, seconds, reason):
    write_wav(work / "said.wav", speech(2, 8000, seed=4))
    uri = "local:answer?play=said.wav&dtmf=5&hangup=4s"
    process = lineman("record", uri, "heard.wav", *words)
    assert process.exit == 0, process.story()
    samples, rate = read_wav(work / "heard.wav")
    assert seconds[0] <= len(samples) / rate <= seconds[1], len(samples) / rate
    assert process.wait("record.saved")["reason"] == reason


def test_a_recording_that_is_too_short_fails(lineman):
    process = lineman("record", "local:answer?hangup=1s", "heard.wav", "--min", "3s")
    assert process.exit == 1, process.story()


def test_options_asks_and_reports(phone):
    with SipPeer() as peer:
        process = phone("options", peer.uri)
        peer.reply(peer.receive("^OPTIONS"), 200, headers=["Allow: INVITE, ACK", "Supported: timer",
                                                           "User-Agent: peer/1"])
        assert process.finish() == 0, process.story()
        probe = process.wait("probe")
        assert probe["user_agent"] == "peer/1" and "INVITE" in probe["allow"]
        assert probe["rtt_ms"] > 0
    with SipPeer() as peer:
        process = phone("options", peer.uri)
        peer.reply(peer.receive("^OPTIONS"), 501, "Not Implemented")
        assert process.finish() == 9, process.story()
        assert process.wait("probe")["sip_code"] == 501  # it is there, and says so


def test_expectations_of_what_is_no_call(phone, lineman):
    with SipPeer() as peer:
        for words, code in ((("sip_code=200", "status=reachable"), 0), (("sip_code=404",), 1)):
            expects = [x for w in words for x in ("--expect", w)]
            process = phone("options", peer.uri, *expects)
            peer.reply(peer.receive("^OPTIONS"), 200)
            assert process.finish() == code, process.story()
            assert len(process.all("expect.passed" if code == 0 else "expect.failed")) == len(words)
        process = phone("options", peer.uri, "--expect", "cause=rejected")
        peer.reply(peer.receive("^OPTIONS"), 501)
        assert process.finish() == 0, process.story()
    for expression, code in (("calls=0", 0), ("calls=1", 1), ("status=answered", 1)):
        process = lineman("answer", "--timeout", "100ms", "--expect", expression)
        assert process.exit == code, process.story()


def test_headers_travel(phone):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--header", "X-Test: one two", "--header", "Subject: hi",
                        "--from", '"Test" <sip:100@example.com>')
        invite = peer.receive("^INVITE")
        assert invite.get("X-Test") == "one two" and invite.get("Subject") == "hi"
        assert "sip:100@example.com" in invite.get("From")
        peer.reply(invite, 486, "Busy Here")
        assert process.finish() == 8


@pytest.mark.parametrize("program", ["command", "rejected"])
def test_the_examples_of_the_readme_work_without_a_home(lineman, work, program):
    words = {"command": ("echo", "--", "sh", "-c", f'{binary()} check "$LINEMAN_URI"'),
             "rejected": ("dial", "local:busy", "--expect", "status=busy")}[program]
    process = lineman(*words, json=False)
    assert process.exit == 0, process.story()


def test_the_command_is_waited_for_after_the_last_call(lineman, work):
    script = f'{binary()} dtmf "$LINEMAN_URI" 1234 -q && echo later > done.txt'
    process = lineman("answer", "--count", "1", "--read", "4", "--hangup", "--", "sh", "-c", script)
    assert process.exit == 0, process.story()
    assert (work / "done.txt").read_text() == "later\n"


def test_the_failure_of_the_command_after_the_last_call_is_ours(lineman):
    script = f'{binary()} play "$LINEMAN_URI" tone:440,0.2s -q; exit 5'
    process = lineman("answer", "--count", "1", "--", "sh", "-c", script)
    assert process.exit == 1 and "exit code 5" in process.stderr(), process.story()


def test_what_stands_after_hangup_is_refused(lineman):
    process = lineman("dial", "local:echo", "--hangup", "--record", "never.wav", json=False)
    assert process.exit == 2 and "after --hangup" in process.stderr(), process.story()


def test_where_nothing_can_be_recorded_nobody_is_called(phone):
    with SipPeer() as peer:
        process = phone("record", peer.uri, "missing/x.wav")
        assert process.finish() == 3 and "missing/x.wav" in process.stderr(), process.story()
        assert "call.trying" not in process.names()


def test_codec_names_are_compared_without_case(lineman):
    process = lineman("play", "local:echo", "tone:440,0.2s", "--codec", "pcmu", "--expect", "codec=pcmu")
    assert process.exit == 0, process.story()
