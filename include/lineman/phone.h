// The phone as its user sees it: options in, events and one exit code out. cli fills PhoneOptions,
// phone/ runs them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lineman/call_result.h"
#include "lineman/engine.h"
#include "lineman/event.h"
#include "lineman/leg.h"
#include "lineman/media.h"
#include "lineman/verb.h"
#include "lineman/writer.h"

namespace lineman {

struct PhoneOptions {
  enum class Mode : std::uint8_t { kDial, kAnswer, kProbe, kRegister } mode = Mode::kDial;
  std::string target;         // URI, AOR; empty for answer
  std::vector<Verb> actions;  // in the order written
  bool check = false;         // `check`: media must be proven both ways

  // answer
  Duration ring{};                 // ring that long before answering
  std::optional<int> reject;       // refuse every call with this code
  bool early = false;              // play before the answer (183)
  int count = 0;                   // leave after that many calls; 0: until stopped
  int max_calls = 0;               // at one time; 0: no limit on loopback, 10 elsewhere
  std::vector<std::string> allow;  // CIDR; empty: everybody on loopback, private ranges elsewhere

  // register
  bool once = false;
  Duration expires = std::chrono::seconds(3600);
  bool register_account = false;  // answer/echo/dial with --as and --registrar: register first

  SipOptions sip;  // listen, account, proxy, transport, from (trace is set by phone)
  Headers headers;

  // bounds
  Duration duration{}, max_call = std::chrono::seconds(120), timeout{};
  Duration ring_timeout = std::chrono::seconds(30);
  Duration rtp_timeout = std::chrono::seconds(5);
  bool require_media = false;
  bool allow_emergency = false;
  bool require_device = false;

  // media
  std::vector<CodecId> codecs;  // empty: all
  Duration ptime = std::chrono::milliseconds(20);
  PortRange rtp_ports;
  DtmfMode dtmf_mode = DtmfMode::kAuto;
  Duration digit_duration = std::chrono::milliseconds(100),
           digit_gap = std::chrono::milliseconds(100);
  JitterOptions jitter;
  Impairment impairment;
  int opus_bitrate = 24000, opus_complexity = 5;
  std::string record_stereo, pcap;

  std::optional<std::uint64_t> seed;
  bool trace_sip = false;
  std::vector<Expectation> expectations;
  std::vector<std::string> command;  // -- CMD...: run once ready, end with it
  std::string ready_file;
};

// Where events go. Owned by cli, run on Control.
struct PhoneOutputs {
  // Once, when the Writer and the clock exist, before the first event. An error (an --events file
  // that cannot be opened) ends the process with its code.
  std::function<Result<void>(Writer& writer, const EventEpoch& epoch)> open;
  std::vector<EventSink*> sinks;  // every event goes to each, in order
  std::function<void(const std::string& line)>
      log;  // --log, --trace sip: one line or message, already escaped
};

struct PhoneVerdict {
  Exit exit = Exit::kOk;
  int signal = 0;
  ProcessResult result;
  bool clean = true;  // false: leave by _exit after flushing, something inside did not end in time
};

// Runs until its work is done. SIGINT and SIGTERM are handled inside (real targets); a second one
// returns at once.
PhoneVerdict run_phone(const PhoneOptions& options, const PhoneOutputs& outputs);

}  // namespace lineman
