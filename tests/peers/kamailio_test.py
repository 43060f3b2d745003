"""kamailio as registrar and proxy with digest: register, be refused, be called through it, leave no trace."""
import pytest

from audio import assert_tone, read_wav
from kamailio import Kamailio
from lineman_test import stop
from wire import FakeDns

PASSWORD = {"LINEMAN_PASSWORD": "secret"}


@pytest.fixture
def proxy(child, tmp_path):
    server = Kamailio(child, tmp_path)
    yield server
    server.stop()


def account(proxy, user="alice"):
    return f"sip:{user}@127.0.0.1:{proxy.port}"


def test_register_once(proxy, phone):
    process = phone("register", account(proxy), "--once", "--expires", "2m", env=PASSWORD)
    assert process.finish() == 0, process.story()
    ok = process.wait("register.ok")
    assert ok["expires_s"] == 120, ok
    assert process.result["t_ms"] < 3000


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_stay_registered_and_leave(proxy, phone, transport):
    process = phone("register", account(proxy), "--transport", transport, env=PASSWORD)
    process.wait("register.ok")
    assert stop(process) == 0, process.story()
    assert process.all("register.gone")
    again = phone("dial", account(proxy), "--as", account(proxy), env=PASSWORD)
    assert again.finish() == 9, again.story()
    assert again.result["sip_code"] == 404, "nobody is registered any more"


def test_a_password_file(proxy, phone, work):
    (work / "secret").write_text("secret\nand nothing else\n")
    process = phone("register", account(proxy), "--once", "--password-file", "secret")
    assert process.finish() == 0, process.story()


def test_a_wrong_password_is_7_at_once(proxy, phone):
    process = phone("register", account(proxy), "--once", env={"LINEMAN_PASSWORD": "wrong"})
    assert process.finish() == 7, process.story()
    failed = process.wait("register.failed")
    assert failed["cause"] == "authentication"
    assert failed["t_ms"] - process.wait("app.ready")["t_ms"] < 1000


@pytest.mark.parametrize("words", [(), ("--once",)])
def test_no_password_is_7_too(proxy, phone, words):
    process = phone("register", account(proxy), *words)
    process.finish()
    assert process.exit in (2, 7), process.story()


def test_another_user_with_the_right_password_is_403_and_7(proxy, phone):
    process = phone("register", account(proxy, "mallory"), "--once", env=PASSWORD)
    assert process.finish() == 7, process.story()


def callee(proxy, phone, *words):
    process = phone("answer", "--as", account(proxy), "--registrar", proxy.uri, "--count", "1",
                    *words, env=PASSWORD)
    process.wait("register.ok")
    return process


def test_a_call_through_the_proxy_with_407(proxy, phone, work):
    answerer = callee(proxy, phone, "--record", "far.wav", "--play", "tone:900,2s,-12dB")
    caller = phone("dial", account(proxy), "--as", account(proxy), "--record", "near.wav",
                   "--play", "tone:500,1500ms,-12dB", "--hangup", "--codec", "pcmu",
                   "--require-media", env=PASSWORD)
    assert caller.finish() == 0, caller.story()
    answerer.finish()
    assert answerer.exit == 13, answerer.story()
    assert_tone(read_wav(work / "far.wav")[0], 500, 8000, level=-15)
    assert_tone(read_wav(work / "near.wav")[0], 900, 8000, level=-15)
    assert caller.result["sip_code"] == 200


def test_the_callee_hangs_up_through_the_record_route(proxy, phone):
    answerer = callee(proxy, phone, "--wait", "300ms", "--hangup")
    caller = phone("dial", account(proxy), "--as", account(proxy), env=PASSWORD)
    assert caller.finish() == 0, caller.story()
    assert caller.result["ended_by"] == "peer"
    assert answerer.finish() == 0, answerer.story()


def test_a_call_is_cancelled_through_the_proxy(proxy, phone):
    answerer = callee(proxy, phone, "--ring", "20s")
    caller = phone("dial", account(proxy), "--as", account(proxy), "--ring-timeout", "700ms",
                   env=PASSWORD)
    assert caller.finish() == 6, caller.story()
    assert answerer.finish() == 13, answerer.story()


def test_a_wrong_password_for_a_call_is_7(proxy, phone):
    caller = phone("dial", account(proxy), "--as", account(proxy),
                   env={"LINEMAN_PASSWORD": "wrong"})
    assert caller.finish() == 7, caller.story()
    assert caller.result["sip_code"] == 407


def test_no_account_at_all_is_7(proxy, phone):
    caller = phone("dial", account(proxy))
    assert caller.finish() == 7, caller.story()
    assert "--as" in str(caller.result["causes"]) + str(caller.result["reason"]) + str(
        caller.stderr())


def test_an_outbound_proxy_and_a_name(proxy, phone):
    """The domain's name stays in the request; where to go is said by --proxy, by name as well."""
    with FakeDns({"pbx.test": "127.0.0.1"}) as dns:
        env = {**PASSWORD, **dns.env()}
        domain = f"sip:alice@pbx.test:{proxy.port}"
        answerer = phone("answer", "--as", domain, "--registrar", f"sip:pbx.test:{proxy.port}",
                         "--count", "1", env=env)
        answerer.wait("register.ok")
        caller = phone("dial", domain, "--as", domain, "--proxy", f"sip:pbx.test:{proxy.port}",
                       "--play", "tone:500,800ms", "--hangup", env=env)
        assert caller.finish() == 0, caller.story()
        assert answerer.finish() == 0, answerer.story()


def test_options_to_the_proxy(proxy, phone):
    process = phone("options", proxy.uri)
    assert process.finish() == 0, process.story()
    assert process.result["t_ms"] < 3000


def test_a_registrar_that_is_not_there(proxy, phone):
    from lineman_test import free_port
    process = phone("register", f"sip:alice@127.0.0.1:{free_port()}", "--once", env=PASSWORD)
    assert process.finish() == 5, process.story()
