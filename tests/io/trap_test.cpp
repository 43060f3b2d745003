// The promise of DESIGN section 4 about the Media thread, checked on real calls: once started, a
// wake allocates nothing, takes no lock and touches no file.
//
// Trapped in two ways, because each sees what the other cannot: functions are interposed (a lock
// that nobody holds makes no system call), and a seccomp filter on the ticking thread notes every
// system call (libraries reach the kernel past our functions). The wire between the two calls is
// memory, so that whatever is left is of the calls themselves.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>

#include "lineman/media.h"
#include "lineman/random.h"
#include "lineman/writer.h"
#include "media_host.h"
#include "no_alloc.h"

namespace {

thread_local std::size_t locks = 0, files = 0;

template <class Function>
Function next(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// A sanitizer interposes these itself.
#ifndef LINEMAN_SANITIZER_HOOKS
#define LINEMAN_COUNTED(counter, result, name, parameters, arguments) \
  extern "C" result name parameters {                                 \
    static const auto real = next(&name, #name);                      \
    ++counter;                                                        \
    return real arguments;                                            \
  }
LINEMAN_COUNTED(locks, int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
LINEMAN_COUNTED(locks, int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
LINEMAN_COUNTED(locks, int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
LINEMAN_COUNTED(locks, int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
LINEMAN_COUNTED(locks, int, pthread_cond_signal, (pthread_cond_t * c), (c))
LINEMAN_COUNTED(locks, int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
LINEMAN_COUNTED(files, FILE*, fopen, (const char* path, const char* mode), (path, mode))
LINEMAN_COUNTED(files, std::size_t, fwrite,
                (const void* from, std::size_t size, std::size_t n, FILE* to), (from, size, n, to))
LINEMAN_COUNTED(files, int, fflush, (FILE * file), (file))
#endif

namespace lineman {
namespace {

using namespace std::chrono_literals;
using testing::AllocationCounter;

// Two wires of memory, crossed; every eleventh packet is lost on the way.
struct Wire {
  static constexpr std::size_t kSlots = 64;
  std::array<Packet, kSlots> slots;
  std::size_t written = 0, taken = 0;
  int sent = 0;
};

struct WireTransport final : PacketTransport {
  WireTransport(Wire& from, Wire& to, Address address)
      : in(from), out(to), self(std::move(address)) {}
  bool receive(Packet& packet, TimePoint now) override {
    if (in.taken == in.written) return false;
    packet = in.slots[in.taken++ % Wire::kSlots];
    packet.time = now;
    return true;
  }
  void send(const Packet& packet) override {
    if (out.sent++ % 11 == 10 || out.written - out.taken == Wire::kSlots) return;
    Packet& slot = out.slots[out.written++ % Wire::kSlots];
    slot = packet;
    slot.peer = self;
    if (packet.component == Component::kRtcp) ++slot.peer.port;
  }
  Wire& in;
  Wire& out;
  Address self;
};

struct MemorySink final : AudioSink {
  bool write(std::span<const std::int16_t> frames) override {
    samples += frames.size();
    return true;
  }
  std::size_t samples = 0;
};

// Two calls of one host that talk to each other, with all that can go on in a call at once.
struct Conversation {
  MediaHost host;
  Wire there, back;
  HostedCall a, b;
  RtpLegOptions options;
  std::array<RtpConfig, 2> config;
  TimePoint now{1h};
  int events = 0, digits = 0, tones = 0;

  Conversation(CodecId codec, const Impairment& impairment) {
    const Address left = Address::parse("10.0.0.1:4000").value();
    const Address right = Address::parse("10.0.0.2:4000").value();
    make(a, 1, std::make_unique<WireTransport>(back, there, left), impairment);
    make(b, 2, std::make_unique<WireTransport>(there, back, right), impairment);
    config[0] = config_for(codec, right);
    config[1] = config_for(codec, left);
    negotiate();
    // Longer than any run here, converted when the call's rate is another.
    auto tone = make_tone_source(440, 10min, -12, 16000);
    EXPECT_TRUE(a.call->play(1, tone, false));
    for (HostedCall* call : {&a, &b}) {
      for (const RecordWhat what : {RecordWhat::kHeard, RecordWhat::kStereo}) {
        auto job = make_record_job(what == RecordWhat::kHeard ? 1 : 2, what, 8000, {},
                                   std::make_unique<MemorySink>());
        EXPECT_TRUE(call->call->record(job));
      }
    }
    b.call->echo(true, 130ms);
    b.call->listen_for_tone(440);
  }
  static RtpConfig config_for(CodecId codec, const Address& peer) {
    const CodecInfo& info = codec_info(codec);
    const auto number = static_cast<std::uint8_t>(info.payload_type);
    RtpConfig c;
    c.remote_rtp = c.remote_rtcp = peer;
    ++c.remote_rtcp.port;
    c.send = {number, codec};
    c.receive = {{number, codec}, {0, CodecId::kPcmu}};
    c.events_receive = {{101, info.clock_rate}};
    c.events_send = EventPayloadType{101, info.clock_rate};
    c.comfort_noise = 13;
    c.opus_fec = true;
    return c;
  }
  void make(HostedCall& call, CallId id, std::unique_ptr<PacketTransport> transport,
            const Impairment& impairment) {
    options.seed = id;
    call.id = id;
    call.call = make_media_call(make_rtp_leg(options), impairment, id, {});
    call.transport = std::move(transport);
    host.add(call);
  }
  // The sets are kept, so that none is freed before the end.
  std::vector<std::unique_ptr<CodecSet>> sets;
  void negotiate() {
    for (HostedCall* call : {&a, &b}) {
      auto set = make_codec_set(config[call == &b], options);
      ASSERT_TRUE(set) << set.error().text;
      call->call->exchange(now, *set);
      sets.push_back(std::move(*set));
    }
  }
  void wake() {
    host.turn(now, now, host.frames_per_wake());
    now += host.frames_per_wake() * kFrameTime;
    MediaEvent event;
    for (HostedCall* call : {&a, &b}) {
      while (call->call->next_event(event)) {
        ++events;
        digits += event.kind == MediaEvent::Kind::kDigitReceived;
        tones += event.kind == MediaEvent::Kind::kToneStarted;
      }
    }
  }
  // A script of everything that reaches Media while it runs; `wakes` of 10 or 20 ms.
  void run(int wakes) {
    CallMediaStats stats;
    for (int i = 0; i < wakes; ++i) {
      if (i % 100 == 20) a.call->send_digit('5', 80ms, 60ms, DtmfMode::kRfc4733, 3);
      if (i % 100 == 60) a.call->send_digit('#', 80ms, 60ms, DtmfMode::kInband, 4);
      if (i % 200 == 90) a.call->hold(true);
      if (i % 200 == 110) a.call->hold(false);
      if (i % 200 == 130) a.call->mute(true);
      if (i % 200 == 150) a.call->mute(false);
      if (i % 50 == 0) a.call->stats(stats);
      // The network stands still, then everything comes at once.
      if (i % 150 == 140) there.taken = there.written;
      wake();
    }
  }
};

Impairment impairment() {
  return parse_impairment(
             "rx:loss=3%,jitter=20ms,delay=40ms,reorder=1%,dup=0.5%,burst=3;tx:loss=1%,delay=10ms")
      .value();
}

struct TrapTest : ::testing::TestWithParam<std::tuple<CodecId, bool>> {
  Conversation conversation{std::get<0>(GetParam()),
                            std::get<1>(GetParam()) ? impairment() : Impairment{}};
  void check_that_it_ran() const {
    CallMediaStats stats;
    conversation.b.call->stats(stats);
    EXPECT_GT(stats.leg.rx.packets, 100u);
    EXPECT_GT(stats.leg.rx.lost, 0);
    EXPECT_GT(stats.leg.rx.concealed, 0ns);
    EXPECT_GT(stats.leg.tx.reports, 0u);
    EXPECT_GT(conversation.digits, 0);
    EXPECT_GT(conversation.tones, 0);
    EXPECT_GT(conversation.there.sent, 100);
  }
};

TEST_P(TrapTest, AWakeAllocatesNothingAndTakesNoLock) {
  conversation.run(5);
  AllocationCounter allocations;
  const std::size_t locks_before = locks, files_before = files;
  conversation.run(1000);
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_EQ(locks - locks_before, 0u);
  EXPECT_EQ(files - files_before, 0u);
  check_that_it_ran();
}

#ifndef LINEMAN_SANITIZER_HOOKS

TEST(Trap, TheCountersSeeWhatTheyCount) {
  const std::size_t locks_before = locks, files_before = files;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  EXPECT_EQ(locks, locks_before + 1);
  if (FILE* f = std::fopen("/dev/null", "w")) std::fclose(f);
  EXPECT_EQ(files, files_before + 1);
}

// --- System calls, noted by a filter on one thread.

std::array<volatile int, 16> trapped{};
volatile int trapped_count = 0;

void refuse(void* context) {
#if defined(__x86_64__)
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
#elif defined(__aarch64__)
  static_cast<ucontext_t*>(context)->uc_mcontext.regs[0] = static_cast<unsigned long>(-ENOSYS);
#else
  (void)context;
#endif
}

thread_local volatile bool watched = false;  // not while the thread ends

void on_trap(int, siginfo_t* info, void* context) {
  if (!watched) return refuse(context);
  const int count = trapped_count;
  if (count < static_cast<int>(trapped.size()))
    trapped[static_cast<std::size_t>(count)] = info->si_syscall;
  trapped_count = count + 1;
  refuse(context);
}

// From here on every system call of this thread is noted and fails, but what ends a thread.
bool forbid_system_calls() {
  constexpr std::array<unsigned, 8> kAllowed = {
      SYS_rt_sigreturn, SYS_exit,           SYS_exit_group, SYS_munmap,
      SYS_madvise,      SYS_rt_sigprocmask, SYS_tgkill,     SYS_restart_syscall};
  std::array<sock_filter, kAllowed.size() + 3> filter{};
  std::size_t n = 0;
  filter[n++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < kAllowed.size(); ++i) {
    filter[n++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kAllowed[i],
                           static_cast<unsigned char>(kAllowed.size() - i), 0);
  }
  filter[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
  filter[n++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog program{static_cast<unsigned short>(n), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

std::string trapped_numbers() {
  std::string text;
  for (int i = 0; i < trapped_count && i < static_cast<int>(trapped.size()); ++i) {
    text += " " + std::to_string(trapped[static_cast<std::size_t>(i)]);
  }
  return text;
}

template <class Run>
bool run_trapped(Run run) {
  using Action = struct sigaction;
  Action action{}, old{};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, &old);
  trapped_count = 0;
  bool works = false;
  std::thread([&] {
    works = forbid_system_calls();
    watched = works;
    if (works) run();
    watched = false;
  }).join();
  sigaction(SIGSYS, &old, nullptr);
  return works;
}

TEST_P(TrapTest, AWakeMakesNoSystemCallOfItsOwn) {
  if (!run_trapped([] { ::syscall(SYS_getppid); })) GTEST_SKIP() << "no seccomp here";
  ASSERT_EQ(trapped_count, 1) << "the trap does not work";
  conversation.run(5);
  ASSERT_TRUE(run_trapped([&] { conversation.run(1000); }));
  EXPECT_EQ(trapped_count, 0) << "system calls:" << trapped_numbers();
  check_that_it_ran();
}

#endif

INSTANTIATE_TEST_SUITE_P(EveryCodec, TrapTest,
                         ::testing::Combine(::testing::Values(CodecId::kPcmu, CodecId::kPcma,
                                                              CodecId::kG722, CodecId::kOpus),
                                            ::testing::Bool()),
                         [](const auto& each) {
                           std::string name(codec_info(std::get<0>(each.param)).name);
                           return name + (std::get<1>(each.param) ? "Impaired" : "Clean");
                         });

}  // namespace
}  // namespace lineman
