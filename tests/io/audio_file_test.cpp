#include "lineman/audio_file.h"

#include <gtest/gtest.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <thread>

#include "lineman/text.h"
#include "wav.h"

namespace lineman {
namespace {

struct AudioFileTest : testing::Test {
  TempDir dir;
  std::string make(const std::string& name, int format, int rate, int channels,
                   const std::vector<std::int16_t>& samples) {
    SF_INFO info{};
    info.samplerate = rate;
    info.channels = channels;
    info.format = format;
    SNDFILE* file = sf_open((dir / name).c_str(), SFM_WRITE, &info);
    EXPECT_NE(file, nullptr) << sf_strerror(nullptr);
    std::vector<float> normal;
    for (const std::int16_t v : samples) normal.push_back(static_cast<float>(v) / 32768.0F);
    if ((info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_PCM_16) {
      sf_write_short(file, samples.data(), static_cast<sf_count_t>(samples.size()));
    } else {
      sf_write_float(file, normal.data(), static_cast<sf_count_t>(normal.size()));
    }
    sf_close(file);
    return dir / name;
  }
  std::string text(const std::string& name, const std::string& bytes) {
    std::ofstream(dir / name, std::ios::binary) << bytes;
    return dir / name;
  }
  static std::string why(const std::string& path) {
    const auto loaded = load_audio(path);
    if (loaded) return "loaded";
    EXPECT_EQ(loaded.error().code, ErrorCode::kFile);
    EXPECT_NE(loaded.error().text.find("'" + path + "'"), std::string::npos);
    return loaded.error().text;
  }
};

std::vector<std::int16_t> sine(int rate, double hz, double seconds, int channels = 1) {
  std::vector<std::int16_t> out;
  for (int i = 0; i < static_cast<int>(rate * seconds); ++i) {
    for (int c = 0; c < channels; ++c) {
      out.push_back(
          static_cast<std::int16_t>(std::lrint(12000 * std::sin(2 * M_PI * hz * i / rate))));
    }
  }
  return out;
}

TEST_F(AudioFileTest, SixteenBitMonoAtAnEngineRateIsBitExact) {
  std::vector<std::int16_t> samples;
  for (int v = -32768; v <= 32767; ++v) samples.push_back(static_cast<std::int16_t>(v));
  for (const int rate : kSampleRates) {
    const auto audio =
        load_audio(make("x.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, rate, 1, samples));
    ASSERT_TRUE(audio) << audio.error().text;
    EXPECT_EQ(audio->rate, rate);
    EXPECT_EQ(audio->mono, samples);
  }
}

TEST_F(AudioFileTest, ChannelsAreMixedAndRatesConverted) {
  const auto stereo = load_audio(make("s.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 2,
                                      {1000, 3000, -4, -2, 32767, 32767, -32768, -32768}));
  ASSERT_TRUE(stereo);
  EXPECT_EQ(stereo->mono, (std::vector<std::int16_t>{2000, -3, 32767, -32768}));
  EXPECT_EQ(stereo->file_channels, 2);

  for (const auto& [from, to] : std::vector<std::pair<int, int>>{
           {44100, 48000}, {11025, 16000}, {22050, 24000}, {96000, 48000}, {6000, 8000}}) {
    const auto audio =
        load_audio(make("r.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, from, 1, sine(from, 440, 1)));
    ASSERT_TRUE(audio) << audio.error().text;
    EXPECT_EQ(audio->rate, to);
    EXPECT_EQ(audio->file_rate, from);
    EXPECT_NEAR(static_cast<double>(audio->mono.size()), to, to / 100.0);
    // Still the same tone: correlate the middle with what it should be.
    double re = 0, im = 0, energy = 0;
    const std::size_t n = audio->mono.size();
    for (std::size_t i = n / 4; i < n * 3 / 4; ++i) {
      const double x = audio->mono[i];
      re += x * std::cos(2 * M_PI * 440 * static_cast<double>(i) / to);
      im += x * std::sin(2 * M_PI * 440 * static_cast<double>(i) / to);
      energy += x * x;
    }
    const auto half = static_cast<double>(n / 2);
    EXPECT_GT((re * re + im * im) / (energy * half / 2), 0.98) << from;
  }
}

TEST_F(AudioFileTest, OtherFormatsAreRead) {
  const auto tone = sine(48000, 440, 0.5, 2);
  for (const int format : {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_AIFF | SF_FORMAT_PCM_24,
                           SF_FORMAT_AU | SF_FORMAT_ULAW, SF_FORMAT_WAV | SF_FORMAT_FLOAT,
                           SF_FORMAT_OGG | SF_FORMAT_VORBIS}) {
    const auto audio = load_audio(make("x", format, 48000, 2, tone));
    ASSERT_TRUE(audio) << audio.error().text;
    ASSERT_NEAR(static_cast<double>(audio->mono.size()), 24000, 10);
    EXPECT_NEAR(audio->mono[12000 + 27], tone[2 * (12000 + 27)], 700);
  }
}

TEST_F(AudioFileTest, ErrorsNameTheFileAndWhy) {
  EXPECT_NE(why(dir / "none.wav").find("No such file"), std::string::npos);
  EXPECT_NE(why(dir.path).find("directory"), std::string::npos);
  EXPECT_NE(why(text("empty.wav", "")).find("empty"), std::string::npos);
  EXPECT_NE(why(text("text.wav", "hello, this is no audio")).find("Convert it"), std::string::npos);
  EXPECT_NE(why(text("cut.wav", "RIFF\x24\x10")).find("cannot play"), std::string::npos);
  EXPECT_NE(why(make("silent.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, {})).find("no audio"),
            std::string::npos);
  const std::string fifo = dir / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_NE(why(fifo).find("use '-'"), std::string::npos);
}

TEST_F(AudioFileTest, ATooLongFileIsRefusedWithoutReadingItAll) {
  const std::string path =
      make("long.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 8000, 1, std::vector<std::int16_t>(80));
  // A sparse file: its header says what it holds.
  std::string bytes = bytes_of(path);
  const std::uint32_t data = 2 * 3600 * 8000 + 8000;
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i)
      bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  put(4, data + 36);
  put(40, data);
  text("long.wav", bytes);
  std::filesystem::resize_file(path, data + 44);
  EXPECT_NE(why(path).find("longer than 2 hours"), std::string::npos);
}

TEST_F(AudioFileTest, AHeaderThatLiesCostsNothing) {
  std::string bytes =
      bytes_of(make("lie.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, ramp(80)));
  for (const std::size_t at : {4U, 40U}) bytes.replace(at, 4, "\xff\xff\xff\x7f");
  const auto audio = load_audio(text("lie.wav", bytes));
  if (audio) {
    EXPECT_EQ(audio->mono, ramp(80));
  }
}

struct StdinSourceTest : testing::TestWithParam<bool> {
  int fd[2] = {-1, -1};
  std::unique_ptr<AudioSource> source;
  StdinSourceTest() {
    EXPECT_EQ(pipe(fd), 0);
    source = make_stdin_source(fd[0], 8000, GetParam()).value();
  }
  ~StdinSourceTest() override {
    source.reset();
    close(fd[0]);
    if (fd[1] >= 0) close(fd[1]);
  }
  void say(const void* data, std::size_t size) const {
    EXPECT_EQ(write(fd[1], data, size), static_cast<ssize_t>(size));
  }
  void hang_up() { close(std::exchange(fd[1], -1)); }
  // Until the end of the stream.
  std::vector<std::int16_t> all(int* shorts = nullptr) const {
    std::vector<std::int16_t> out;
    std::array<std::int16_t, 80> frame{};
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      std::size_t got = 0;
      const auto state = source->read(frame, got);
      out.insert(out.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(got));
      if (state == AudioSource::State::kEnd) return out;
      if (state == AudioSource::State::kShort && shorts) ++*shorts;
      EXPECT_TRUE(state != AudioSource::State::kMore || got == frame.size());
    }
    ADD_FAILURE() << "no end";
    return out;
  }
};

TEST_P(StdinSourceTest, EverySampleComesOnceAlsoAcrossOddBytes) {
  const auto samples = ramp(20000);
  std::thread writer([&] {
    const auto* bytes = reinterpret_cast<const char*>(samples.data());
    std::size_t done = 0;
    for (std::size_t step = 1; done < samples.size() * 2; step = step % 977 + 2) {
      const std::size_t n = std::min(step, samples.size() * 2 - done);
      say(bytes + done, n);
      done += n;
    }
    say("x", 1);  // half a sample is none
    hang_up();
  });
  EXPECT_EQ(all(), samples);
  writer.join();
}

TEST_P(StdinSourceTest, AnEmptyStreamEndsAtOnce) {
  hang_up();
  EXPECT_TRUE(all().empty());
}
INSTANTIATE_TEST_SUITE_P(Kinds, StdinSourceTest, testing::Bool());

using ThreadedStdinTest = StdinSourceTest;
TEST_P(ThreadedStdinTest, NeverWaits) {
  std::array<std::int16_t, 80> frame{};
  std::size_t got = 99;
  EXPECT_EQ(source->read(frame, got), AudioSource::State::kShort);
  EXPECT_EQ(got, 0u);
  EXPECT_EQ(source->rate(), 8000);
}

TEST_P(ThreadedStdinTest, MayBeDroppedWithARingThatIsFullAndAWriterThatWaits) {
  const std::vector<char> block(65536);
  say(block.data(), block.size());  // the pipe's own room
  std::array<std::int16_t, 80> frame{};
  std::size_t got = 0;
  while (source->read(frame, got) != AudioSource::State::kMore) {}
  source.reset();
}
INSTANTIATE_TEST_SUITE_P(Threaded, ThreadedStdinTest, testing::Values(false));

TEST(StdinSource, AClosedStdinIsAnError) {
  const auto none = make_stdin_source(987, 8000);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().text.find("closed"), std::string::npos);
}

}  // namespace
}  // namespace lineman
