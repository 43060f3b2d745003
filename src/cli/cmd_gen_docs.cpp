#include "command_table.h"
#include "docs.h"
#include "lineman/text.h"

namespace lineman {
namespace {

struct Document {
  std::string_view name;
  std::string (*text)();
};
constexpr Document kDocuments[] = {{"man", man_page},
                                   {"bash", bash_completion},
                                   {"zsh", zsh_completion},
                                   {"fish", fish_completion},
                                   {"schema", event_schema}};

Result<std::string> print(const Command& command) {
  if (command.words.size() == 1) {
    for (const Document& each : kDocuments) {
      if (each.name == command.words.front()) return each.text();
    }
  }
  return tl::make_unexpected(usage_error(*command.row, "which document?"));
}

}  // namespace

const CommandRow kGenDocsCommand = {"gen-docs",
                                    "man|bash|zsh|fish|schema",
                                    "a generated document",
                                    "Prints one of the documents that follow from the tables; "
                                    "scripts/gen_docs writes them all.",
                                    "lineman gen-docs man",
                                    0,
                                    nullptr,
                                    print,
                                    true};

}  // namespace lineman
