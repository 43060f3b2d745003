#include "writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <optional>
#include <thread>

#include "clock.h"
#include "lineman/sim.h"
#include "wav.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Pipe {
  int fd[2] = {-1, -1};
  Pipe() { EXPECT_EQ(pipe2(fd, O_CLOEXEC), 0); }
  ~Pipe() {
    close_reader();
    ::close(fd[1]);
  }
  void close_reader() {
    if (fd[0] >= 0) ::close(fd[0]);
    fd[0] = -1;
  }
  std::string where() const { return "fd:" + std::to_string(fd[1]); }
  // What comes until `last` was seen, or five seconds of nothing.
  std::string read_until(const std::string& last) const {
    std::string all;
    std::string block(65536, 0);
    while (all.find(last) == std::string::npos) {
      pollfd look{fd[0], POLLIN, 0};
      if (poll(&look, 1, 5000) <= 0) break;
      const auto n = read(fd[0], block.data(), block.size());
      if (n <= 0) break;
      all.append(block, 0, static_cast<std::size_t>(n));
    }
    return all;
  }
};

struct WriterTest : testing::Test {
  TempDir dir;
  std::unique_ptr<Loop> loop = make_loop();
  std::unique_ptr<Writer> writer = make_writer(*loop);
};

TEST_F(WriterTest, WritesLinesInOrderAndFlushes) {
  const auto lines = writer->open_lines(dir / "events", {}).value();
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    EXPECT_TRUE(writer->write_line(lines, "line " + std::to_string(i)));
    expected += "line " + std::to_string(i) + "\n";
  }
  writer->write_text(lines, "no break", true);
  ASSERT_TRUE(writer->flush(seconds(20)));
  EXPECT_EQ(bytes_of(dir / "events"), expected + "no break");
  EXPECT_EQ(writer->dropped(), 0u);
  EXPECT_FALSE(writer->write_line(99, "nowhere"));
}

TEST_F(WriterTest, ARecordingFromAnotherThreadIsCompleteWhenItsEndIsTold) {
  std::optional<RecordingEnd> end;
  auto sink = writer
                  ->open_recording(dir / "x.wav", 8000, 1,
                                   [&](const RecordingEnd& e) {
                                     end = e;
                                     loop->stop();
                                   })
                  .value();
  std::vector<std::int16_t> all;
  std::thread media([&] {
    for (int i = 0; i < 300; ++i) {
      const auto frame = ramp(80, i * 13);
      EXPECT_TRUE(sink->write(frame));
      all.insert(all.end(), frame.begin(), frame.end());
    }
  });
  media.join();
  sink.reset();
  ASSERT_TRUE(turn_until(*loop, [&] { return end.has_value(); }));
  EXPECT_EQ(end->path, dir / "x.wav");
  EXPECT_EQ(end->error, "");
  EXPECT_EQ(end->frames, all.size());
  EXPECT_EQ(read_wav(dir / "x.wav").samples, all);
}

