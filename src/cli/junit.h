// A JUnit report, the form that CI systems read: a test case for every call and for every
// expectation. Pure.
#pragma once

#include <string>
#include <vector>

#include "lineman/event.h"

namespace lineman {

class JunitReport {
 public:
  JunitReport(std::string command, std::string target)
      : command_(std::move(command)), target_(std::move(target)) {}
  void take(const Event& event);
  std::string text() const;  // after the result

 private:
  struct Case {
    std::string group, name;
    double seconds = 0;
    std::string failure, kind;  // empty: passed
    std::string details;
  };
  void add_result(const std::string& name, const CallResult& result);

  std::string command_, target_;
  std::vector<Case> cases_;
  bool failed_ = false;
  int calls_ = 0;
};

std::string xml_escaped(std::string_view untrusted);

}  // namespace lineman
