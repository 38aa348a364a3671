// What the GPU host does of what it is asked: one function a request.
#pragma once

#include <memory>
#include <optional>

#include "contention_probe.h"
#include "executor_thread.h"
#include "host_protocol.h"
#include "shared_memory.h"

namespace missile::cuda {

class HostService {
 public:
  // `exchangeFile`: of the memory that is shared with the addon; it need not be there until a GPU is opened.
  explicit HostService(int exchangeFile) : exchangeFile_(exchangeFile) {}

  // The reply to one request. What is thrown on the way is part of it.
  HostMessage answer(HostMessage request);

 private:
  Nothing carryOut(OpenGpuRequest& request);
  Nothing carryOut(OpenPoolRequest& request);
  std::vector<KernelCurve> carryOut(LoadRequest& request);
  KernelCurve carryOut(CurveRequest& request);
  ExecutorStatistics carryOut(StatisticsRequest& request);
  Nothing carryOut(SetColoursRequest& request);
  ColourPool::Facts carryOut(ColourFactsRequest& request);
  Nothing carryOut(MisdirectRequest& request);
  unsigned carryOut(OpenProbeRequest& request);
  Nothing carryOut(BeginTestsRequest& request);
  std::vector<uint32_t> carryOut(FinishTestsRequest& request);
  Nothing carryOut(CloseProbeRequest& request);

  ExecutorThread& executor();
  ContentionProbe& probe();

  // The last context of a GPU gives its memory back, so it goes after all else.
  struct OwnPool {
    OwnPool(int ordinal, size_t poolBytes) : context(ordinal), memory(context, poolBytes) {}
    Context context;
    DeviceMemory memory;
  };

  int exchangeFile_;
  File sent_;  // with the request that is carried out
  std::optional<SharedMemory> exchange_;
  std::unique_ptr<ExecutorThread> executor_;
  std::unique_ptr<OwnPool> pool_;
  std::unique_ptr<ContentionProbe> probe_;
};

}  // namespace missile::cuda
