#include "trace.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "lineman/sip_uri.h"
#include "lineman/text.h"
#include "sofia.h"

namespace lineman {

struct MessageLog::Entry {
  bool sent = false;
  std::size_t size = 0;  // as Sofia counted it
  std::string transport;
  Address peer;
  std::vector<std::string> lines;
};

namespace {

constexpr std::size_t kMostCalls = 4096, kMostBuffered = 1 << 20;

// One log for the process, for Sofia has one.
struct Shared {
  std::vector<MessageLog*> logs;
  std::string buffer;  // the unfinished line
  enum { kOutside, kStamped, kInside } where = kOutside;
};
Shared& shared() {
  static Shared instance;
  return instance;
}

bool is_separator(std::string_view line) {
  return line.size() == 75 && line.substr(0, 3) == "   " &&
         line.find_first_not_of('-', 3) == std::string_view::npos;
}

// "send 300 bytes to udp/[127.0.0.1]:5060 at 11:22:33.123456:", "recv ... from ..."
template <class Entry>
bool parse_stamp(std::string_view line, Entry& entry) {
  entry.sent = line.substr(0, 5) == "send ";
  if (!entry.sent && line.substr(0, 5) != "recv ") return false;
  line.remove_prefix(5);
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), entry.size);
  if (error != std::errc{}) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  const std::string_view middle = entry.sent ? " bytes to " : " bytes from ";
  if (line.substr(0, middle.size()) != middle) return false;
  line.remove_prefix(middle.size());
  const auto slash = line.find("/["), close = line.find("]:");
  if (slash == std::string_view::npos || close == std::string_view::npos || close < slash) {
    return false;
  }
  entry.transport = std::string(line.substr(0, slash));
  unsigned port = 0;
  std::from_chars(line.data() + close + 2, line.data() + line.size(), port);
  const auto ip = Address::parse_ip(line.substr(slash + 2, close - slash - 2),
                                    static_cast<std::uint16_t>(port));
  if (!ip) return false;
  entry.peer = *ip;
  return true;
}

std::string join(const std::vector<std::string>& lines, std::size_t size) {
  const auto with = [&](std::string_view body_end) {
    std::string out;
    bool body = false;
    for (const auto& line : lines) {
      out += line;
      out += body ? body_end : std::string_view("\r\n");
      if (line.empty()) body = true;
    }
    return out;
  };
  for (const std::string_view end : {"\r\n", "\n"}) {
    std::string out = with(end);
    if (out.size() == size) return out;
    if (out.size() == size + end.size()) return out.substr(0, size);  // no line end after the last
  }
  return with("\r\n");
}

std::string_view header(const std::vector<std::string>& lines, std::string_view name,
                        std::string_view compact) {
  for (std::size_t i = 1; i < lines.size() && !lines[i].empty(); ++i) {
    const auto colon = lines[i].find(':');
    if (colon == std::string::npos) continue;
    const auto key = trim(std::string_view(lines[i]).substr(0, colon));
    if (iequals(key, name) || iequals(key, compact)) {
      return trim(std::string_view(lines[i]).substr(colon + 1));
    }
  }
  return "";
}

// The address that a message itself gives for our side: sent-by of the top Via when the request was
// ours, the Request-URI when it was the peer's.
Address own_address(const std::vector<std::string>& lines, bool sent) {
  if (lines.empty()) return {};
  const std::string_view first = lines.front();
  const bool response = first.substr(0, 8) == "SIP/2.0 ";
  std::string where;
  if (response != sent) {
    auto via = header(lines, "via", "v");
    const auto space = via.find(' ');
    if (space == std::string_view::npos) return {};
    via = trim(via.substr(space + 1));
    where = "sip:" + std::string(via.substr(0, via.find_first_of("; ,")));
  } else if (!response) {
    const auto from = first.find(' ');
    if (from == std::string_view::npos) return {};
    where = std::string(first.substr(from + 1, first.find(' ', from + 1) - from - 1));
  }
  const auto uri = parse_sip_uri(where);
  if (!uri || !uri->numeric_host()) return {};
  const auto ip = Address::parse_ip(uri->host, uri->port_or_default());
  return ip ? *ip : Address{};
}

void mask_parameters(std::string& line, std::size_t from) {
  const auto scheme_end = line.find_first_not_of(' ', from);
  if (scheme_end == std::string::npos) return;
  if (!iequals(std::string_view(line).substr(scheme_end, 6), "digest")) {
    const auto space = line.find(' ', scheme_end);
    if (space != std::string::npos) line = line.substr(0, space + 1) + "***";
    return;
  }
  const std::string_view key = "response";
  for (std::size_t i = scheme_end; i + key.size() < line.size(); ++i) {
    if (!iequals(std::string_view(line).substr(i, key.size()), key)) continue;
    auto value = line.find_first_not_of(" \t", i + key.size());
    if (value == std::string::npos || line[value] != '=') continue;
    value = line.find_first_not_of(" \t", value + 1);
    if (value == std::string::npos) return;
    const bool quote = line[value] == '"';
    auto end = quote ? line.find('"', value + 1) : line.find_first_of(", \t\r\"", value);
    if (end == std::string::npos) end = line.size();
    if (quote) ++value;
    line.replace(value, end - value, "***");
    i = value + 2;  // a realm may read "response=" too: the real one comes later
  }
}

