#include <gtest/gtest.h>

#include <set>

#include "lineman/call_result.h"

namespace lineman {
namespace {

Exit exit_number(int n) { return static_cast<Exit>(n); }

TEST(ExitTable, HasEveryCodeOnceWithAWordAndAdvice) {
  std::set<int> codes;
  std::set<std::string_view> names;
  for (const ExitRow& row : exit_table()) {
    codes.insert(static_cast<int>(row.code));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.meaning.back(), '.') << row.name;
    EXPECT_GT(row.advice.size(), 40U) << row.name;
    EXPECT_EQ(&exit_row(row.code), &row);
    EXPECT_EQ(find_exit(row.name), &row);
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), row.name.npos);
  }
  EXPECT_EQ(codes, (std::set<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 70, 77, 128}));
  EXPECT_EQ(find_exit("fine"), nullptr);
  EXPECT_EQ(exit_row(exit_number(42)).code, Exit::kInternal);
}

TEST(ExitTable, VerdictNames) {
  EXPECT_EQ(verdict_name(Exit::kOk), "ok");
  EXPECT_EQ(verdict_name(Exit::kNoMedia), "no_media");
  EXPECT_EQ(verdict_name(exit_number(143)), "signal_15");
  EXPECT_EQ(verdict_name(exit_number(130)), "signal_2");
  EXPECT_EQ(verdict_name(Exit::kSignal), "signal");
  EXPECT_EQ(exit_row(exit_number(137)).code, Exit::kSignal);
}

TEST(Causes, RoundTripAndMapToTheExitsOfTheDesign) {
  struct Case {
    Cause cause;
    int exit;
  };
  const std::vector<Case> cases = {{Cause::kNone, 0},
                                   {Cause::kNormal, 0},
                                   {Cause::kCancelled, 6},
                                   {Cause::kBusy, 8},
                                   {Cause::kDeclined, 8},
                                   {Cause::kNoAnswer, 6},
                                   {Cause::kRejected, 9},
                                   {Cause::kRedirected, 9},
                                   {Cause::kAuthentication, 7},
                                   {Cause::kUnreachable, 5},
                                   {Cause::kNoResponse, 5},
                                   {Cause::kResolve, 4},
                                   {Cause::kMediaNegotiation, 10},
                                   {Cause::kSessionExpired, 12},
                                   {Cause::kDialogLost, 12},
                                   {Cause::kProtocolError, 12},
                                   {Cause::kLocalResource, 3},
                                   {Cause::kUnsupported, 77},
                                   {Cause::kInternal, 70}};
  EXPECT_EQ(cases.size(), static_cast<std::size_t>(Cause::kInternal) + 1);
  std::set<std::string_view> names;
  for (const Case& each : cases) {
    EXPECT_EQ(static_cast<int>(exit_of(each.cause)), each.exit) << cause_name(each.cause);
    EXPECT_EQ(parse_cause(cause_name(each.cause)), each.cause);
    EXPECT_TRUE(names.insert(cause_name(each.cause)).second);
    EXPECT_FALSE(cause_meaning(each.cause).empty());
  }
  EXPECT_EQ(cause_name(Cause::kNoAnswer), "no_answer");
  EXPECT_EQ(parse_cause("no answer"), std::nullopt);
}

TEST(Causes, OfAStatus) {
  const auto expect = [](int code, Cause cause) {
    EXPECT_EQ(cause_of_status(code, false), cause) << code;
  };
  expect(180, Cause::kNone);
  expect(200, Cause::kNormal);
  expect(302, Cause::kRedirected);
  expect(401, Cause::kAuthentication);
  expect(407, Cause::kAuthentication);
  expect(403, Cause::kRejected);
  expect(404, Cause::kRejected);
  expect(408, Cause::kNoAnswer);
  expect(480, Cause::kNoAnswer);
  expect(481, Cause::kRejected);
  expect(486, Cause::kBusy);
  expect(600, Cause::kBusy);
  expect(603, Cause::kDeclined);
  expect(415, Cause::kMediaNegotiation);
  expect(488, Cause::kMediaNegotiation);
  expect(606, Cause::kMediaNegotiation);
  expect(503, Cause::kRejected);
  EXPECT_EQ(cause_of_status(403, true), Cause::kAuthentication);
  // What a stack made up is never a refusal by the peer.
  for (int code = 700; code < 1000; ++code)
    EXPECT_EQ(exit_of(cause_of_status(code, false)), Exit::kUnreachable);
}

TEST(Errors, MapToExits) {
  const auto exit = [](ErrorCode code) { return static_cast<int>(exit_of(Error{code, ""})); };
  EXPECT_EQ(exit(ErrorCode::kUsage), 2);
  EXPECT_EQ(exit(ErrorCode::kMalformed), 2);
  EXPECT_EQ(exit(ErrorCode::kFile), 3);
  EXPECT_EQ(exit(ErrorCode::kPort), 3);
  EXPECT_EQ(exit(ErrorCode::kDevice), 3);
  EXPECT_EQ(exit(ErrorCode::kResource), 3);
  EXPECT_EQ(exit(ErrorCode::kResolve), 4);
  EXPECT_EQ(exit(ErrorCode::kNoCommon), 10);
  EXPECT_EQ(exit(ErrorCode::kUnsupported), 77);
  EXPECT_EQ(exit(ErrorCode::kInternal), 70);
}

TEST(EndedBy, Names) {
  EXPECT_EQ(ended_by_name(EndedBy::kLocal), "local");
  EXPECT_EQ(ended_by_name(EndedBy::kPeer), "peer");
  EXPECT_EQ(ended_by_name(EndedBy::kNetwork), "network");
  EXPECT_EQ(ended_by_name(EndedBy::kNobody), "");
}

}  // namespace
}  // namespace lineman
