// The makers behind make_encoder() and make_decoder(): one pair a codec.
#pragma once

#include <memory>

#include "codec.h"

namespace lineman {

std::unique_ptr<Encoder> make_g711_encoder(CodecId law);
std::unique_ptr<Decoder> make_g711_decoder(CodecId law);
std::unique_ptr<Encoder> make_g722_encoder();
std::unique_ptr<Decoder> make_g722_decoder();
std::unique_ptr<Encoder> make_opus_encoder(const EncoderOptions& options);
std::unique_ptr<Decoder> make_opus_decoder();

}  // namespace lineman
