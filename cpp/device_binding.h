// What every Device offers JavaScript alike: commands, events, kernels and profiles cross in arrays of doubles (protocol.h), so that a
// poll is one call and allocates nothing.
#pragma once

#include <napi.h>

#include "device.h"
#include "protocol.h"

namespace missile {

// An argument of a call.
Napi::Float64Array floats(const Napi::CallbackInfo& info, size_t index);

class DeviceBinding {
 public:
  // The device reads and writes these two arrays from then on.
  DeviceBinding(Napi::Float64Array commandRing, Napi::Float64Array eventBuffer);

  // load(tenant, kernels, sizes, curves, program): profiles, one record a kernel. Curves that are all 0 are filled in if they are measured.
  Napi::Value load(Device& device, const Napi::CallbackInfo& info);
  // curveOf(tenant, kernel, out)
  void curveOf(Device& device, const Napi::CallbackInfo& info);
  // submit(count): hands over the first commands of a ring that is full before the next poll.
  void submit(Device& device, const Napi::CallbackInfo& info);
  // poll(count, untilNs): submits, goes on to the next instant, returns the number of events. Clock: eventBuffer[0].
  Napi::Value poll(Device& device, const Napi::CallbackInfo& info);
  // channelBytes(out)
  void channelBytes(Device& device, const Napi::CallbackInfo& info);
  // tpcNs(out)
  void tpcNs(Device& device, const Napi::CallbackInfo& info);

 private:
  void submitFirst(Device& device, Napi::Env env, const Napi::Value& count);

  const double* commands_;
  size_t commandCapacity_;
  EventBuffer events_;
  Napi::Reference<Napi::Float64Array> keptCommands_, keptEvents_;
};

}  // namespace missile
