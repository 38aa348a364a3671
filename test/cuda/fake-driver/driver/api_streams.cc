// Calls about streams and events.
#include <algorithm>
#include <atomic>

#include "api.h"

namespace missile::cuda {

using namespace missile::fake;

namespace {

CUresult checked(Gpu& gpu, const CUstreamBatchMemOpParams& operation) {
  const bool isWrite = operation.operation == CU_STREAM_MEM_OP_WRITE_VALUE_64 && operation.flags == 0;
  const bool isWord = operation.address % sizeof(uint64_t) == 0;
  return isWrite && isWord && gpu.memory.holds(operation.address, sizeof(uint64_t)) ? CUDA_SUCCESS
                                                                                     : fake::CUDA_ERROR_INVALID_VALUE;
}

}  // namespace

extern "C" {

CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned, int priority) {
  return entry("cuStreamCreateWithPriority", Needs::context, [&](Gpu& gpu, auto&) {
    *stream = gpu.streams.add(gpu.newStream(gpu.sms.all(), clampedPriority(priority)));
    return CUDA_SUCCESS;
  });
}

// What is in the stream still happens.
CUresult cuStreamDestroy_v2(CUstream stream) {
  return entry("cuStreamDestroy", Needs::context, [&](Gpu& gpu, auto&) {
    return gpu.streams.remove(stream) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  return entry("cuStreamSynchronize", Needs::context, [&](Gpu& gpu, auto& lock) {
    const StreamPtr stream = gpu.streamOf(handle);
    if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return gpu.wait(lock, [&] { return stream->isIdle(); });
  });
}

CUresult cuStreamWaitEvent(CUstream streamHandle, CUevent eventHandle, unsigned) {
  return entry("cuStreamWaitEvent", Needs::context, [&](Gpu& gpu, auto&) {
    const StreamPtr stream = gpu.streamOf(streamHandle);
    const std::shared_ptr<Event> event = gpu.events.find(eventHandle);
    if (stream == nullptr || event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    stream->waitFor(*event);
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamBatchMemOp_v2(CUstream handle, unsigned count, CUstreamBatchMemOpParams* operations, unsigned flags) {
  return entry("cuStreamBatchMemOp", Needs::context, [&](Gpu& gpu, auto&) {
    const StreamPtr stream = gpu.streamOf(handle);
    if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    const std::vector<CUstreamBatchMemOpParams> batch(operations, operations + count);
    for (const CUstreamBatchMemOpParams& operation : batch) {
      const CUresult problem = checked(gpu, operation);
      if (problem != CUDA_SUCCESS || flags != 0) return fake::CUDA_ERROR_INVALID_VALUE;
    }
    stream->add([batch] {
      for (const CUstreamBatchMemOpParams& operation : batch) {
        std::atomic_ref(*reinterpret_cast<uint64_t*>(operation.address)).store(operation.value);
      }
      return true;
    });
    return CUDA_SUCCESS;
  });
}

CUresult cuEventCreate(CUevent* event, unsigned flags) {
  return entry("cuEventCreate", Needs::context, [&](Gpu& gpu, auto&) {
    *event = gpu.events.add(std::make_shared<Event>(Event{flags, nullptr}));
    return CUDA_SUCCESS;
  });
}

CUresult cuEventDestroy_v2(CUevent event) {
  return entry("cuEventDestroy", Needs::context, [&](Gpu& gpu, auto&) {
    return gpu.events.remove(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult cuEventRecord(CUevent eventHandle, CUstream streamHandle) {
  return entry("cuEventRecord", Needs::context, [&](Gpu& gpu, auto&) {
    const StreamPtr stream = gpu.streamOf(streamHandle);
    const std::shared_ptr<Event> event = gpu.events.find(eventHandle);
    if (stream == nullptr || event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    stream->record(*event);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventQuery(CUevent handle) {
  return entry("cuEventQuery", Needs::context, [&](Gpu& gpu, auto&) {
    const std::shared_ptr<Event> event = gpu.events.find(handle);
    if (event == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    return event->latest == nullptr || event->latest->isDone ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  return entry("cuEventElapsedTime", Needs::context, [&](Gpu& gpu, auto&) {
    const std::shared_ptr<Event> first = gpu.events.find(from), second = gpu.events.find(to);
    for (const auto& event : {first, second}) {
      if (event == nullptr || event->latest == nullptr || (event->flags & CU_EVENT_DISABLE_TIMING) != 0) {
        return CUDA_ERROR_INVALID_HANDLE;
      }
      if (!event->latest->isDone) return CUDA_ERROR_NOT_READY;
    }
    *milliseconds = std::chrono::duration<float, std::milli>(second->latest->at - first->latest->at).count();
    return CUDA_SUCCESS;
  });
}
}

}  // namespace missile::cuda
