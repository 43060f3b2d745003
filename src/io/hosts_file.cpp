#include "hosts_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "lineman/text.h"

namespace lineman {
namespace {

bool lists(std::string_view names, std::string_view host) {
  while (!(names = trim(names)).empty()) {
    const std::size_t end = std::min(names.find_first_of(" \t"), names.size());
    if (iequals(names.substr(0, end), host)) return true;
    names.remove_prefix(end);
  }
  return false;
}

}  // namespace

std::vector<Address> find_in_hosts(std::string_view text, std::string_view host) {
  std::vector<Address> out;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line.substr(0, line.find('#')));
    const std::size_t end = line.find_first_of(" \t");
    if (end == std::string_view::npos || !lists(line.substr(end), host)) continue;
    const auto address = Address::parse_ip(line.substr(0, end));
    if (address && std::find(out.begin(), out.end(), *address) == out.end())
      out.push_back(*address);
  }
  std::stable_partition(out.begin(), out.end(),
                        [](const Address& a) { return a.family == Address::Family::kV4; });
  return out;
}

std::string read_hosts_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace lineman
