// What the addon asks of the GPU host, and how it travels over their socket: a request, then its reply, one at a time. Both are built of
// the same sources, so plain values travel as they lie in memory. A request = a struct here, a row of AnyRequest, and a function of
// HostService. What must be quick does not come this way: see executor_exchange.h.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "colour_ledger.h"
#include "colour_pool.h"
#include "device.h"
#include "executor_exchange.h"
#include "file.h"
#include "open_gpu.h"

namespace missile::cuda {

// Files that the host inherits beside its standard ones.
constexpr int kHostSocket = 3, kHostMemory = 4;

struct Nothing {};

// ---- requests ----

// The GPU, with a thread that takes its orders from the shared memory.
struct OpenGpuRequest {
  using Reply = Nothing;
  GpuOptions options;
};

// Memory to test channels in, and nothing else.
struct OpenPoolRequest {
  using Reply = Nothing;
  int ordinal;
  uint64_t poolBytes;
};

// Without curves the kernels are measured. Without a program, stand-ins of the kernels are executed; with one the message brings the file of
// its RequestContents.
struct LoadRequest {
  using Reply = std::vector<KernelCurve>;
  int tenant;
  std::vector<Kernel> kernels;
  NetworkSizes sizes;
  std::vector<KernelCurve> curves;
  std::vector<std::byte> program;
  auto fields() { return std::tie(tenant, kernels, sizes, curves, program); }
};

struct CurveRequest {
  using Reply = KernelCurve;
  int tenant, kernel;
};

struct StatisticsRequest {
  using Reply = ExecutorStatistics;
};

struct SetColoursRequest {
  using Reply = Nothing;
  PoolColours colours;
  auto fields() { return std::tie(colours.colourOfBlock, colours.partitionsOfColour, colours.bePartitions); }
};

struct ColourFactsRequest {
  using Reply = ColourPool::Facts;
};

struct MisdirectRequest {
  using Reply = Nothing;
  int tenant;
};

// Answers how many SMs there are.
struct OpenProbeRequest {
  using Reply = unsigned;
};

// See ContentionProbe::begin.
struct BeginTestsRequest {
  using Reply = Nothing;
  std::vector<uint32_t> first, second, smPairs;
  auto fields() { return std::tie(first, second, smPairs); }
};

// The cycles of each test of the oldest batch, which has `count` of them.
struct FinishTestsRequest {
  using Reply = std::vector<uint32_t>;
  uint64_t count;
};

struct CloseProbeRequest {
  using Reply = Nothing;
};

using AnyRequest =
    std::variant<OpenGpuRequest, OpenPoolRequest, LoadRequest, CurveRequest, StatisticsRequest, SetColoursRequest, ColourFactsRequest,
                 MisdirectRequest, OpenProbeRequest, BeginTestsRequest, FinishTestsRequest, CloseProbeRequest>;

// ---- values as bytes ----

template <typename Value>
concept HasFields = requires(Value value) { value.fields(); };

class Packer {
 public:
  template <typename Value>
  void put(Value& value) {
    if constexpr (HasFields<Value>) {
      std::apply([&](auto&... fields) { (put(fields), ...); }, value.fields());
    } else {
      static_assert(std::is_trivially_copyable_v<Value>);
      append(&value, sizeof value);
    }
  }
  template <typename Item>
  void put(std::vector<Item>& items) {
    static_assert(std::is_trivially_copyable_v<Item>);
    uint64_t count = items.size();
    put(count);
    append(items.data(), count * sizeof(Item));
  }

  std::vector<std::byte> bytes;

 private:
  void append(const void* from, size_t sizeBytes) {
    const auto* first = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), first, first + sizeBytes);
  }
};

class Unpacker {
 public:
  explicit Unpacker(const std::vector<std::byte>& bytes) : bytes_(bytes) {}

  template <typename Value>
  void get(Value& value) {
    if constexpr (HasFields<Value>) {
      std::apply([&](auto&... fields) { (get(fields), ...); }, value.fields());
    } else {
      std::memcpy(&value, take(sizeof value), sizeof value);
    }
  }
  template <typename Item>
  void get(std::vector<Item>& items) {
    uint64_t count = 0;
    get(count);
    const std::byte* from = take(count * sizeof(Item));
    items.resize(count);
    if (count > 0) std::memcpy(items.data(), from, count * sizeof(Item));
  }

 private:
  const std::byte* take(size_t sizeBytes) {
    if (sizeBytes > bytes_.size() - at_) throw std::logic_error("a message of the GPU host is too short");
    return bytes_.data() + std::exchange(at_, at_ + sizeBytes);
  }

  const std::vector<std::byte>& bytes_;
  size_t at_ = 0;
};

template <typename Value>
std::vector<std::byte> packed(Value value) {
  Packer packer;
  packer.put(value);
  return std::move(packer.bytes);
}

template <typename Value>
Value unpacked(const std::vector<std::byte>& bytes) {
  Value value{};
  Unpacker(bytes).get(value);
  return value;
}

// ---- messages ----

// Of a request its place in AnyRequest; of a reply one of Outcome. What was refused carries the reason as its bytes. A file that was sent along
// is the receiver's own.
struct HostMessage {
  uint32_t kind;
  std::vector<std::byte> bytes;
  File file = {};
};
// failed: std::runtime_error. bug: std::logic_error.
enum class Outcome : uint32_t { done, failed, bug };

template <typename Request, size_t kAt = 0>
constexpr uint32_t kindOf() {
  if constexpr (std::is_same_v<Request, std::variant_alternative_t<kAt, AnyRequest>>) return kAt;
  else return kindOf<Request, kAt + 1>();
}

// Throws std::logic_error for what is none.
AnyRequest unpackedRequest(const HostMessage& message);

// `file`: to be sent along; -1: none. False: whoever is at the other end is no more.
bool sendMessage(int socket, const HostMessage& message, int file = -1);
// Waits for one; none: whoever is at the other end is no more.
std::optional<HostMessage> receiveMessage(int socket);

}  // namespace missile::cuda
