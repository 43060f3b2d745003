"""A kamailio in a folder of its own: registrar and proxy with digest on a port of loopback, users in its script."""
import shutil
import time

import pytest

from lineman_test import DEADLINE, free_port
from wire import SipPeer

SCRIPT = """#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
alias="pbx.test"
mpath="{modules}"
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("rr", "enable_full_lr", 1)
modparam("registrar", "max_expires", 600)

request_route {{
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "Here"); exit; }}
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here");
    exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if (!pv_www_authenticate("$td", "{password}", "0")) {{ www_challenge("$td", "0"); exit; }}
    if ($au != "{user}") {{ sl_send_reply("403", "Not you"); exit; }}
    consume_credentials();
    save("location");
    exit;
  }}
  if (is_method("INVITE")) {{
    if (!pv_proxy_authenticate("$fd", "{password}", "0")) {{ proxy_challenge("$fd", "0"); exit; }}
    consume_credentials();
    record_route();
    if (!lookup("location")) {{ sl_send_reply("404", "Nobody registered"); exit; }}
    t_relay();
    exit;
  }}
  sl_send_reply("405", "No");
}}
"""


class Kamailio:
    def __init__(self, child, folder, user="alice", password="secret"):
        program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/sbin")
        if not program:
            pytest.skip("kamailio is not installed (Debian: kamailio)")
        import glob
        modules = next(iter(glob.glob("/usr/lib/*/kamailio/modules")), "")
        self.folder = folder / "kamailio"
        self.folder.mkdir()
        script = self.folder / "kamailio.cfg"
        for _ in range(8):  # another program may take the port between our look and its bind
            self.port = free_port()
            script.write_text(SCRIPT.format(port=self.port, modules=modules, user=user,
                                            password=password))
            self.uri = f"sip:127.0.0.1:{self.port}"
            self.process = child([program, "-f", script, "-DD", "-E", "-m", "32", "-M", "4",
                                  "-Y", self.folder, "-w", self.folder], cwd=self.folder,
                                 merge=True)
            if self.ready():
                return
        raise AssertionError(f"no free port for kamailio; {self.process.story()}")

    def ready(self):
        """Waits for its first answer; false when the port was taken."""
        deadline = time.monotonic() + DEADLINE
        with SipPeer() as peer:
            while True:
                peer.request("OPTIONS", self.port, uri=f"sip:127.0.0.1:{self.port}")
                try:
                    peer.receive("^SIP/2.0 200", 0.2)
                    return True
                except (AssertionError, ConnectionRefusedError):
                    if self.process.reap(0.05):
                        assert "in use" in self.process.story(), self.process.story()
                        return False
                    assert time.monotonic() < deadline, self.process.story()

    def stop(self):
        """Its main process ends its children, so it is asked and not killed."""
        if self.process.exit is None:
            self.process.signal(15)
            deadline = time.monotonic() + 10
            try:
                while self.process.read_some(deadline):
                    pass
            except TimeoutError:
                pass
            self.process.reap(5)
