// The real GPU as JavaScript sees it: what is there, and the test behind the VRAM channels. src/native/cuda.ts has the types.
#include "cuda_binding.h"

#include <algorithm>
#include <memory>

#include "cuda/contention_probe.h"
#include "cuda/kernel_image.h"
#include "cuda/survey.h"
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

class ContentionProbeHandle : public Napi::ObjectWrap<ContentionProbeHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "ContentionProbe",
                       {InstanceMethod<&ContentionProbeHandle::test>("test"),
                        InstanceMethod<&ContentionProbeHandle::sms>("sms"),
                        InstanceMethod<&ContentionProbeHandle::close>("close")});
  }

  // new ContentionProbe(ordinal, poolBytes)
  explicit ContentionProbeHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ContentionProbeHandle>(info) {
    const int ordinal = info[0].As<Napi::Number>().Int32Value();
    const auto poolBytes = static_cast<size_t>(info[1].As<Napi::Number>().DoubleValue());
    guarded(info.Env(), [&] { probe_ = std::make_unique<cuda::ContentionProbe>(ordinal, poolBytes); });
  }

 private:
  // test(first, second, count, smPairs, cycles): Uint32Arrays, three of them of at least count elements.
  void test(const Napi::CallbackInfo& info) {
    const auto first = info[0].As<Napi::Uint32Array>();
    const auto second = info[1].As<Napi::Uint32Array>();
    const auto count = static_cast<size_t>(info[2].As<Napi::Number>().DoubleValue());
    const auto smPairs = info[3].As<Napi::Uint32Array>();
    auto cycles = info[4].As<Napi::Uint32Array>();
    uint32_t* const out = cycles.Data();
    guarded(info.Env(), [&] {
      if (probe_ == nullptr) throw std::logic_error("the probe is closed");
      if (std::min({first.ElementLength(), second.ElementLength(), cycles.ElementLength()}) < count) {
        throw std::logic_error("an array is shorter than the number of tests");
      }
      const auto pairs = static_cast<unsigned>(smPairs.ElementLength() / 2);
      probe_->test(first.Data(), second.Data(), count, smPairs.Data(), pairs, out);
    });
  }

  // sms(): how many SMs there are to make pairs of.
  Napi::Value sms(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), probe_ ? probe_->sms() : 0); }

  // close(): gives the memory back.
  void close(const Napi::CallbackInfo&) { probe_.reset(); }

  std::unique_ptr<cuda::ContentionProbe> probe_;
};

}  // namespace

void bindCuda(Napi::Env env, Napi::Object exports) {
  exports.Set("surveyGpus", Napi::Function::New(env, surveyGpus, "surveyGpus"));
  exports.Set("ContentionProbe", ContentionProbeHandle::define(env));
}

}  // namespace missile
