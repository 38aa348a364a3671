#include "fake.h"

#include "gpu.h"

using missile::fake::Gpu;

namespace {

template <typename Query>
auto ask(Query query) {
  Gpu& gpu = Gpu::get();
  const std::lock_guard lock(gpu.mutex);
  return query(gpu);
}

}  // namespace

size_t fakeDeviceBytesInUse() {
  return ask([](Gpu& gpu) { return gpu.memory.allocatedBytes(); });
}

size_t fakePinnedBytesInUse() {
  return ask([](Gpu& gpu) { return gpu.memory.pinnedBytes(); });
}

size_t fakeStreamsAlive() {
  return ask([](Gpu& gpu) { return gpu.streams.size(); });
}

size_t fakeEventsAlive() {
  return ask([](Gpu& gpu) { return gpu.events.size(); });
}

size_t fakeGreenContextsAlive() {
  return ask([](Gpu& gpu) { return gpu.greenContexts.size(); });
}

size_t fakeContextsRetained() {
  return ask([](Gpu& gpu) { return gpu.retained(); });
}

size_t fakeCallsOf(const char* call) {
  return ask([&](Gpu& gpu) { return gpu.faults.callsOf(call); });
}

void fakeFailCall(const char* call, unsigned nth, int error) {
  ask([&](Gpu& gpu) { gpu.faults.failCall(call, nth, error); });
}

void fakeFaultKernel(const char* prefix, unsigned nth) {
  ask([&](Gpu& gpu) { gpu.faults.failLaunch(prefix, nth, missile::fake::Mishap::fault); });
}

void fakeStrayKernel(const char* prefix, unsigned nth) {
  ask([&](Gpu& gpu) { gpu.faults.failLaunch(prefix, nth, missile::fake::Mishap::stray); });
}

void fakeHoldKernel(const char* prefix, unsigned nth) {
  ask([&](Gpu& gpu) {
    gpu.sms.isHolding = true;
    gpu.faults.failLaunch(prefix, nth, missile::fake::Mishap::hold);
  });
}

size_t fakeHeld() {
  return ask([](Gpu& gpu) { return gpu.sms.held.load(); });
}

void fakeLetGo() {
  ask([](Gpu& gpu) { gpu.sms.isHolding = false; });
}

void fakeHoldGreenContexts() {
  ask([](Gpu& gpu) { gpu.isHoldingGreenContexts = true; });
}

void fakeMakeGreenContexts() {
  ask([](Gpu& gpu) { gpu.isHoldingGreenContexts = false; });
}

void fakeSetBlockNs(uint64_t blockNs) {
  ask([&](Gpu& gpu) { gpu.settings.blockNs = blockNs; });
}
