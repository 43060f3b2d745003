// Runs a fuzz target over its corpus without libFuzzer: every file of the folders given, and
// beginnings of it, as a parser's cheapest bad input is one that was cut.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
      ++files;
      // All of a short file's beginnings, some hundred of a long one's, and the whole.
      const std::size_t step = 1 + bytes.size() / 512;
      for (std::size_t cut = bytes.size() / step + 1; cut > 0; --cut) {
        const std::size_t size = bytes.size() - (cut - 1) * step;
        // An allocation of exactly that size, so that a sanitizer sees the first byte too far.
        const std::vector<std::uint8_t> input(bytes.begin(),
                                              bytes.begin() + static_cast<std::ptrdiff_t>(size));
        LLVMFuzzerTestOneInput(input.data(), input.size());
      }
    }
    if (error) std::fprintf(stderr, "%s: %s\n", argv[i], error.message().c_str());
  }
  std::printf("%zu files\n", files);
  if (files == 0) std::fprintf(stderr, "no corpus: name a folder with files in it\n");
  return files == 0;
}
