#include "lineman/sip_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lineman {
namespace {

using testing::HasSubstr;

struct Good {
  const char* text;
  const char* canonical;
  const char* user;
  const char* host;
  int port;
  const char* transport;
  bool numeric;
};

TEST(SipUri, ParsesWhatPeopleAndPeersWrite) {
  const Good table[] = {
      {"sip:600@pbx", "sip:600@pbx", "600", "pbx", 0, "", false},
      {"600@pbx", "sip:600@pbx", "600", "pbx", 0, "", false},
      {"pbx", "sip:pbx", "", "pbx", 0, "", false},
      {"pbx:5070", "sip:pbx:5070", "", "pbx", 5070, "", false},
      {"127.0.0.1:5060", "sip:127.0.0.1:5060", "", "127.0.0.1", 5060, "", true},
      {" SIP:Alice@Example.ORG ", "sip:Alice@example.org", "Alice", "example.org", 0, "", false},
      {"sip:[::1]:5060;transport=tcp?Subject=x", "sip:[::1]:5060;transport=tcp?Subject=x", "",
       "::1", 5060, "tcp", true},
      {"[::1]", "sip:[::1]", "", "::1", 0, "", true},
      {"sips:a@b.c", "sips:a@b.c", "a", "b.c", 0, "", false},
      {"sip:a;b=c@host;lr;Transport=UDP", "sip:a;b=c@host;lr;transport=UDP", "a;b=c", "host", 0,
       "udp", false},
      {"sip:+49(30)1@1.2.3.4", "sip:+49(30)1@1.2.3.4", "+49(30)1", "1.2.3.4", 0, "", true},
      {"sip:a%20b@host?A=1&B=%22x%22", "sip:a%20b@host?A=1&B=%22x%22", "a%20b", "host", 0, "",
       false},
      {"sip:%00@host", "sip:%00@host", "%00", "host", 0, "", false},
      {"sip:*%23@my_service.local.", "sip:*%23@my_service.local.", "*%23", "my_service.local.", 0,
       "", false},
      {"sip:[fe80::1:2.3.4.5]", "sip:[fe80::1:2.3.4.5]", "", "fe80::1:2.3.4.5", 0, "", true},
      {"sip:a?b@host", "sip:a?b@host", "a?b", "host", 0, "", false},
      {"sip:3com.example", "sip:3com.example", "", "3com.example", 0, "", false},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.text);
    const auto uri = parse_sip_uri(row.text);
    ASSERT_TRUE(uri) << uri.error().text;
    EXPECT_EQ(uri->text(), row.canonical);
    EXPECT_EQ(uri->user, row.user);
    EXPECT_EQ(uri->host, row.host);
    EXPECT_EQ(uri->port, row.port);
    EXPECT_EQ(uri->transport(), row.transport);
    EXPECT_EQ(uri->numeric_host(), row.numeric);
    const auto again = parse_sip_uri(uri->text());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text(), uri->text());
  }
}

TEST(SipUri, ErrorsQuoteTheInputAndNameWhatIsWrong) {
  const std::pair<const char*, const char*> table[] = {
      {"", "empty"},
      {"   ", "empty"},
      {"600", "write sip:600@HOST"},
      {"sip:600", "write sip:600@HOST"},
      {"+4930", "write sip:+4930@HOST"},
      {"tel:+4930", "'tel:' is not sip:"},
      {"tel:112", "'tel:' is not sip:"},
      {"http://x", "'http:' is not sip:"},
      {"mailto:a@b", "'mailto:'"},
      {"sip://host", "no '//'"},
      {"sip:", "host is missing"},
      {"sip:a@", "host is missing"},
      {"sip:@host", "user before '@' is missing"},
      {"sip:a:secret@host", "password"},
      {"sip:a@host:0", "port '0'"},
      {"sip:a@host:99999", "port '99999'"},
      {"sip:a@host:5o6", "port '5o6'"},
      {"sip:a@host:", "port ''"},
      {"sip:a@1.2.3", "neither an IPv4 address nor a host name"},
      {"sip:a@1.2.3.400", "neither an IPv4 address nor a host name"},
      {"sip:a@::1", "in brackets"},
      {"sip:a@[::1", "']' is missing"},
      {"sip:a@[::1::2]", "not an IPv6 address"},
      {"sip:a@[1:2:3:4:5:6:7]", "not an IPv6 address"},
      {"sip:a@[1:2:3:4:5:6:7:8:9]", "not an IPv6 address"},
      {"sip:a@[1:]", "not an IPv6 address"},
      {"sip:a@[]", "not an IPv6 address"},
      {"sip:a@[::1]x", "left over"},
      {"sip:a@ho st", "space or control"},
      {"sip:a@host\r\nX: y", "space or control"},
      {"sip:a@-host", "begins or ends with '-'"},
      {"sip:a@a..b", "empty label"},
      {"sip:a@h\xc3\xa4ost", "not a host name"},
      {"sip:a\"b@host", "%XX"},
      {"sip:a%2@host", "%XX"},
      {"sip:a@host;", "parameter ';'"},
      {"sip:a@host;transport=", "parameter"},
      {"sip:a@host;lr;LR", "twice"},
      {"sip:a@host?", "header"},
      {"sip:a@host?x", "header"},
      {"sip:a@host?x=%zz", "header"},
  };
  for (const auto& [text, why] : table) {
    SCOPED_TRACE(text);
    const auto uri = parse_sip_uri(text);
    ASSERT_FALSE(uri) << uri->text();
    EXPECT_EQ(uri.error().code, ErrorCode::kUsage);
    EXPECT_THAT(uri.error().text, HasSubstr(why));
    EXPECT_THAT(uri.error().text, HasSubstr("is not a SIP URI"));
  }
}

