// The test of channels (contention_probe.h) on a pool that a GPU host holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "gpu_host.h"

namespace missile::cuda {

class RemoteProbe {
 public:
  // Takes a pool of its own, in a host of its own. Throws std::runtime_error.
  RemoteProbe(int ordinal, uint64_t poolBytes);
  // On the pool of a host that has a GPU open, while nothing runs on it. Throws std::runtime_error.
  explicit RemoteProbe(std::shared_ptr<GpuHost> host);
  ~RemoteProbe();
  RemoteProbe(const RemoteProbe&) = delete;
  RemoteProbe& operator=(const RemoteProbe&) = delete;

  unsigned sms() const { return sms_; }
  // As those of ContentionProbe. Throw what they do, as std::logic_error or std::runtime_error.
  void begin(const uint32_t* first, const uint32_t* second, size_t count, const uint32_t* smPairs, size_t pairs);
  void finish(uint32_t* cycles, size_t count);

 private:
  std::shared_ptr<GpuHost> host_;
  unsigned sms_;
};

}  // namespace missile::cuda
