#include "codec.h"

#include "codec_impl.h"

namespace lineman {

std::unique_ptr<Encoder> make_encoder(CodecId codec, const EncoderOptions& options) {
  switch (codec) {
    case CodecId::kPcmu:
    case CodecId::kPcma: return make_g711_encoder(codec);
    case CodecId::kG722: return make_g722_encoder();
    case CodecId::kOpus: return make_opus_encoder(options);
  }
  return nullptr;
}

std::unique_ptr<Decoder> make_decoder(CodecId codec) {
  switch (codec) {
    case CodecId::kPcmu:
    case CodecId::kPcma: return make_g711_decoder(codec);
    case CodecId::kG722: return make_g722_decoder();
    case CodecId::kOpus: return make_opus_decoder();
  }
  return nullptr;
}

}  // namespace lineman
