// The codecs that SDP can name: payload types of RFC 3551 section 6, RFC 7587.
#include <algorithm>

#include "lineman/sdp.h"
#include "lineman/text.h"

namespace lineman {
namespace {

struct Alias {
  std::string_view name;
  CodecId id;
};
// As other programs call G.711.
constexpr Alias kAliases[] = {{"ulaw", CodecId::kPcmu},
                              {"alaw", CodecId::kPcma},
                              {"g711u", CodecId::kPcmu},
                              {"g711a", CodecId::kPcma}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

const std::vector<CodecInfo>& all_codecs() {
  static const std::vector<CodecInfo> codecs = {{CodecId::kOpus, "opus", 48000, 48000, 2, 96},
                                                {CodecId::kG722, "G722", 8000, 16000, 1, 9},
                                                {CodecId::kPcmu, "PCMU", 8000, 8000, 1, 0},
                                                {CodecId::kPcma, "PCMA", 8000, 8000, 1, 8}};
  return codecs;
}

const CodecInfo& codec_info(CodecId id) {
  const auto& codecs = all_codecs();
  return *std::find_if(codecs.begin(), codecs.end(), [&](const auto& c) { return c.id == id; });
}

Result<std::vector<CodecId>> parse_codec_list(std::string_view list) {
  std::vector<std::string> known;
  for (const CodecInfo& codec : all_codecs()) known.push_back(lower(codec.name));
  std::vector<CodecId> out;
  for (std::string_view name : split(list, ',')) {
    name = trim(name);
    std::optional<CodecId> id;
    for (const CodecInfo& codec : all_codecs())
      if (iequals(codec.name, name)) id = codec.id;
    for (const Alias& alias : kAliases)
      if (iequals(alias.name, name)) id = alias.id;
    if (!id) {
      std::string text = name.empty()
                             ? "empty codec name in '" + printable(list.substr(0, 80)) + "'"
                             : "unknown codec '" + printable(name.substr(0, 80)) + "'";
      const std::string near = did_you_mean(name, known);
      text += near.empty() ? ": the known ones are" : near + " Known:";
      for (std::size_t i = 0; i < known.size(); ++i) text += (i ? ", " : " ") + known[i];
      return fail(ErrorCode::kUsage, text);
    }
    if (std::find(out.begin(), out.end(), *id) == out.end()) out.push_back(*id);
  }
  return out;
}

std::string_view direction_name(Direction d) {
  switch (d) {
    case Direction::kSendRecv: return "sendrecv";
    case Direction::kSendOnly: return "sendonly";
    case Direction::kRecvOnly: return "recvonly";
    case Direction::kInactive: return "inactive";
  }
  return "";
}

}  // namespace lineman
