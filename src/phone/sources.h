// AudioStore: what plays play. Files are read and converted once, before the first call, so that a
// missing file is an exit code and not a silent call. Control thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lineman/media_call.h"
#include "lineman/result.h"
#include "lineman/verb.h"

namespace lineman {

class AudioStore {
 public:
  // Reads every file that the script plays and looks whether those it records can be written. kFile
  // names the one that failed.
  Result<void> load(const std::vector<Verb>& script);
  // A playable source for one play; tones are made at `rate`. In virtual time stdin is read as it
  // is needed.
  Result<std::unique_ptr<AudioSource>> open(const verb::Play& play, SampleRate rate,
                                            bool simulated);

 private:
  struct Clip {
    std::shared_ptr<const std::vector<std::int16_t>> samples;
    SampleRate rate = 8000;
  };
  std::map<std::string, Clip> clips_;
  bool stdin_used_ = false;
};

}  // namespace lineman
