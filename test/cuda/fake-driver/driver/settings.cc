#include "settings.h"

#include <algorithm>
#include <cstdlib>

namespace missile::fake {

namespace {

double number(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::atof(text);
}

std::string text(const char* name) {
  const char* found = std::getenv(name);
  return found == nullptr ? "" : found;
}

}  // namespace

Settings::Settings() {
  sms = std::clamp(static_cast<unsigned>(number("FAKE_CUDA_SMS", 8)), 2u, 132u) & ~1u;
  ctasPerSm = std::clamp(static_cast<unsigned>(number("FAKE_CUDA_CTAS", 2)), 1u, 8u);
  memoryBytes = static_cast<size_t>(number("FAKE_CUDA_MEMORY_MIB", 1024)) << 20;
  firstPage = static_cast<uint64_t>(number("FAKE_CUDA_FIRST_PAGE", 0));
  blockNs = static_cast<uint64_t>(number("FAKE_CUDA_BLOCK_US", 0) * 1e3);
  copyGBps = number("FAKE_CUDA_COPY_GBPS", 0);
  greenUs = static_cast<uint64_t>(number("FAKE_CUDA_GREEN_US", 500));
  isFlat = number("FAKE_CUDA_FLAT", 0) != 0;
  failCalls = text("FAKE_CUDA_FAIL");
  faultKernels = text("FAKE_CUDA_FAULT");
  strayKernels = text("FAKE_CUDA_STRAY");
}

}  // namespace missile::fake
