// Audio from files and pipes. Files are read and converted once, on Control; streams have a reader
// thread of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lineman/media_call.h"
#include "lineman/result.h"

namespace lineman {

struct LoadedAudio {
  std::vector<std::int16_t> mono;  // channels mixed
  SampleRate rate = 8000;          // an engine rate
  int file_rate = 8000, file_channels = 1;
};

// Anything that libsndfile reads, of any rate and channel count, up to 2 hours. Converted to the
// lowest engine rate that loses nothing (48000 above that); 16-bit mono at an engine rate comes
// through bit for bit. Errors (kFile) name the file and why.
Result<LoadedAudio> load_audio(const std::string& path);

// Could a recording be written there? kFile names the path and why not. Creates nothing.
Result<void> check_writable(const std::string& path);

// Raw s16le mono from `fd` (not closed), read by a thread. read() never waits: what is late is
// kShort, the end of the stream is kEnd. `blocking`, for virtual time: no thread, read() waits.
Result<std::unique_ptr<AudioSource>> make_stdin_source(int fd, SampleRate rate,
                                                       bool blocking = false);

}  // namespace lineman