// Keys in a session description: a=crypto:1 SUITE inline:KEY|... (RFC 4568), k= (RFC 2327).
void mask_keys(std::string& line) {
  const std::string_view text = line;
  std::size_t from = text.substr(0, 2) == "k=" ? 2 : std::string_view::npos;
  if (iequals(text.substr(0, 9), "a=crypto:")) {
    const auto key = text.find("inline:");
    if (key != std::string_view::npos) from = key + 7;
  }
  if (from == std::string_view::npos) return;
  const auto end = std::min(text.find_first_of("\r\n", from), text.size());
  if (end > from) line.replace(from, end - from, "***");
}

}  // namespace

std::string mask_credentials(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool in_headers = true, masking = false;
  while (!message.empty()) {
    const auto end = message.find('\n');
    std::string line(message.substr(0, end == std::string_view::npos ? end : end + 1));
    message.remove_prefix(line.size());
    if (in_headers) {
      const bool folded = line[0] == ' ' || line[0] == '\t';
      const auto colon = line.find(':');
      if (!folded) {
        const auto name = trim(std::string_view(line).substr(0, colon));
        masking = colon != std::string::npos &&
                  (iequals(name, "authorization") || iequals(name, "proxy-authorization"));
      }
      if (masking) {
        std::string tail;  // the line end stays
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
          tail.insert(tail.begin(), line.back());
          line.pop_back();
        }
        // A folded line belongs to a digest, or to what was masked whole.
        if (folded) line = " digest " + line;
        mask_parameters(line, folded ? 0 : colon + 1);
        if (folded) line = line.substr(8);
        line += tail;
      }
      if (line == "\r\n" || line == "\n") in_headers = false;
    } else {
      mask_keys(line);
    }
    out += line;
  }
  return out;
}

MessageLog::MessageLog(Sink sink) : sink_(std::move(sink)) {
  auto& logs = shared().logs;
  logs.push_back(this);
  su_log_redirect(nullptr, &MessageLog::on_log, nullptr);
  // Messages are logged at no level; everything else is noise, some of it the peer's text.
  su_log_set_level(nullptr, 0);
}

MessageLog::~MessageLog() { std::erase(shared().logs, this); }

void MessageLog::on_log(void*, const char* format, va_list arguments) {
  char small[512];
  va_list again;
  va_copy(again, arguments);
  const int size = vsnprintf(small, sizeof small, format, arguments);
  if (size >= static_cast<int>(sizeof small)) {
    std::string large(static_cast<std::size_t>(size) + 1, '\0');
    vsnprintf(large.data(), large.size(), format, again);
    write(large.c_str());
  } else if (size > 0) {
    write(small);
  }
  va_end(again);
}

void MessageLog::write(const char* text) {
  auto& buffer = shared().buffer;
  buffer += text;
  std::size_t begin = 0;
  for (auto end = buffer.find('\n'); end != std::string::npos; end = buffer.find('\n', begin)) {
    line(std::string_view(buffer).substr(begin, end - begin));
    begin = end + 1;
  }
  buffer.erase(0, begin);
  if (buffer.size() > kMostBuffered) buffer.clear();
}

void MessageLog::line(std::string_view text) {
  static Entry entry;
  auto& where = shared().where;
  if (where == Shared::kOutside) {
    entry = Entry{};
    if (parse_stamp(text, entry)) where = Shared::kStamped;
  } else if (is_separator(text)) {
    if (where == Shared::kStamped) {
      where = Shared::kInside;
    } else {
      where = Shared::kOutside;
      dispatch(std::move(entry));
    }
  } else if (where == Shared::kInside) {
    entry.lines.emplace_back(text.substr(0, 3) == "   " ? text.substr(3) : text);
  } else {
    where = Shared::kOutside;
  }
}

int MessageLog::claim(const Entry& entry, Address& local) const {
  const Address own = own_address(entry.lines, entry.sent);
  for (const auto& bound : locals_) {
    if (own && bound.port == own.port && (bound.same_ip(own) || bound.is_unspecified())) {
      local = own;
      return 3;
    }
  }
  const auto call = calls_.find(std::string(header(entry.lines, "call-id", "i")));
  if (call != calls_.end()) {
    local = call->second;
    return 2;
  }
  for (const auto& bound : locals_) {
    if (bound.family == entry.peer.family) {
      local = bound;
      return 1;
    }
  }
  return 0;
}

void MessageLog::dispatch(Entry entry) {
  MessageLog* best = nullptr;
  Address best_local;
  int most = 0;
  for (auto* log : shared().logs) {
    Address local;
    const int sure = log->sink_ ? log->claim(entry, local) : 0;
    if (sure <= most) continue;
    most = sure;
    best = log;
    best_local = local;
  }
  if (!best) return;
  if (const auto id = header(entry.lines, "call-id", "i"); !id.empty()) {
    if (best->calls_.size() >= kMostCalls) best->calls_.clear();
    best->calls_[std::string(id)] = best_local;
  }
  best->sink_(entry.sent, best_local, entry.peer, entry.transport,
              mask_credentials(join(entry.lines, entry.size)));
}

}  // namespace lineman
