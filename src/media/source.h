// Playing from sources: what the player and the sources that hold others share. Made on Control,
// read on Media; no allocation once made.
//
//   make_playable(x)  = Rated(x)
//   make_playlist     = Rated(Sequence(parts))                  parts of one rate: one converter
//                       Sequence(Rated(Sequence), Rated(..))    one for each run of equal rates
#pragma once

#include <span>

#include "lineman/media_call.h"

namespace lineman {

// read(), wrapping to the start at the end when `loop`: without a gap, as often as it takes.
AudioSource::State read_looped(AudioSource& source, bool loop, std::span<std::int16_t> out,
                               std::size_t& got);

}  // namespace lineman
