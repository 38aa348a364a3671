#include "device_binding.h"

#include <stdexcept>
#include <vector>

#include "guarded.h"

namespace missile {

Napi::Float64Array floats(const Napi::CallbackInfo& info, size_t index) { return info[index].As<Napi::Float64Array>(); }

DeviceBinding::DeviceBinding(Napi::Float64Array commandRing, Napi::Float64Array eventBuffer)
    : commands_(commandRing.Data()),
      commandCapacity_(commandRing.ElementLength() / kCommandStride),
      events_(eventBuffer.Data(), eventBuffer.ElementLength()),
      keptCommands_(Napi::Persistent(commandRing)),
      keptEvents_(Napi::Persistent(eventBuffer)) {
  events_.setClock(0);
}

Napi::Value DeviceBinding::load(Device& device, const Napi::CallbackInfo& info) {
  const int tenant = info[0].As<Napi::Number>().Int32Value();
  const Napi::Float64Array rows = floats(info, 1), sizes = floats(info, 2);
  Napi::Float64Array curveRows = floats(info, 3);
  const auto program = info[4].As<Napi::Uint8Array>();
  const auto* const firstByte = reinterpret_cast<const std::byte*>(program.Data());
  std::vector<Kernel> kernels(rows.ElementLength() / kKernelStride);
  for (size_t i = 0; i < kernels.size(); i++) kernels[i] = readKernel(rows.Data() + i * kKernelStride);
  const auto profiles = guarded(info.Env(), [&] {
    if (curveRows.ElementLength() != kernels.size() * kCurveStride) throw std::logic_error("curves are not those of the kernels");
    std::vector<KernelCurve> curves = readCurves(curveRows.Data(), curveRows.ElementLength());
    auto loaded = device.load(tenant, kernels, readSizes(sizes.Data(), sizes.ElementLength()), curves,
                              {firstByte, firstByte + program.ByteLength()});
    writeCurves(curves, curveRows.Data());
    return loaded;
  });
  Napi::Float64Array out = Napi::Float64Array::New(info.Env(), profiles.size() * kProfileStride);
  for (size_t i = 0; i < profiles.size(); i++) writeProfile(profiles[i], out.Data() + i * kProfileStride);
  return out;
}

void DeviceBinding::curveOf(Device& device, const Napi::CallbackInfo& info) {
  const int tenant = info[0].As<Napi::Number>().Int32Value();
  const int kernel = info[1].As<Napi::Number>().Int32Value();
  const KernelCurve curve = guarded(info.Env(), [&] { return device.curveOf(tenant, kernel); });
  writeCurves({curve}, floats(info, 2).Data());
}

void DeviceBinding::submitFirst(Device& device, Napi::Env env, const Napi::Value& count) {
  const auto commands = static_cast<size_t>(count.As<Napi::Number>().DoubleValue());
  guarded(env, [&] {
    if (commands > commandCapacity_) throw std::logic_error("more commands than the ring holds");
    submitCommands(device, commands_, commands);
  });
}

void DeviceBinding::submit(Device& device, const Napi::CallbackInfo& info) { submitFirst(device, info.Env(), info[0]); }

Napi::Value DeviceBinding::poll(Device& device, const Napi::CallbackInfo& info) {
  submitFirst(device, info.Env(), info[0]);
  events_.clear();
  guarded(info.Env(), [&] { device.poll(info[1].As<Napi::Number>().Int64Value(), events_); });
  events_.setClock(device.nowNs());
  return Napi::Number::New(info.Env(), static_cast<double>(events_.count()));
}

void DeviceBinding::channelBytes(Device& device, const Napi::CallbackInfo& info) { device.channelBytes(floats(info, 0).Data()); }

void DeviceBinding::tpcNs(Device& device, const Napi::CallbackInfo& info) { device.tpcNs(floats(info, 0).Data()); }

}  // namespace missile
