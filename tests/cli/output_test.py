"""stdout carries only what was asked for; events, fields, reports and files hold what they promise."""
import json
import os
import re
import xml.etree.ElementTree as ElementTree

import pytest

from lineman_test import check_lines
from wire import SipPeer, sdp

CALL = ("dial", "local:echo", "--play", "tone:440,1s", "--hangup")


def test_nothing_asked_nothing_said_on_stdout(lineman):
    process = lineman(*CALL, json=False)
    assert process.exit == 0 and process.output == b"", process.story()
    assert "answered" in process.stderr()


def test_quiet_and_verbose(lineman):
    sizes = [len(lineman(*CALL, *words, json=False).stderr())
             for words in (("-q",), (), ("-v",))]
    assert sizes[0] < sizes[1] < sizes[2], sizes


def test_json_is_a_line_an_event_and_result_is_last(lineman):
    process = lineman(*CALL)
    names = process.names()
    order = ["app.ready", "call.trying", "media.started", "call.answered", "play.started",
             "play.ended", "call.ended", "call.result", "result"]
    at = [names.index(n) for n in order]
    assert at == sorted(at) and "call.established" in names, names
    assert all(e["v"] == 1 for e in process.events)
    times = [e["t_ms"] for e in process.events if e["event"] not in ("media.first_rtp",)]
    assert times[-1] == max(times)


def test_print_gives_a_line_for_each_field_in_order(lineman):
    process = lineman(*CALL, "--print", "status", "--print", "rx.audio", "--print", "sip_code",
                      "--print", "q850", "--print", "causes", json=False)
    assert process.exit == 0, process.story()
    assert process.output.decode().split("\n") == ["answered", "tone:440", "200", "", "", ""]


def test_print_happens_for_a_failure_too(lineman):
    process = lineman("dial", "local:busy", "--print", "status", "--print", "exit", json=False)
    assert (process.exit, process.output) == (8, b"busy\n8\n"), process.story()


@pytest.mark.parametrize("expression, passes", [
    ("status=answered", True), ("status!=busy", True), ("sip_code=200", True),
    ("sip_code<201", True), ("sip_code<=200", True), ("sip_code>199", True),
    ("sip_code>=201", False), ("duration_ms=900..2000", True), ("duration_ms=..10", False),
    ("duration_ms=500..", True), ("rx.audio=tone:440", True), ("rx.audio~^tone:4[0-9]+$", True),
    ("remote~echo", True), ("remote~^nobody", False), ("q850=16", False), ("q850!=16", False),
    ("rx.packets=10..", True), ("rx.loss_pct=0", True), ("codec=opus", None),
    ("digits=", True), ("media=two_way", True), ("tx.heard_by_peer=yes", True),
    ("events_dropped=0", True), ("calls=1", True), ("causes=", True),
])
def test_expectations_in_all_forms(lineman, expression, passes):
    process = lineman(*CALL, "--expect", expression)
    if passes is None:
        passes = process.result["codec"].lower() == "opus"
    assert process.exit == (0 if passes else 1), process.story()
    event, = process.all("expect.passed" if passes else "expect.failed")
    assert event["expectation"] == expression


def test_events_into_a_file_and_a_descriptor(phone, work):
    read, write = os.pipe()
    process = phone(*CALL, "--events", "events.jsonl", "--events", f"fd:{write}",
                    pass_fds=(write,), json=False)
    os.close(write)
    with os.fdopen(read) as lines:
        piped = lines.read()
    assert process.finish() == 0, process.story()
    assert process.output == b""
    assert piped == (work / "events.jsonl").read_text()
    check_lines(piped)


def test_json_and_an_events_file_say_the_same(lineman, work):
    process = lineman(*CALL, "--events", "events.jsonl")
    assert (work / "events.jsonl").read_bytes() == process.output


@pytest.mark.parametrize("words, code, failures", [((), 0, 0), (("--expect", "status=busy"), 1, 1),
                                                   (("--expect", "status=answered"), 0, 0)])
