// The real GPU as a Device of JavaScript. src/native/addon.ts has the types.
#include <napi.h>

#include <algorithm>
#include <memory>

#include "colour_binding.h"
#include "cuda/executor.h"
#include "cuda_binding.h"
#include "device_binding.h"
#include "guarded.h"
#include "protocol.h"

namespace missile {

namespace {

double number(const Napi::Object& object, const char* name) { return object.Get(name).As<Napi::Number>().DoubleValue(); }

// { spec, stagingBytes, partitionBytes, poolBytes, doorbell }
cuda::GpuOptions readOptions(int ordinal, const Napi::Object& object) {
  const auto spec = object.Get("spec").As<Napi::Float64Array>();
  return {.ordinal = ordinal,
          .spec = readSpec(spec.Data(), spec.ElementLength()),
          .stagingBytes = static_cast<size_t>(number(object, "stagingBytes")),
          .partitionBytes = static_cast<size_t>(number(object, "partitionBytes")),
          .poolBytes = static_cast<size_t>(number(object, "poolBytes"))};
}

Napi::Object statisticsObject(Napi::Env env, const cuda::ExecutorStatistics& facts) {
  Napi::Object decisions = Napi::Object::New(env);
  decisions.Set("count", facts.decisions.count);
  decisions.Set("p50Ns", facts.decisions.p50Ns);
  decisions.Set("p99Ns", facts.decisions.p99Ns);
  decisions.Set("p999Ns", facts.decisions.p999Ns);
  decisions.Set("maxNs", facts.decisions.maxNs);
  Napi::Object object = Napi::Object::New(env);
  object.Set("decisions", decisions);
  object.Set("launches", facts.launches);
  object.Set("evictions", facts.evictions);
  object.Set("partitionsMade", facts.partitionsMade);
  object.Set("fallbackLaunches", facts.fallbackLaunches);
  return object;
}

Napi::Object healthObject(Napi::Env env, const cuda::ExecutorHealth& health) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("statistics", statisticsObject(env, health.statistics));
  object.Set("colours", colourFactsObject(env, health.colours));
  object.Set("uncolouredTenant", health.uncolouredTenant);
  object.Set("uncolouredWhy", health.uncolouredWhy.get());
  return object;
}

class CudaGpuHandle : public Napi::ObjectWrap<CudaGpuHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "CudaGpu",
                       {InstanceMethod<&CudaGpuHandle::load>("load"),
                        InstanceMethod<&CudaGpuHandle::curveOf>("curveOf"),
                        InstanceMethod<&CudaGpuHandle::submit>("submit"),
                        InstanceMethod<&CudaGpuHandle::poll>("poll"),
                        InstanceMethod<&CudaGpuHandle::presentNs>("presentNs"),
                        InstanceMethod<&CudaGpuHandle::channelBytes>("channelBytes"),
                        InstanceMethod<&CudaGpuHandle::tpcNs>("tpcNs"),
                        InstanceMethod<&CudaGpuHandle::setInput>("setInput"),
                        InstanceMethod<&CudaGpuHandle::output>("output"),
                        InstanceMethod<&CudaGpuHandle::statistics>("statistics"),
                        InstanceMethod<&CudaGpuHandle::health>("health"),
                        InstanceMethod<&CudaGpuHandle::blocks>("blocks"),
                        InstanceMethod<&CudaGpuHandle::contentionProbe>("contentionProbe"),
                        InstanceMethod<&CudaGpuHandle::setColours>("setColours"),
                        InstanceMethod<&CudaGpuHandle::colourFacts>("colourFacts"),
                        InstanceMethod<&CudaGpuHandle::misdirect>("misdirect"),
                        InstanceMethod<&CudaGpuHandle::takeFailure>("takeFailure"),
                        InstanceMethod<&CudaGpuHandle::rebuild>("rebuild"),
                        InstanceMethod<&CudaGpuHandle::hostPid>("hostPid"),
                        InstanceMethod<&CudaGpuHandle::close>("close")});
  }

  // new CudaGpu(ordinal, options, commandRing, eventBuffer)
  explicit CudaGpuHandle(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<CudaGpuHandle>(info), binding_(floats(info, 2), floats(info, 3)) {
    const int ordinal = info[0].As<Napi::Number>().Int32Value();
    const auto options = info[1].As<Napi::Object>();
    auto doorbell = options.Get("doorbell").As<Napi::Int32Array>();
    keptDoorbell_ = Napi::Persistent(doorbell);
    guarded(info.Env(), [&] {
      executor_ = std::make_unique<cuda::Executor>(readOptions(ordinal, options), doorbell.Data());
    });
  }

 private:
  cuda::Executor& executor(Napi::Env env) {
    return guarded(env, [&]() -> cuda::Executor& {
      if (executor_ == nullptr) throw std::logic_error("the GPU is closed");
      return *executor_;
    });
  }

  Napi::Value load(const Napi::CallbackInfo& info) { return binding_.load(executor(info.Env()), info); }
  void curveOf(const Napi::CallbackInfo& info) { binding_.curveOf(executor(info.Env()), info); }
  void submit(const Napi::CallbackInfo& info) { binding_.submit(executor(info.Env()), info); }
  Napi::Value poll(const Napi::CallbackInfo& info) { return binding_.poll(executor(info.Env()), info); }
  void channelBytes(const Napi::CallbackInfo& info) { binding_.channelBytes(executor(info.Env()), info); }
  void tpcNs(const Napi::CallbackInfo& info) { binding_.tpcNs(executor(info.Env()), info); }

  Napi::Value presentNs(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(executor(info.Env()).presentNs()));
  }

  // setInput(tenant, bytes)
  void setInput(const Napi::CallbackInfo& info) {
    cuda::Executor& gpu = executor(info.Env());
    const auto bytes = info[1].As<Napi::Uint8Array>();
    const auto* const first = reinterpret_cast<const std::byte*>(bytes.Data());
    guarded(info.Env(), [&] { gpu.setInput(info[0].As<Napi::Number>().Int32Value(), {first, bytes.ByteLength()}); });
  }

  // output(tenant, slot): a Uint8Array
  Napi::Value output(const Napi::CallbackInfo& info) {
    cuda::Executor& gpu = executor(info.Env());
    const auto tenant = info[0].As<Napi::Number>().Int32Value(), slot = info[1].As<Napi::Number>().Int32Value();
    const auto bytes = guarded(info.Env(), [&] { return gpu.output(tenant, slot); });
    auto out = Napi::Uint8Array::New(info.Env(), bytes.size());
    std::ranges::copy(bytes, reinterpret_cast<std::byte*>(out.Data()));
    return out;
  }

  Napi::Value statistics(const Napi::CallbackInfo& info) {
    return statisticsObject(info.Env(), executor(info.Env()).statistics());
  }

  // health(): null until it is first known.
  Napi::Value health(const Napi::CallbackInfo& info) {
    const auto health = executor(info.Env()).health();
    return health.has_value() ? Napi::Value(healthObject(info.Env(), *health)) : info.Env().Null();
  }

  // blocks(tenant): a Float64Array; null until it is first known.
  Napi::Value blocks(const Napi::CallbackInfo& info) {
    const cuda::BlockMap* map = executor(info.Env()).blocks(info[0].As<Napi::Number>().Int32Value());
    return map == nullptr ? info.Env().Null() : Napi::Value(blockMapNumbers(info.Env(), *map));
  }

  // contentionProbe(): the test of channels on the pool, to be closed before the GPU is.
  Napi::Value contentionProbe(const Napi::CallbackInfo& info) {
    cuda::Executor& gpu = executor(info.Env());
    return contentionProbeOver(info.Env(), guarded(info.Env(), [&] { return gpu.contentionProbe(); }));
  }

  // setColours(...): see poolColoursOf.
  void setColours(const Napi::CallbackInfo& info) {
    cuda::Executor& gpu = executor(info.Env());
    guarded(info.Env(), [&] { gpu.setColours(poolColoursOf(info)); });
  }

  Napi::Value colourFacts(const Napi::CallbackInfo& info) {
    return colourFactsObject(info.Env(), executor(info.Env()).colourFacts());
  }

  // misdirect(tenant): its kernels fault from now on.
  void misdirect(const Napi::CallbackInfo& info) {
    cuda::Executor& gpu = executor(info.Env());
    guarded(info.Env(), [&] { gpu.misdirect(info[0].As<Napi::Number>().Int32Value()); });
  }

  // takeFailure(): what went wrong, for each deviceFailed event once.
  Napi::Value takeFailure(const Napi::CallbackInfo& info) {
    cuda::Executor& failed = executor(info.Env());
    return Napi::String::New(info.Env(), guarded(info.Env(), [&] { return failed.takeFailure(); }));
  }

  void rebuild(const Napi::CallbackInfo& info) {
    cuda::Executor& failed = executor(info.Env());
    guarded(info.Env(), [&] { failed.rebuild(); });
  }

  Napi::Value hostPid(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), executor(info.Env()).hostPid());
  }

  // close(): ends the GPU host, with all that it holds. The garbage collector and the end of the process do it too.
  void close(const Napi::CallbackInfo&) { executor_.reset(); }

  DeviceBinding binding_;
  Napi::Reference<Napi::Int32Array> keptDoorbell_;
  std::unique_ptr<cuda::Executor> executor_;
};

}  // namespace

Napi::Function defineCudaGpu(Napi::Env env) { return CudaGpuHandle::define(env); }

}  // namespace missile
