#include "recording.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <optional>

#include "wav.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct CountingWake : WriterWake {
  int count = 0;
  void wake() override { ++count; }
};

// Sink and job face to face, with time as an argument.
struct RecordingTest : testing::Test {
  TempDir dir;
  std::shared_ptr<CountingWake> wake = std::make_shared<CountingWake>();
  std::shared_ptr<RecordingQueue> queue;
  std::unique_ptr<RecordingSink> sink;
  std::unique_ptr<RecordingJob> job;
  std::optional<RecordingEnd> end;
  std::string path;

  void open(const std::string& where, int rate = 8000, int channels = 1, std::size_t held = 4096) {
    path = where;
    queue = std::make_shared<RecordingQueue>(held);
    sink = std::make_unique<RecordingSink>(queue, wake);
    job = std::make_unique<RecordingJob>(OutputFile::open(path).value(), path, rate, channels,
                                         queue, [this](const RecordingEnd& e) { end = e; });
  }
  static TimePoint at(Duration d) { return TimePoint(d); }
};

TEST_F(RecordingTest, IsAValidFileFromItsFirstMomentToItsLast) {
  open(dir / "x.wav", 16000, 2);
  EXPECT_TRUE(job->service(at({}), false));
  EXPECT_TRUE(read_wav(path).valid);
  EXPECT_EQ(read_wav(path).samples.size(), 0u);
  const auto samples = ramp(640);
  EXPECT_TRUE(sink->write(samples));
  EXPECT_TRUE(job->service(at(milliseconds(500)), false));
  EXPECT_TRUE(read_wav(path).valid);  // the samples are there, the header does not say so yet
  EXPECT_TRUE(job->service(at(milliseconds(1000)), false));
  EXPECT_EQ(read_wav(path).samples, samples);  // a SIGKILL from here on loses nothing of these
  sink->write(samples);
  sink.reset();
  EXPECT_EQ(wake->count, 1);
  EXPECT_TRUE(job->pending());
  EXPECT_FALSE(job->service(at(milliseconds(1001)), false));
  const Wav wav = read_wav(path);
  EXPECT_TRUE(wav.valid);
  EXPECT_EQ(wav.rate, 16000);
  EXPECT_EQ(wav.channels, 2);
  EXPECT_EQ(wav.samples.size(), 1280u);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->frames, 640u);
  EXPECT_EQ(end->bytes, 44u + 2560u);
  EXPECT_EQ(end->bytes, std::filesystem::file_size(path));
  EXPECT_EQ(end->missing, 0u);
  EXPECT_EQ(end->duration, milliseconds(40));
  EXPECT_EQ(end->error, "");
  EXPECT_FALSE(job->service(at(seconds(2)), true));  // once ended, ended
}

TEST_F(RecordingTest, AnEmptyOneIsValidToo) {
  open(dir / "x.wav");
  sink.reset();
  EXPECT_FALSE(job->service(at({}), false));
  EXPECT_TRUE(read_wav(path).valid);
  EXPECT_EQ(end->frames, 0u);
}

TEST_F(RecordingTest, AStallCostsAudioButNeverTime) {
  open(dir / "x.wav", 8000, 1, 1024);
  const auto frame = ramp(80, 1000);
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(sink->write(frame));  // 12 fit
  EXPECT_EQ(wake->count, 1);
  EXPECT_TRUE(job->service(at({}), false));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(sink->write(frame));
  for (int i = 0; i < 20; ++i) sink->write(frame);  // 10 more fit, then a gap until the end
  sink.reset();
  EXPECT_FALSE(job->service(at(seconds(1)), false));
  const Wav wav = read_wav(path);
  ASSERT_TRUE(wav.valid);
  ASSERT_EQ(wav.samples.size(), 52u * 80);
  const std::vector<std::int16_t> silence(80, 0);
  for (std::size_t i = 0; i < 52; ++i) {
    const auto begin = wav.samples.begin() + static_cast<std::ptrdiff_t>(80 * i);
    const bool heard = i < 12 || (i >= 30 && i < 42);
    EXPECT_EQ(std::vector<std::int16_t>(begin, begin + 80), heard ? frame : silence) << i;
  }
  EXPECT_EQ(end->missing, 28u * 80);
  EXPECT_EQ(end->error, "");
}

