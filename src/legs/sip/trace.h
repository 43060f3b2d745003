// MessageLog: SIP messages as they were sent and received, with their addresses, for --trace sip
// and
// --pcap; and the end of everything else that Sofia would write to stderr. Control thread.
//
// Sofia gives whole messages (retransmissions, ACKs and garbage included) only to its log, which is
// one for the process and made of text lines. So there is one redirection; it puts the lines
// together again and finds the endpoint that owns the local address. Lines end in CRLF again unless
// the length that Sofia noted says LF; a line of more than 2047 bytes is cut by Sofia.
#pragma once

#include <cstdarg>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lineman/packet.h"

namespace lineman {

// Digest responses and other credentials become "***".
std::string mask_credentials(std::string_view message);

class MessageLog {
 public:
  using Sink = std::function<void(bool sent, const Address& local, const Address& peer,
                                  std::string_view transport, std::string_view text)>;

  explicit MessageLog(Sink sink);  // an empty sink: messages are dropped
  ~MessageLog();
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;

  void add_local(const Address& bound) { locals_.push_back(bound); }

  // For tests: what Sofia's logger would be called with.
  static void write(const char* text);

 private:
  struct Entry;
  static void on_log(void*, const char* format, va_list arguments);
  static void line(std::string_view text);
  static void dispatch(Entry entry);
  // How sure we are that the message is ours: 0 not at all, 2 by its call, 3 by its addresses.
  int claim(const Entry& entry, Address& local) const;

  Sink sink_;
  std::vector<Address> locals_;
  std::unordered_map<std::string, Address> calls_;  // Call-ID to local address
};

}  // namespace lineman