TEST_F(WriterTest, AStalledReaderDropsLinesButNeverTheResultAndStallsNobodyElse) {
  Pipe pipe;
  const auto lines = writer->open_lines(pipe.where(), {}).value();
  const auto other = writer->open_lines(dir / "other", {}).value();
  std::optional<RecordingEnd> end;
  auto sink =
      writer->open_recording(dir / "x.wav", 8000, 1, [&](const auto& e) { end = e; }).value();
  const std::string filler(100, 'x');
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    taken += writer->write_line(lines, std::to_string(i) + filler) ? 1 : 0;
  }
  EXPECT_GT(writer->dropped(), 0u);
  EXPECT_EQ(writer->dropped() + static_cast<std::uint64_t>(taken), 20000u);
  EXPECT_TRUE(writer->write_line(lines, "the result", true));
  EXPECT_FALSE(writer->flush(milliseconds(50)));
  // Meanwhile:
  sink->write(ramp(80));
  sink.reset();
  writer->write_line(other, "as ever");
  ASSERT_TRUE(turn_until(*loop, [&] { return end && bytes_of(dir / "other") == "as ever\n"; }));
  EXPECT_EQ(end->error, "");
  // The reader wakes up: all that was taken is there, whole and in order, the result last.
  const std::string all = pipe.read_until("the result\n");
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), taken + 1);
  EXPECT_EQ(all.substr(all.size() - 11), "the result\n");
  int last = -1;
  for (std::size_t at = 0; at < all.size() && all[at] != 't';) {
    const int number = std::stoi(all.substr(at));
    ASSERT_GT(number, last);
    last = number;
    at = all.find('\n', at) + 1;
  }
  EXPECT_TRUE(writer->flush(seconds(20)));
  EXPECT_EQ(fcntl(pipe.fd[1], F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(WriterTest, NoticesThatItsReaderWentWithoutAWord) {
  Pipe pipe;
  std::vector<std::string> why;
  const auto lines =
      writer->open_lines(pipe.where(), [&](const auto& w) { why.push_back(w); }).value();
  ASSERT_TRUE(writer->flush(seconds(20)));
  pipe.close_reader();
  ASSERT_TRUE(turn_until(*loop, [&] { return !why.empty(); }));
  EXPECT_NE(why[0].find(pipe.where()), std::string::npos) << why[0];
  writer->write_line(lines, "into the void", true);
  EXPECT_TRUE(writer->flush(seconds(20)));
  EXPECT_EQ(why.size(), 1u);
  EXPECT_EQ(writer->dropped(), 0u);
}

TEST_F(WriterTest, APipeThatClosesUnderAWriteIsNotOurDeath) {
  Pipe pipe;
  std::string why;
  const auto lines = writer->open_lines(pipe.where(), [&](const auto& w) { why = w; }).value();
  for (int i = 0; i < 3000; ++i) writer->write_line(lines, std::string(200, 'x'));
  pipe.close_reader();
  ASSERT_TRUE(turn_until(*loop, [&] { return !why.empty(); }));
  EXPECT_TRUE(writer->flush(seconds(20)));
}

TEST_F(WriterTest, AFullDeviceIsSaidOnce) {
  std::vector<std::string> why;
  const auto lines =
      writer->open_lines("/dev/full", [&](const auto& w) { why.push_back(w); }).value();
  writer->write_line(lines, "x");
  ASSERT_TRUE(turn_until(*loop, [&] { return !why.empty(); }));
  EXPECT_EQ(why[0], "cannot write '/dev/full': No space left on device");
}

TEST_F(WriterTest, ItsEndLeavesFilesWhole) {
  const auto lines = writer->open_lines(dir / "events", {}).value();
  for (int i = 0; i < 2000; ++i) writer->write_line(lines, std::string(100, 'x'));
  auto sink = writer->open_recording(dir / "x.wav", 8000, 2, {}).value();
  sink->write(ramp(160));
  writer.reset();
  EXPECT_EQ(bytes_of(dir / "events").size(), 2000u * 101);
  EXPECT_TRUE(read_wav(dir / "x.wav").valid);
  EXPECT_EQ(read_wav(dir / "x.wav").samples.size(), 160u);
  sink.reset();  // outlives the writer without harm
}

TEST_F(WriterTest, UnwritablePathsAreErrorsAtOnce) {
  const auto bad = writer->open_recording("/nowhere/x.wav", 8000, 1, {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text, "cannot write '/nowhere/x.wav': No such file or directory");
  EXPECT_FALSE(writer->open_lines("/nowhere/e", {}));
}

using WriterDeathTest = WriterTest;

TEST_F(WriterDeathTest, LastWordsWhenControlIsStuck) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = dir / "stuck.wav";
  EXPECT_EXIT(
      {
        auto own_loop = make_loop();
        auto own = make_writer(*own_loop);
        const auto lines = own->open_lines("fd:2", {}).value();
        auto sink = own->open_recording(path, 8000, 1, {}).value();
        sink->write(ramp(800));
        own->write_line(lines, "an event");
        own->set_last_words(lines, "the result", 70);
        own->set_deadline(monotonic_now() + seconds(100));
        own->set_deadline(monotonic_now() + milliseconds(20));
        for (;;) pause();
      },
      testing::ExitedWithCode(70), "an event\nthe result\n$");
}

TEST_F(WriterTest, ADeadlineThatMovesOnNeverStrikes) {
  const auto lines = writer->open_lines(dir / "events", {}).value();
  writer->set_last_words(lines, "never", 70);
  for (int i = 0; i < 20; ++i) {
    writer->set_deadline(monotonic_now() + seconds(10));
    writer->write_line(lines, "x");
  }
  writer->set_deadline(kNever);
  EXPECT_TRUE(writer->flush(seconds(20)));
  EXPECT_EQ(bytes_of(dir / "events").size(), 40u);
}

TEST_F(WriterTest, AProcessThatWasStoppedIsNotTakenForStuck) {
  const auto lines = writer->open_lines(dir / "events", {}).value();
  writer->set_deadline(monotonic_now() - seconds(30));  // as seen after SIGCONT
  writer->write_line(lines, "x");
  EXPECT_TRUE(writer->flush(seconds(20)));
  writer->set_deadline(kNever);
  EXPECT_EQ(bytes_of(dir / "events"), "x\n");
}

struct InlineWriterTest : testing::Test {
  TempDir dir;
  std::unique_ptr<Loop> loop = make_sim_loop();
  std::unique_ptr<Writer> writer = make_inline_writer(*loop);
};

TEST_F(InlineWriterTest, WritesAtOnce) {
  const auto lines = writer->open_lines(dir / "events", {}).value();
  writer->write_line(lines, "now", false);
  EXPECT_EQ(bytes_of(dir / "events"), "now\n");
}

TEST_F(InlineWriterTest, MinutesOfRecordingNeedNoTimeToPass) {
  std::optional<RecordingEnd> end;
  auto sink =
      writer->open_recording(dir / "x.wav", 8000, 1, [&](const auto& e) { end = e; }).value();
  const auto frame = ramp(80);
  for (int i = 0; i < 12000; ++i) ASSERT_TRUE(sink->write(frame));
  sink.reset();
  EXPECT_FALSE(end);  // by post
  loop->run();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->frames, 12000u * 80);
  EXPECT_EQ(end->missing, 0u);
  EXPECT_EQ(std::filesystem::file_size(dir / "x.wav"), 44 + 12000u * 160);
}

TEST_F(InlineWriterTest, WaitsForASlowReaderAndSurvivesOneThatLeaves) {
  Pipe pipe;
  std::string why;
  const auto lines = writer->open_lines(pipe.where(), [&](const auto& w) { why = w; }).value();
  std::string got;
  std::thread reader([&] { got = pipe.read_until("last\n"); });
  for (int i = 0; i < 5000; ++i) writer->write_line(lines, std::string(99, 'x'), false);
  writer->write_line(lines, "last", false);
  reader.join();
  EXPECT_EQ(got.size(), 5000u * 100 + 5);
  pipe.close_reader();
  writer->write_line(lines, "x", false);
  EXPECT_FALSE(writer->write_line(lines, "y", false));
  loop->run();
  EXPECT_NE(why.find("Broken pipe"), std::string::npos) << why;
}

}  // namespace
}  // namespace lineman
