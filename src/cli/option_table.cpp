#include "option_table.h"

#include <algorithm>

namespace lineman {

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = [] {
    std::vector<OptionRow> rows;
    add_action_options(rows);
    add_call_options(rows);
    add_output_options(rows);
    add_sip_options(rows);
    add_media_options(rows);
    return rows;
  }();
  return table;
}

const OptionRow* find_option(std::string_view name) {
  const auto& table = option_table();
  const auto it = std::find_if(table.begin(), table.end(), [name](const OptionRow& row) {
    return row.name == name || (!row.alias.empty() && row.alias == name);
  });
  return it == table.end() ? nullptr : &*it;
}

std::vector<std::string> option_names(const CommandRow& command) {
  std::vector<std::string> names;
  for (const OptionRow& row : option_table()) {
    if (!row.hidden && row.is_for(command)) names.emplace_back(row.name);
  }
  return names;
}

}  // namespace lineman