TEST(SipUri, APasswordIsNotRepeated) {
  const auto uri = parse_sip_uri("sip:alice:hunter2@host");
  ASSERT_FALSE(uri);
  EXPECT_THAT(uri.error().text, HasSubstr("'alice:...'"));
  EXPECT_EQ(uri.error().text.find("hunter2"), std::string::npos);
}

TEST(SipUri, ErrorTextsStayPrintableAndShort) {
  const auto uri = parse_sip_uri("sip:a@\x1b[2J" + std::string(5000, 'x'));
  ASSERT_FALSE(uri);
  EXPECT_LT(uri.error().text.size(), 300u);
  EXPECT_EQ(uri.error().text.find('\x1b'), std::string::npos);
}

TEST(SipUri, PartsAndDefaults) {
  const auto uri = *parse_sip_uri("sips:bob@[::1]:6000;lr;maddr=1.2.3.4?Subject=hi");
  EXPECT_EQ(uri.host_text(), "[::1]");
  EXPECT_EQ(uri.host_port(), "[::1]:6000");
  EXPECT_EQ(uri.address_of_record(), "sips:bob@[::1]:6000");
  EXPECT_EQ(uri.request_uri(), "sips:bob@[::1]:6000;lr;maddr=1.2.3.4");
  EXPECT_TRUE(uri.has_parameter("LR"));
  EXPECT_EQ(uri.parameter("maddr"), "1.2.3.4");
  EXPECT_EQ(uri.parameter("lr"), "");
  EXPECT_EQ(parse_sip_uri("sip:h")->port_or_default(), 5060);
  EXPECT_EQ(parse_sip_uri("sips:h")->port_or_default(), 5061);
  EXPECT_EQ(parse_sip_uri("sip:h;transport=TLS")->port_or_default(), 5061);
  EXPECT_EQ(parse_sip_uri("sip:h:7")->port_or_default(), 7);
}

TEST(NameAddr, ParsesHeaderForms) {
  const auto a = parse_name_addr("\"Al \\\"X\\\" Ice\" <sip:alice@example.org;lr>;tag=1");
  ASSERT_TRUE(a) << a.error().text;
  EXPECT_EQ(a->display, "Al \"X\" Ice");
  EXPECT_EQ(a->uri.text(), "sip:alice@example.org;lr");
  const auto b = parse_name_addr("sip:alice@example.org;tag=1");
  ASSERT_TRUE(b) << b.error().text;
  EXPECT_EQ(b->uri.text(), "sip:alice@example.org");
  const auto c = parse_name_addr("Alice Smith <sips:a@b>");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->display, "Alice Smith");
  for (const char* bad : {"", "*", "<sip:a@b", "\"x <sip:a@b>", "\"x\\", "\"x\" sip:a@b",
                          "<tel:+1>", "<sip:>", "<>", "alice@example.org", "<sip:f@>"}) {
    EXPECT_FALSE(parse_name_addr(bad)) << bad;
  }
}

}  // namespace
}  // namespace lineman
