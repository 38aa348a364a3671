// What tests may ask of the fake driver and tell it, beside the driver API. Found with dlsym in libcuda.so.1, or linked.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// What is alive: everything must be 0 once its owners are gone.
// Of device memory what was allocated; green contexts take 4 MiB each beside it.
size_t fakeDeviceBytesInUse();
size_t fakePinnedBytesInUse();
size_t fakeStreamsAlive();
size_t fakeEventsAlive();
size_t fakeGreenContextsAlive();
// References to the primary context.
size_t fakeContextsRetained();
// Calls of a function of the driver so far, by its name as errors tell it ("cuMemAlloc").
size_t fakeCallsOf(const char* call);

// The nth call of the function from now on (1: the next) answers `error` and does nothing.
void fakeFailCall(const char* call, unsigned nth, int error);
// The nth launch from now on of a kernel whose name begins with `prefix` faults as one that left its memory does.
void fakeFaultKernel(const char* prefix, unsigned nth);
// Likewise, but it tells of a logical block that strayed, and harms nobody.
void fakeStrayKernel(const char* prefix, unsigned nth);
// Thread blocks of the nth launch from now on of a kernel whose name begins with `prefix` stay where they are, tenants' kernels within
// their first logical block, until fakeLetGo; how many thread blocks are held now.
void fakeHoldKernel(const char* prefix, unsigned nth);
size_t fakeHeld();
void fakeLetGo();
// Green contexts that are asked for from now on are not made until fakeMakeGreenContexts.
void fakeHoldGreenContexts();
void fakeMakeGreenContexts();
// Time that each logical block of the kernels takes.
void fakeSetBlockNs(uint64_t blockNs);
}
