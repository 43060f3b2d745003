"""Usage: help, errors that name the nearest word, secrets and emergency numbers, explain, version."""
import datetime
import re

import pytest

COMMANDS = ["dial", "answer", "play", "record", "echo", "dtmf", "check", "options", "register",
            "explain", "version", "help"]


def said(process):
    assert process.output == b"", f"an error belongs on stderr: {process.output!r}"
    return process.stderr()


@pytest.mark.parametrize("words, says", [
    ((), r"dial answer play"),
    (("dail", "local:echo"), r"dial"),
    (("dial",), r"URI"),
    (("dial", "local:echo", "--hangupp"), r"--hangup"),
    (("dial", "local:echo", "--recrod", "x.wav"), r"--record"),
    (("dial", "lcoal:echo"), r"local"),
    (("dial", "local:ehco", "--hangup"), r"echo"),
    (("dial", "local:echo?dealy=1s", "--hangup"), r"delay"),
    (("dial", "local:echo", "--codec", "pcmuu"), r"(?i)pcmu"),
    (("dial", "local:echo", "--codec", ""), r"--codec"),
    (("dial", "local:echo", "--print", "rx.los_pct"), r"rx\.loss_pct"),
    (("dial", "local:echo", "--expect", "statsu=answered"), r"status"),
    (("dial", "local:echo", "--expect", "status"), r"quot|'"),
    (("dial", "local:echo", "--expect", "setup_ms<"), r"--expect"),
    (("dial", "local:echo", "--expect", "setup_ms=5..1"), r"--expect"),
    (("dial", "local:echo", "--expect", "status~("), r"--expect"),
    (("dial", "local:echo", "--duration", "5"), r"5s|5ms|unit"),
    (("dial", "local:echo", "--duration", "-1s"), r"--duration"),
    (("dial", "local:echo", "--wait", "tome:440"), r"tone"),
    (("dial", "local:echo", "--dtmf", "12x"), r"--dtmf"),
    (("dial", "local:echo", "--play", "tone:440"), r"--play"),
    (("dial", "local:echo", "--ptime", "15ms"), r"10ms"),
    (("dial", "local:echo", "--dtmf-mode", "rfc2833"), r"rfc4733"),
    (("dial", "local:echo", "--jitter", "fixd:20ms"), r"fixed"),
    (("dial", "local:echo", "--impair", "rx:lost=3%"), r"loss"),
    (("dial", "local:echo", "--rtp-ports", "5000-5000"), r"--rtp-ports"),
    (("dial", "local:echo", "--seed", "x"), r"--seed"),
    (("dial", "local:echo", "--trace", "rtp"), r"sip"),
    (("dial", "local:echo", "--transport", "sctp"), r"udp"),
    (("dial", "local:echo", "--header", "no colon"), r"X-Test"),
    (("dial", "local:echo", "--header", "Via: x"), r"(?i)via"),
    (("dial", "local:echo", "--header", "X-A: b\r\nVia: x"), r"line break|control"),
    (("dial", "local:echo", "one-word-too-many"), r"one-word-too-many"),
    (("dial", "sip:"), r"sip:"),
    (("dial", "sip:a@[::1"), r"\[::1"),
    (("dial", "sip:a@host:99999"), r"99999"),
    (("dial", "sip:a@b c"), r"sip:"),
    (("answer", "--reject", "200"), r"300"),
    (("play", "local:echo"), r"SRC"),
    (("dtmf", "local:echo"), r"DIGITS"),
    (("record", "local:echo"), r"FILE"),
    (("options",), r"URI"),
    (("register", "sip:127.0.0.1"), r"user"),
    (("echo", "--delay", "3s"), r"2s"),
    (("explain", "whatever"), r"whatever"),
    (("explain",), r"explain"),
    (("help", "dail"), r"dial"),
], ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_a_usage_error_is_2_and_names_the_cure(lineman, words, says):
    process = lineman(*words, json=False)
    assert process.exit == 2, process.story()
    assert re.search(says, said(process)), process.story()


@pytest.mark.parametrize("words", [
    ("--json", "--print", "status"),
    ("--json", "--record", "-"),
    ("--print", "status", "--record", "-"),
    ("--json", "--record-stereo", "-"),
    ("--json", "--events", "-"),
    ("--json", "--junit", "-"),
], ids=" ".join)
def test_two_things_on_stdout_are_refused(lineman, words):
    process = lineman("dial", "local:echo", *words, "--hangup", json=False)
    assert process.exit == 2, process.story()
    assert "stdout" in process.stderr() and words[-2] in process.stderr()


def test_a_refused_command_line_says_its_result_where_json_was_asked_for(lineman):
    before = datetime.datetime.now(datetime.timezone.utc)
    process = lineman("dial", "local:echo", "--hangupp")
    assert process.exit == 2 and process.names() == ["result"], process.story()
    assert "--hangup" in process.result["causes"][0]
    said_at = datetime.datetime.fromisoformat(process.result["time"])
    assert abs((said_at - before).total_seconds()) < 60, process.result["time"]


def test_a_bare_field_hints_at_quoting(lineman):
    process = lineman("dial", "local:echo", "--hangup", "--expect", "setup_ms", json=False)
    assert process.exit == 2 and "'" in said(process)


def test_passwords_do_not_travel_on_the_command_line(lineman):
    process = lineman("register", "sip:a@127.0.0.1", "--password", "hunter2", json=False)
    assert process.exit == 2
    assert "--password-file" in said(process) and "hunter2" not in said(process)
    process = lineman("dial", "sip:a:hunter2@127.0.0.1:1", json=False)
    assert process.exit == 2
    assert "hunter2" not in said(process), "the password is repeated"


@pytest.mark.parametrize("target", ["sip:112@127.0.0.1:9", "sip:911@127.0.0.1:9", "999@127.0.0.1:9",
                                    "sip:000@127.0.0.1:9", "urn:service:sos",
                                    "urn:service:sos.police", "sip:+112@127.0.0.1:9",
                                    "sip:9%311@127.0.0.1:9"])
def test_emergency_numbers_are_refused(lineman, target):
    process = lineman("dial", target, "--hangup", json=False)
    assert process.exit == 2, process.story()
    assert "--allow-emergency" in said(process)


def test_emergency_numbers_can_be_allowed(lineman):
    from lineman_test import free_port
    process = lineman("dial", f"sip:112@127.0.0.1:{free_port()}", "--allow-emergency", "--hangup")
    assert process.exit == 5, process.story()  # nobody there, but tried


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(lineman, command):
    by_help = lineman("help", command, json=False)
    by_option = lineman(command, "--help", json=False)
    for process in (by_help, by_option):
        assert process.exit == 0, process.story()
        assert process.stderr() == ""
    assert by_help.output == by_option.output
    text = by_help.output.decode()
    assert f"lineman {command}" in text
    assert max(map(len, text.splitlines())) <= 100, "a terminal is not that wide"


def test_the_overview_lists_every_command(lineman):
    for words in (("help",), ("--help",)):
        process = lineman(*words, json=False)
        assert process.exit == 0, process.story()
        for command in COMMANDS:
            assert re.search(rf"^\s+{command}\b", process.output.decode(), re.M), command


@pytest.mark.parametrize("verb", ["play", "record", "wait", "read", "send"])
def test_help_knows_the_verbs(lineman, verb):
    process = lineman("help", verb, json=False)
    assert process.exit == 0 and verb in process.output.decode()


def test_explain_knows_every_code_and_cause(lineman):
    for word in [*range(15), 70, 77, 130, 143, "no_answer", "busy", "media_negotiation",
                 "peer_hung_up", "session_expired", "dialog_lost"]:
        process = lineman("explain", str(word), json=False)
        assert process.exit == 0, process.story()
        assert len(process.output.decode().split()) > 5, f"{word}: {process.output!r}"


def test_version(lineman):
    for words in (("version",), ("--version",)):
        process = lineman(*words, json=False)
        assert process.exit == 0 and re.search(r"\d+\.\d+\.\d+", process.output.decode())


@pytest.mark.parametrize("words", [
    ("dial", "audiosocket://127.0.0.1:9/x"), ("dial", "wss://example.test/x"),
    ("dial", "local:echo", "--say", "hello"), ("dial", "local:echo", "--transport", "tls"),
    ("answer", "--exec", "true"), ("dial", "sips:a@127.0.0.1:9")], ids=" ".join)
def test_what_is_not_built_in_is_77(lineman, words):
    process = lineman(*words, json=False)
    assert process.exit == 77, process.story()
    assert "built in" in said(process)


def test_the_order_of_options_is_free_and_the_uri_is_never_swallowed(lineman):
    for words in (("--play", "tone:440,0.1s", "--hangup", "local:echo"),
                  ("--expect", "status=answered", "local:echo", "--hangup"),
                  ("--print", "status", "local:echo", "--hangup")):
        process = lineman("dial", *words, json=False)
        assert process.exit == 0, process.story()
