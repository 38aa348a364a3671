// The port that every GPU backend implements: src/core/device.ts seen from C++. It knows nothing of Node.
//
// Orders take effect in the order given. A backend throws std::runtime_error for what an operator can cause (a kernel
// that fits no SM) and std::logic_error for what only a bug can (an unknown tenant); the addon turns both into errors
// of JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gpu_spec.h"
#include "index_set.h"

namespace missile {

constexpr int kMaxTenants = 64;

// One GPU kernel; the fields are those of Kernel in src/core/kernel.ts.
struct Kernel {
  double grid, threadsPerBlock, registersPerThread, sharedBytesPerBlock;
  double flops, weightBytes, readBytes, writtenBytes, footprintBytes;

  bool operator==(const Kernel&) const = default;
};

// What a kernel costs alone; the fields are those of KernelProfile in src/core/kernel.ts.
struct KernelProfile {
  double aloneNs, tpcsNeeded, memoryBound, computeShare, memoryShare;
};

// How long a kernel takes alone: ns[i] on i + 1 TPCs; 0: not known.
struct KernelCurve {
  double ns[TpcSet::kCapacity];
  double onAll(int tpcs) const { return ns[tpcs - 1]; }
};

// Bytes of a network beside its kernels; the first three are those of LoweredNetwork in src/core/kernel.ts.
struct NetworkSizes {
  double inputBytes, outputBytes, storedBytes;
  // Parameters that stay in VRAM; the others are copied anew for every request.
  double residentBytes;
};

struct LaunchOrder {
  int64_t id = 0;
  int tenant = 0, firstKernel = 0, kernelCount = 0;
  int64_t blocksLeft = 0;
  int priority = 0;
  int slot = 0;  // of the request, see CopyOrder
};

enum class Direction { h2d = 0, d2h = 1 };
constexpr size_t kDirections = 2;
enum class CopyPurpose { input = 0, weights = 1, output = 2 };

// A chunk of a copy of one request.
struct CopyOrder {
  int64_t id = 0;
  int tenant = 0;
  CopyPurpose purpose{};
  // Which of the tenant's two inputs or outputs: the next input comes while kernels read the one before, and outputs leave likewise.
  int slot = 0;
  double firstByte = 0, sizeBytes = 0;  // of the input, the parameters or the output

  Direction direction() const { return purpose == CopyPurpose::output ? Direction::d2h : Direction::h2d; }
};
constexpr int kSlots = 2;

// Where a backend puts the events of one instant.
class EventSink {
 public:
  virtual bool full() const = 0;
  virtual void tpcsYielded(int64_t launch, TpcSet tpcs) = 0;
  virtual void launchRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) = 0;
  virtual void copyRetired(int64_t copy, double movedBytes) = 0;
  // The GPU is lost, and with it all launches and copies. `tenant`: whose work it was; -1: not known.
  virtual void deviceFailed(int tenant) = 0;

 protected:
  ~EventSink() = default;
};

class Device {
 public:
  virtual ~Device() = default;

  // Makes the kernels known as the tenant's and returns one profile a kernel. `curves`: of each kernel what was measured before, and then
  // its times are those; empty where nothing was. A backend that measures fills it. `program`: what to execute, as
  // src/native/program-bytes.ts writes it; empty: stand-ins of the kernels.
  virtual std::vector<KernelProfile> load(int tenant, const std::vector<Kernel>& kernels, const NetworkSizes& sizes,
                                          std::vector<KernelCurve>& curves, const std::vector<std::byte>& program) = 0;
  // One kernel of the tenant's network alone, by number of TPCs, as closely as it is worth it. Nothing may run meanwhile.
  virtual KernelCurve curveOf(int tenant, int kernel) = 0;

  virtual void launch(const LaunchOrder& order, TpcSet tpcs) = 0;
  virtual void extend(int64_t launch, TpcSet tpcs) = 0;
  virtual void evict(int64_t launch, TpcSet tpcs) = 0;
  virtual void copy(const CopyOrder& order) = 0;
  virtual void place(int tenant, ChannelSet channels) = 0;
  virtual void release(int tenant) = 0;

  virtual int64_t nowNs() const = 0;
  // Goes on until the first instant with events, or until untilNs, and writes that instant's events.
  virtual void poll(int64_t untilNs, EventSink& events) = 0;
  // Writes kMaxTenants x channels cumulative byte counts.
  virtual void channelBytes(double* out) = 0;
  // Writes kMaxTenants x TpcSet::kCapacity cumulative ns: a tenant that fills a TPC with its thread blocks for a second adds 1e9.
  virtual void tpcNs(double* out) = 0;
};

}  // namespace missile
