// The hosts file (hosts(5)): an address and its names on a line. Control thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lineman/packet.h"

namespace lineman {

// Addresses of `host` in the text of a hosts file: IPv4 first, each once. Lines that do not parse
// (scoped addresses too) are skipped.
std::vector<Address> find_in_hosts(std::string_view text, std::string_view host);

// The whole file, or nothing when it cannot be read.
std::string read_hosts_file(const std::string& path);

}  // namespace lineman
