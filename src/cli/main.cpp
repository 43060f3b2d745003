// Exceptions stop here.
#include <cstdio>
#include <exception>

#include "program.h"

int main(int argc, char** argv) {
  constexpr int kInternal = 70;
  try {
    return lineman::run_program({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lineman: internal error: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "lineman: internal error\n");
  }
  return kInternal;
}
