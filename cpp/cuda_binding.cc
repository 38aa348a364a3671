// The real GPU as JavaScript sees it: what is there, and the test behind the VRAM channels. src/native/cuda.ts has the types.
#include "cuda_binding.h"

#include <memory>

#include "colour_binding.h"
#include "cuda/kernel_image.h"
#include "cuda/survey.h"
#include "cuda/telemetry.h"
#include "guarded.h"

namespace missile {

namespace {

Napi::Object nvmlObject(Napi::Env env, const cuda::NvmlFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("pcieGeneration", facts.pcieGeneration);
  object.Set("pcieLanes", facts.pcieLanes);
  object.Set("smMhz", facts.smMhz);
  object.Set("smMaxMhz", facts.smMaxMhz);
  object.Set("memoryMhz", facts.memoryMhz);
  object.Set("memoryMaxMhz", facts.memoryMaxMhz);
  object.Set("celsius", facts.celsius);
  object.Set("milliwatts", facts.milliwatts);
  object.Set("usedBytes", facts.usedBytes);
  return object;
}

Napi::Object splitObject(Napi::Env env, const cuda::SplitFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("finestSms", facts.finestSms);
  object.Set("groups", facts.groups);
  return object;
}

// Facts, or the reason why there are none.
template <typename Facts, typename Convert>
Napi::Value factsOrProblem(Napi::Env env, const std::optional<Facts>& facts, const std::string& problem, Convert convert) {
  if (facts.has_value()) return convert(env, *facts);
  return Napi::String::New(env, problem);
}

Napi::Object gpuObject(Napi::Env env, const cuda::GpuFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", facts.name);
  object.Set("pciBusId", facts.pciBusId);
  object.Set("sms", facts.sms);
  object.Set("l2Bytes", facts.l2Bytes);
  object.Set("busBits", facts.busBits);
  object.Set("capability", std::to_string(facts.capabilityMajor) + "." + std::to_string(facts.capabilityMinor));
  object.Set("memoryBytes", facts.memoryBytes);
  object.Set("nvml", factsOrProblem(env, facts.nvml, facts.nvmlProblem, nvmlObject));
  object.Set("split", factsOrProblem(env, facts.split, facts.splitProblem, splitObject));
  return object;
}

Napi::Value surveyGpus(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const cuda::Survey found = guarded(env, [] { return cuda::survey(); });
  Napi::Array gpus = Napi::Array::New(env, found.gpus.size());
  for (uint32_t i = 0; i < found.gpus.size(); i++) gpus.Set(i, gpuObject(env, found.gpus[i]));
  Napi::Object object = Napi::Object::New(env);
  object.Set("cudaVersion", found.cudaVersion);
  object.Set("driverVersion", found.driverVersion);
  object.Set("driverProblem", found.driverProblem);
  object.Set("nvmlProblem", found.nvmlProblem);
  object.Set("gpus", gpus);
  Napi::Array kernels = Napi::Array::New(env);
  for (const cuda::KernelImage* image = cuda::kKernelImages; image->name != nullptr; image++) {
    kernels.Set(kernels.Length(), image->name);
  }
  object.Set("kernels", kernels);
  object.Set("kernelBuild", cuda::kKernelBuild);
  return object;
}

// new Telemetry(ordinal)
class TelemetryHandle : public Napi::ObjectWrap<TelemetryHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Telemetry", {InstanceMethod<&TelemetryHandle::read>("read")});
  }

  explicit TelemetryHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<TelemetryHandle>(info) {
    const int ordinal = info[0].As<Napi::Number>().Int32Value();
    guarded(info.Env(), [&] { telemetry_ = std::make_unique<cuda::Telemetry>(ordinal); });
  }

 private:
  Napi::Value read(const Napi::CallbackInfo& info) {
    const cuda::TelemetryReading reading = guarded(info.Env(), [&] { return telemetry_->read(); });
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("smMhz", reading.smMhz);
    object.Set("milliwatts", reading.milliwatts);
    object.Set("celsius", reading.celsius);
    object.Set("memoryUsedBytes", reading.memoryUsedBytes);
    object.Set("memoryBytes", reading.memoryBytes);
    return object;
  }

  std::unique_ptr<cuda::Telemetry> telemetry_;
};

}  // namespace

void bindCuda(Napi::Env env, Napi::Object exports) {
  exports.Set("surveyGpus", Napi::Function::New(env, surveyGpus, "surveyGpus"));
  exports.Set("Telemetry", TelemetryHandle::define(env));
  bindColours(env, exports);
}

}  // namespace missile
