// Kernels that follow one another and go to the GPU in one driver call, as a CUDA graph. 16 kernels of 4 us take 1.3 us of host time so, 54
// one by one, and each begins 0.9 us sooner after the one before (measured on an H200, driver 580.159).
//
// A graph holds all that its kernels are given, so it serves a later launch of the same kernels on the same partition with the same
// arguments, and no other. It has a LaunchState and a LaunchReport of its own; its kernels leave the state as they found it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "elastic.h"
#include "partition.h"
#include "report_slots.h"

namespace missile::cuda {

// One launch of one kernel.
struct KernelCall {
  CUfunction function = nullptr;
  unsigned grid = 0, threads = 0, sharedBytes = 0;
  KernelLaunch launch{};
  const std::vector<std::byte>* arguments = nullptr;

  void put(const Driver& driver, CUstream stream);
  // Its thread blocks may begin before the kernel before it has ended, and wait for that by themselves.
  void putEarly(const Driver& driver, CUstream stream);
};

struct KernelGraph {
  Partition* partition = nullptr;
  CUgraphExec executable = nullptr;
  CUdeviceptr state = 0;
  ReportSlot report;
  bool isLent = false;
  uint64_t usedAt = 0;
};

// The graphs that exist: the least recently used one goes when there are too many.
class GraphPool {
 public:
  // Too few, and graphs that return are made again, 0.1 ms each and up to 0.8 (measured on an H200). A tenant has some for each launch of its
  // inference, as it finds memory linear or coloured.
  static constexpr size_t kMostGraphs = 512;
  static constexpr uint32_t kMostKernels = 1024;

  explicit GraphPool(const Context& context);
  ~GraphPool();
  GraphPool(const GraphPool&) = delete;
  GraphPool& operator=(const GraphPool&) = delete;

  // The graph of plain calls of whole kernels, at most kMostKernels; what their launches say of state and report does not matter. Made on
  // the idle stream if there is none. Null: it is lent already, or the driver makes no graphs of this partition.
  KernelGraph* take(const std::vector<KernelCall>& calls, PartitionStream& stream);
  // It is drained.
  void giveBack(KernelGraph& graph) { graph.isLent = false; }

 private:
  using Graphs = std::map<std::string, KernelGraph, std::less<>>;

  void describe(const std::vector<KernelCall>& calls, const PartitionStream& stream);
  bool make(KernelGraph& graph, const std::vector<KernelCall>& calls, PartitionStream& stream);
  CUgraph capture(const KernelGraph& graph, const std::vector<KernelCall>& calls, const PartitionStream& stream) const;
  bool dropOldest();
  void destroy(KernelGraph& graph);

  const Driver& driver_;
  DeviceMemory states_;
  std::vector<CUdeviceptr> idleStates_;
  ReportSlots reports_;
  Graphs graphs_;            // by all that they hold
  std::string description_;  // scratch
  uint64_t uses_ = 0;
  bool refused_ = false;
};

}  // namespace missile::cuda
