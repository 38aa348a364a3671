// The simulated GPU as JavaScript sees it: a thin class around a Device. Commands, events, kernels and profiles cross in arrays of
// doubles (protocol.h), so a poll is one call and allocates nothing.
#include <napi.h>

#include <memory>

#include "cuda_binding.h"
#include "device.h"
#include "guarded.h"
#include "protocol.h"
#include "sim/simulated_gpu.h"

namespace {

using namespace missile;

Napi::Float64Array floats(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Float64Array>(); }

class SimulatedGpuHandle : public Napi::ObjectWrap<SimulatedGpuHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "SimulatedGpu",
                       {InstanceMethod<&SimulatedGpuHandle::load>("load"),
                        InstanceMethod<&SimulatedGpuHandle::submit>("submit"),
                        InstanceMethod<&SimulatedGpuHandle::poll>("poll"),
                        InstanceMethod<&SimulatedGpuHandle::timeByTpcs>("timeByTpcs"),
                        InstanceMethod<&SimulatedGpuHandle::channelBytes>("channelBytes")});
  }

  // new SimulatedGpu(spec, commandRing, eventBuffer): the device reads and writes these two arrays from then on.
  explicit SimulatedGpuHandle(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<SimulatedGpuHandle>(info),
        commands_(floats(info, 1).Data()),
        commandCapacity_(floats(info, 1).ElementLength() / kCommandStride),
        events_(floats(info, 2).Data(), floats(info, 2).ElementLength()),
        keptCommands_(Napi::Persistent(floats(info, 1))),
        keptEvents_(Napi::Persistent(floats(info, 2))) {
    const Napi::Float64Array spec = floats(info, 0);
    guarded(info.Env(), [&] { device_ = std::make_unique<sim::SimulatedGpu>(readSpec(spec.Data(), spec.ElementLength())); });
    events_.setClock(0);
  }

 private:
  // load(tenant, kernels): profiles, one record a kernel.
  Napi::Value load(const Napi::CallbackInfo& info) {
    const int tenant = info[0].As<Napi::Number>().Int32Value();
    const Napi::Float64Array rows = floats(info, 1);
    std::vector<Kernel> kernels(rows.ElementLength() / kKernelStride);
    for (size_t i = 0; i < kernels.size(); i++) kernels[i] = readKernel(rows.Data() + i * kKernelStride);
    const auto profiles = guarded(info.Env(), [&] { return device_->load(tenant, kernels); });
    Napi::Float64Array out = Napi::Float64Array::New(info.Env(), profiles.size() * kProfileStride);
    for (size_t i = 0; i < profiles.size(); i++) writeProfile(profiles[i], out.Data() + i * kProfileStride);
    return out;
  }

  void submitFirst(Napi::Env env, const Napi::Value& count) {
    const auto commands = static_cast<size_t>(count.As<Napi::Number>().DoubleValue());
    guarded(env, [&] {
      if (commands > commandCapacity_) throw std::logic_error("more commands than the ring holds");
      submitCommands(*device_, commands_, commands);
    });
  }

  // submit(count): hands over the first commands of a ring that is full before the next poll.
  void submit(const Napi::CallbackInfo& info) { submitFirst(info.Env(), info[0]); }

  // poll(count, untilNs): submits, goes on to the next instant, returns the number of events. Clock: eventBuffer[0].
  Napi::Value poll(const Napi::CallbackInfo& info) {
    submitFirst(info.Env(), info[0]);
    events_.clear();
    guarded(info.Env(), [&] { device_->poll(info[1].As<Napi::Number>().Int64Value(), events_); });
    events_.setClock(device_->nowNs());
    return Napi::Number::New(info.Env(), static_cast<double>(events_.count()));
  }

  // timeByTpcs(tenant, kernel, out)
  void timeByTpcs(const Napi::CallbackInfo& info) {
    const int tenant = info[0].As<Napi::Number>().Int32Value();
    const int kernel = info[1].As<Napi::Number>().Int32Value();
    guarded(info.Env(), [&] { device_->timeByTpcs(tenant, kernel, floats(info, 2).Data()); });
  }

  // channelBytes(out)
  void channelBytes(const Napi::CallbackInfo& info) { device_->channelBytes(floats(info, 0).Data()); }

  std::unique_ptr<sim::SimulatedGpu> device_;
  double* commands_;
  size_t commandCapacity_;
  EventBuffer events_;
  Napi::Reference<Napi::Float64Array> keptCommands_, keptEvents_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("SimulatedGpu", SimulatedGpuHandle::define(env));
  bindCuda(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(missile, init)