def test_junit_is_a_case_for_the_call_and_each_expectation(lineman, work, words, code, failures):
    assert lineman(*CALL, *words, "--junit", "report.xml", json=False).exit == code
    root = ElementTree.parse(work / "report.xml").getroot()
    suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
    cases = [c for s in suites for c in s.findall("testcase")]
    assert len(cases) >= 1 + len(words) // 2
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    assert bool(failed) == bool(failures)
    assert sum(int(s.get("tests")) for s in suites) == len(cases)
    assert sum(int(s.get("failures")) + int(s.get("errors", "0")) for s in suites) == len(failed)


def test_junit_survives_hostile_text(phone, work):
    with SipPeer() as peer:
        process = phone("dial", peer.uri, "--junit", "report.xml")
        peer.reply(peer.receive("^INVITE"), 486, "Busy <&\x1b[31m\x01> ]]>\" here")
        process.finish()
    ElementTree.parse(work / "report.xml")
    assert process.exit == 8, process.story()
    assert "\x1b" not in process.stderr() and "\x01" not in process.stderr()


def test_github_annotations(lineman):
    process = lineman("dial", "local:busy", "--github", json=False)
    lines = [x for x in process.stderr().splitlines() if x.startswith("::error")]
    assert process.exit == 8 and len(lines) == 1, process.story()
    assert "::" in lines[0][7:] and "busy" in lines[0].lower()
    assert "::error" not in lineman(*CALL, "--github", json=False).stderr()


def test_ready_file_holds_the_uri(phone, work):
    process = phone("answer", "--ready-file", "ready")
    uri = process.uri()
    from lineman_test import stop
    assert stop(process) == 0
    assert (work / "ready").read_text() == uri + "\n"


def test_ready_file_can_be_a_fifo_to_wait_on(phone, work):
    os.mkfifo(work / "ready")
    reader = os.open(work / "ready", os.O_RDONLY | os.O_NONBLOCK)
    process = phone("answer", "--ready-file", "ready")
    uri = process.uri()
    import select
    assert select.select([reader], [], [], 10)[0]
    assert os.read(reader, 4096).decode().strip() == uri
    os.close(reader)


def test_text_from_the_peer_is_harmless(phone):
    with SipPeer() as peer:
        process = phone("answer", "--count", "1", "--reject", "603", json=True)
        port = int(process.uri().rpartition(":")[2])
        peer.request("INVITE", port, body=sdp(peer.rtp_port), tag="peer",
                     headers=["User-Agent: \x1b]0;evil\x07 \xff\xfe bell"])
        peer.receive("^SIP/2.0 603")
        peer.request("ACK", port, contact="")
        process.finish()
        assert process.exit == 0, process.story()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", process.stderr()), process.stderr()


def test_trace_masks_what_is_secret(phone):
    challenge = 'WWW-Authenticate: Digest realm="127.0.0.1", nonce="n1", algorithm=MD5'
    with SipPeer() as registrar:
        process = phone("register", f"sip:alice@127.0.0.1:{registrar.port}", "--once", "--trace",
                        "sip", env={"LINEMAN_PASSWORD": "hunter2"})
        registrar.reply(registrar.receive("^REGISTER"), 401, "Unauthorized", headers=[challenge])
        again = registrar.receive("^REGISTER")
        registrar.reply(again, 200, contact=again.get("Contact"), headers=["Expires: 60"])
        gone = registrar.receive("^REGISTER")
        registrar.reply(gone, 200, contact="")
        assert process.finish() == 0, process.story()
        trace = process.stderr()
        response = re.search(r'response="([0-9a-f]{32})"', again.get("Authorization")).group(1)
        assert "REGISTER sip:" in trace and "SIP/2.0 401" in trace
        assert response not in trace and "hunter2" not in trace + process.output.decode()


def test_the_schema_names_every_event_and_the_examples_of_help(lineman):
    schema = json.loads(lineman("gen-docs", "schema", json=False).output)
    assert "draft/2020-12" in schema["$schema"]
    text = json.dumps(schema)
    for name in ("app.ready", "call.result", "media.stats", "dtmf.received", "result"):
        assert f'"{name}"' in text
