#include "command_table.h"
#include "lineman/version.h"

namespace lineman {
namespace {

Result<std::string> print(const Command& command) {
  if (auto none = expect_no_words(command); !none) return tl::make_unexpected(none.error());
  std::string text = "lineman " + std::string(kVersion) + "\ncodecs:";
  for (const CodecInfo& codec : all_codecs()) text += " " + std::string(codec.name);
  text += "\nlegs: sip (udp, tcp), local (simulated)\n";
  text += "not built in: tls, srtp, live audio, --say, --exec\n";
  return text;
}

}  // namespace

const CommandRow kVersionCommand = {"version",
                                    "",
                                    "version and what is built in",
                                    "Prints the version, the codecs and the kinds of addresses "
                                    "that this binary knows.",
                                    "lineman version",
                                    0,
                                    nullptr,
                                    print};

}  // namespace lineman
