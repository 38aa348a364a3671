#include "kernel_graph.h"

#include <algorithm>

#include "arrivals.h"

namespace missile::cuda {

namespace {

// States do not share a cache line of the L2.
constexpr size_t kStateBytes = (sizeof(LaunchState) + GraphPool::kMostKernels * sizeof(KernelProgress) + 127) / 128 * 128;

template <typename Value>
void append(std::string& to, const Value& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

void KernelCall::put(const Driver& driver, CUstream stream) {
  void* parameters[] = {&launch, const_cast<std::byte*>(arguments->data())};
  driver.cuLaunchKernel(function, grid, 1u, 1u, threads, 1u, 1u, sharedBytes, stream, static_cast<void**>(parameters),
                        static_cast<void**>(nullptr));
}

void KernelCall::putEarly(const Driver& driver, CUstream stream) {
  void* parameters[] = {&launch, const_cast<std::byte*>(arguments->data())};
  CUlaunchAttribute early{};
  early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  early.value.programmaticStreamSerializationAllowed = 1;
  const CUlaunchConfig config{grid, 1, 1, threads, 1, 1, sharedBytes, stream, &early, 1};
  driver.cuLaunchKernelEx(&config, function, static_cast<void**>(parameters), static_cast<void**>(nullptr));
}

GraphPool::GraphPool(const Context& context)
    : driver_(context.driver()), states_(context, kMostGraphs * kStateBytes), reports_(context) {
  driver_.cuMemsetD8(states_.address(), static_cast<unsigned char>(0), kMostGraphs * kStateBytes);
  for (size_t i = kMostGraphs; i-- > 0;) idleStates_.push_back(states_.address() + i * kStateBytes);
}

GraphPool::~GraphPool() {
  for (auto& [description, graph] : graphs_) destroy(graph);
}

KernelGraph* GraphPool::take(const std::vector<KernelCall>& calls, PartitionStream& stream) {
  describe(calls, stream);
  auto found = graphs_.find(description_);
  if (found == graphs_.end()) {
    if (refused_ || (graphs_.size() == kMostGraphs && !dropOldest())) return nullptr;
    KernelGraph graph;
    if (!make(graph, calls, stream)) return nullptr;
    found = graphs_.emplace(description_, graph).first;
  }
  KernelGraph& graph = found->second;
  if (graph.isLent) return nullptr;
  graph.isLent = true;
  graph.usedAt = ++uses_;
  graph.report.clear();
  return &graph;
}

void GraphPool::describe(const std::vector<KernelCall>& calls, const PartitionStream& stream) {
  description_.clear();
  append(description_, stream.partition);
  append(description_, stream.urgent);
  for (const KernelCall& call : calls) {
    append(description_, call.function);
    append(description_, call.grid);
    append(description_, call.threads);
    append(description_, call.sharedBytes);
    append(description_, call.launch.tenant);
    append(description_, call.launch.blocks);
    description_.append(reinterpret_cast<const char*>(call.arguments->data()), call.arguments->size());
  }
}

// False: the driver refuses, and is not asked again. A context that is lost says so at the next call.
bool GraphPool::make(KernelGraph& graph, const std::vector<KernelCall>& calls, PartitionStream& stream) {
  graph.state = idleStates_.back();
  graph.report = reports_.take();
  CUgraph captured = nullptr;
  quietly([&] {
    captured = capture(graph, calls, stream);
    driver_.cuGraphInstantiate(&graph.executable, captured, 0ull);
  });
  if (captured != nullptr) quietly([&] { driver_.cuGraphDestroy(captured); });
  refused_ = graph.executable == nullptr;
  if (refused_) {
    reports_.giveBack(graph.report);
    return false;
  }
  idleStates_.pop_back();
  graph.partition = stream.partition;
  graph.partition->keep();
  return true;
}

// The host is told of the last kernel alone: a store to it and the fences around it cost each of 60 kernels 1.6 us, and 3 beside BE
// (measured on an H200). A kernel that begins early takes the SMs that are idle; where both do not fit, it would crowd on some of them.
CUgraph GraphPool::capture(const KernelGraph& graph, const std::vector<KernelCall>& calls, const PartitionStream& stream) const {
  CUgraph captured = nullptr;
  driver_.cuStreamBeginCapture(stream.stream, CU_STREAM_CAPTURE_MODE_RELAXED);
  try {
    for (size_t i = 0; i < calls.size(); i++) {
      KernelCall call = calls[i];
      const bool isLast = i + 1 == calls.size();
      call.launch.state = reinterpret_cast<LaunchState*>(graph.state);
      call.launch.report = reinterpret_cast<LaunchReport*>(graph.report.device);
      call.launch.attempt = kWholeAttempt;
      call.launch.repeats = true;
      call.launch.isUntold = !isLast;
      call.launch.isSparse = !isLast && call.grid + calls[i + 1].grid <= stream.partition->sms();
      if (i == 0) {
        call.put(driver_, stream.stream);
      } else {
        call.putEarly(driver_, stream.stream);
      }
    }
  } catch (const CallFailed&) {
    // The stream must not stay under capture.
    quietly([&] { driver_.cuStreamEndCapture(stream.stream, &captured); });
    throw;
  }
  driver_.cuStreamEndCapture(stream.stream, &captured);
  return captured;
}

// False: all are lent.
bool GraphPool::dropOldest() {
  const auto older = [](const auto& one, const auto& other) {
    return std::pair(one.second.isLent, one.second.usedAt) < std::pair(other.second.isLent, other.second.usedAt);
  };
  const auto oldest = std::min_element(graphs_.begin(), graphs_.end(), older);
  if (oldest->second.isLent) return false;
  destroy(oldest->second);
  graphs_.erase(oldest);
  return true;
}

void GraphPool::destroy(KernelGraph& graph) {
  quietly([&] { driver_.cuGraphExecDestroy(graph.executable); });
  idleStates_.push_back(graph.state);
  reports_.giveBack(graph.report);
  graph.partition->letGo();
}

}  // namespace missile::cuda