TEST_F(RecordingTest, AFullDiskIsNamedAndWhatFittedIsValid) {
  struct rlimit old {};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto ignored = signal(SIGXFSZ, SIG_IGN);
  open(dir / "x.wav", 8000, 2);
  struct rlimit tight = old;
  tight.rlim_cur = 1001;
  setrlimit(RLIMIT_FSIZE, &tight);
  sink->write(ramp(2000));
  EXPECT_FALSE(job->service(at({}), false));
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, ignored);
  ASSERT_TRUE(end);
  EXPECT_NE(end->error.find("x.wav"), std::string::npos) << end->error;
  EXPECT_NE(end->error.find("too large"), std::string::npos) << end->error;
  EXPECT_FALSE(sink->write(ramp(80)));
  EXPECT_TRUE(sink->closed());  // the recorder ends
  const Wav wav = read_wav(path);
  EXPECT_TRUE(wav.valid);
  EXPECT_EQ(wav.samples.size(), (1001u - 44) / 4 * 2);
  EXPECT_EQ(std::filesystem::file_size(path), 44 + wav.samples.size() * 2);
}

TEST_F(RecordingTest, NoSpaceLeftIsSaid) {
  open("/dev/full");
  sink->write(ramp(80));
  EXPECT_FALSE(job->service(at({}), false));
  EXPECT_EQ(end->error, "cannot write '/dev/full': No space left on device");
  EXPECT_EQ(end->frames, 0u);
}

TEST_F(RecordingTest, TheEndOfTheWriterIsTheEndOfTheFile) {
  open(dir / "x.wav");
  sink->write(ramp(160));
  EXPECT_FALSE(job->service(at({}), true));  // the sink still lives
  EXPECT_TRUE(read_wav(path).valid);
  EXPECT_EQ(read_wav(path).samples.size(), 160u);
  EXPECT_FALSE(sink->write(ramp(80)));
}

TEST_F(RecordingTest, AStreamWithoutARewindSaysSoInItsHeader) {
  const std::string fifo = dir / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const auto none = OutputFile::open(fifo);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().text.find("start its reader first"), std::string::npos);
  const Fd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK));
  open(fifo);
  sink->write(ramp(80));
  sink.reset();
  EXPECT_FALSE(job->service(at({}), false));
  std::string got(4096, 0);
  const auto n = read(reader.get(), got.data(), got.size());
  ASSERT_EQ(n, 44 + 160);
  EXPECT_EQ(got.substr(40, 4), "\xff\xff\xff\xff");
}

TEST(OutputFile, ErrorsNameTheThing) {
  const auto dir = OutputFile::open("/");
  ASSERT_FALSE(dir);
  EXPECT_EQ(dir.error().code, ErrorCode::kFile);
  EXPECT_EQ(dir.error().text, "cannot write '/': Is a directory");
  EXPECT_NE(OutputFile::open("/nowhere/x").error().text.find("'/nowhere/x': No such file"),
            std::string::npos);
  EXPECT_EQ(OutputFile::open("fd:x").error().code, ErrorCode::kUsage);
  EXPECT_EQ(OutputFile::open("fd:").error().code, ErrorCode::kUsage);
  EXPECT_NE(OutputFile::open("fd:987").error().text.find("not open for writing"),
            std::string::npos);
  int pipe_fd[2];
  ASSERT_EQ(pipe(pipe_fd), 0);
  EXPECT_FALSE(OutputFile::open("fd:" + std::to_string(pipe_fd[0])));
  EXPECT_TRUE(OutputFile::open("fd:" + std::to_string(pipe_fd[1])));
  close(pipe_fd[0]);
  EXPECT_EQ(fcntl(pipe_fd[1], F_GETFL) & O_NONBLOCK, 0);  // it outlives us: left as it was
  close(pipe_fd[1]);
}

}  // namespace
}  // namespace lineman
