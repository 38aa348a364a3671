// What JavaScript sees of cpp/: a simulated GPU, and what there is of real ones. src/native/addon.ts has the types.
#include <napi.h>

#include <memory>

#include "cuda_binding.h"
#include "device_binding.h"
#include "guarded.h"
#include "program_binding.h"
#include "protocol.h"
#include "sim/simulated_gpu.h"

namespace {

using namespace missile;

class SimulatedGpuHandle : public Napi::ObjectWrap<SimulatedGpuHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SimulatedGpu",
                       {InstanceMethod<&SimulatedGpuHandle::load>("load"),
                        InstanceMethod<&SimulatedGpuHandle::submit>("submit"),
                        InstanceMethod<&SimulatedGpuHandle::poll>("poll"),
                        InstanceMethod<&SimulatedGpuHandle::curveOf>("curveOf"),
                        InstanceMethod<&SimulatedGpuHandle::channelBytes>("channelBytes"),
                        InstanceMethod<&SimulatedGpuHandle::tpcNs>("tpcNs")});
  }

  // new SimulatedGpu(spec, commandRing, eventBuffer)
  explicit SimulatedGpuHandle(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<SimulatedGpuHandle>(info), binding_(floats(info, 1), floats(info, 2)) {
    const Napi::Float64Array spec = floats(info, 0);
    guarded(info.Env(), [&] { device_ = std::make_unique<sim::SimulatedGpu>(readSpec(spec.Data(), spec.ElementLength())); });
  }

 private:
  Napi::Value load(const Napi::CallbackInfo& info) { return binding_.load(*device_, info); }
  void curveOf(const Napi::CallbackInfo& info) { binding_.curveOf(*device_, info); }
  void submit(const Napi::CallbackInfo& info) { binding_.submit(*device_, info); }
  Napi::Value poll(const Napi::CallbackInfo& info) { return binding_.poll(*device_, info); }
  void channelBytes(const Napi::CallbackInfo& info) { binding_.channelBytes(*device_, info); }
  void tpcNs(const Napi::CallbackInfo& info) { binding_.tpcNs(*device_, info); }

  DeviceBinding binding_;
  std::unique_ptr<sim::SimulatedGpu> device_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("SimulatedGpu", SimulatedGpuHandle::define(env));
  bindPrograms(env, exports);
  bindCuda(env, exports);
  exports.Set("CudaGpu", defineCudaGpu(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(missile, init)
