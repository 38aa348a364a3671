// Graphs of kernels that follow one another. Nothing else can be captured: other calls take effect on a stream under capture at once.
#include "api.h"

namespace missile::cuda {

using namespace missile::fake;

extern "C" {

CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  return entry("cuStreamBeginCapture", Needs::context, [&](Gpu& gpu, auto&) {
    const StreamPtr stream = gpu.streams.find(handle);
    if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if (mode != CU_STREAM_CAPTURE_MODE_RELAXED || stream->capture != nullptr) return fake::CUDA_ERROR_INVALID_VALUE;
    stream->capture = std::make_shared<Graph>();
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  return entry("cuStreamEndCapture", Needs::context, [&](Gpu& gpu, auto&) {
    const StreamPtr stream = gpu.streams.find(handle);
    if (stream == nullptr || stream->capture == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    *graph = gpu.graphs.add(std::exchange(stream->capture, nullptr));
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph handle, unsigned long long flags) {
  return entry("cuGraphInstantiate", Needs::context, [&](Gpu& gpu, auto&) {
    const std::shared_ptr<Graph> graph = gpu.graphs.find(handle);
    if (graph == nullptr || flags != 0) return fake::CUDA_ERROR_INVALID_VALUE;
    *executable = gpu.executableGraphs.add(std::make_shared<Graph>(*graph));
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream to) {
  return entry("cuGraphLaunch", Needs::context, [&](Gpu& gpu, auto&) {
    const std::shared_ptr<Graph> graph = gpu.executableGraphs.find(handle);
    const StreamPtr stream = gpu.streamOf(to);
    if (graph == nullptr || stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    for (const auto& put : graph->kernels) put(*stream);
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphDestroy(CUgraph graph) {
  return entry("cuGraphDestroy", Needs::initialised,
               [&](Gpu& gpu, auto&) { return gpu.graphs.remove(graph) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; });
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return entry("cuGraphExecDestroy", Needs::initialised, [&](Gpu& gpu, auto&) {
    return gpu.executableGraphs.remove(executable) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}
}

}  // namespace missile::cuda
