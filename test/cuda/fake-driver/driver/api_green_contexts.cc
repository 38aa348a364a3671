// Green contexts: sets of SMs cut in groups of two. Absent from drivers before CUDA 12.4, and then this file is not compiled.
#include <chrono>
#include <cstring>
#include <thread>

#include "api.h"

namespace missile::cuda {

using namespace missile::fake;

namespace {

constexpr unsigned kGroupSms = 2;
// Without IGNORE_SM_COSCHEDULING, as on Hopper.
constexpr unsigned kCoscheduledSms = 8;
// Device memory that a green context takes (measured on an H200).
constexpr size_t kGreenContextBytes = 4 << 20;

// The driver's private part of a resource: the SMs that it is.
SmSet smsOf(const CUdevResource& resource) {
  SmSet sms;
  std::memcpy(&sms, resource.internalPadding, sizeof sms);
  return sms;
}
static_assert(sizeof(SmSet) <= sizeof CUdevResource::internalPadding);

CUdevResource resourceOf(const SmSet& sms) {
  CUdevResource resource{};
  resource.type = CU_DEV_RESOURCE_TYPE_SM;
  std::memcpy(resource.internalPadding, &sms, sizeof sms);
  resource.sm.smCount = static_cast<unsigned>(sms.count());
  return resource;
}

// The SMs of a set in the order in which groups take them: the first TPCs come last, since group numbers on real GPUs are not those of
// the SMs either.
std::vector<unsigned> inGroupOrder(const SmSet& sms, unsigned total) {
  const unsigned shift = total / kGroupSms / 4 * kGroupSms;
  std::vector<unsigned> order;
  for (unsigned at = 0; at < total; at++) {
    const unsigned sm = (at + shift) % total;
    if (sms[sm]) order.push_back(sm);
  }
  return order;
}

struct Descriptor {
  SmSet sms;
};

// Descriptors are never freed: the driver has no call for that.
Descriptor* descriptorOf(CUdevResourceDesc handle) { return reinterpret_cast<Descriptor*>(handle); }

}  // namespace

extern "C" {

CUresult cuDeviceGetDevResource(CUdevice, CUdevResource* resource, int type) {
  return entry("cuDeviceGetDevResource", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (type != CU_DEV_RESOURCE_TYPE_SM) return CUDA_ERROR_INVALID_RESOURCE_TYPE;
    *resource = resourceOf(gpu.sms.all());
    return CUDA_SUCCESS;
  });
}

CUresult cuDevSmResourceSplitByCount(CUdevResource* groups, unsigned* groupCount, const CUdevResource* input,
                                     CUdevResource* remaining, unsigned flags, unsigned minSms) {
  return entry("cuDevSmResourceSplitByCount", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (input->type != CU_DEV_RESOURCE_TYPE_SM) return CUDA_ERROR_INVALID_RESOURCE_TYPE;
    const bool isFine = (flags & CU_DEV_SM_RESOURCE_SPLIT_IGNORE_SM_COSCHEDULING) != 0;
    const unsigned unit = isFine ? kGroupSms : kCoscheduledSms;
    const unsigned groupSms = std::max(1u, (minSms + unit - 1) / unit) * unit;
    SmSet left = smsOf(*input);
    const std::vector<unsigned> order = inGroupOrder(left, gpu.settings.sms);
    const auto possible = static_cast<unsigned>(order.size() / groupSms);
    if (groups == nullptr) {
      *groupCount = possible;
      return CUDA_SUCCESS;
    }
    *groupCount = std::min(*groupCount, possible);
    for (unsigned group = 0; group < *groupCount; group++) {
      SmSet sms;
      for (unsigned at = group * groupSms; at < (group + 1) * groupSms; at++) sms.set(order[at]);
      groups[group] = resourceOf(sms);
      left &= ~sms;
    }
    if (remaining != nullptr) *remaining = resourceOf(left);
    return CUDA_SUCCESS;
  });
}

CUresult cuDevResourceGenerateDesc(CUdevResourceDesc* descriptor, CUdevResource* resources, unsigned count) {
  return entry("cuDevResourceGenerateDesc", Needs::initialised, [&](Gpu&, auto&) {
    SmSet sms;
    for (unsigned i = 0; i < count; i++) {
      if (resources[i].type != CU_DEV_RESOURCE_TYPE_SM) return CUDA_ERROR_INVALID_RESOURCE_TYPE;
      if ((sms & smsOf(resources[i])).any()) return fake::CUDA_ERROR_INVALID_VALUE;
      sms |= smsOf(resources[i]);
    }
    if (sms.none()) return fake::CUDA_ERROR_INVALID_VALUE;
    *descriptor = reinterpret_cast<CUdevResourceDesc>(new Descriptor{sms});
    return CUDA_SUCCESS;
  });
}

CUresult cuGreenCtxCreate(CUgreenCtx* context, CUdevResourceDesc descriptor, CUdevice, unsigned flags) {
  return entry("cuGreenCtxCreate", Needs::initialised, [&](Gpu& gpu, auto& lock) {
    if ((flags & CU_GREEN_CTX_DEFAULT_STREAM) == 0) return fake::CUDA_ERROR_INVALID_VALUE;
    lock.unlock();
    do {
      std::this_thread::sleep_for(std::chrono::microseconds(gpu.settings.greenUs));
    } while (gpu.isHoldingGreenContexts);
    lock.lock();
    if (!gpu.memory.reserve(kGreenContextBytes)) return CUDA_ERROR_OUT_OF_MEMORY;
    *context = gpu.greenContexts.add(std::make_shared<GreenContext>(GreenContext{descriptorOf(descriptor)->sms}));
    return CUDA_SUCCESS;
  });
}

CUresult cuGreenCtxDestroy(CUgreenCtx context) {
  return entry("cuGreenCtxDestroy", Needs::initialised, [&](Gpu& gpu, auto&) {
    if (!gpu.greenContexts.remove(context)) return CUDA_ERROR_INVALID_HANDLE;
    gpu.memory.unreserve(kGreenContextBytes);
    return CUDA_SUCCESS;
  });
}

CUresult cuGreenCtxStreamCreate(CUstream* stream, CUgreenCtx context, unsigned flags, int priority) {
  return entry("cuGreenCtxStreamCreate", Needs::initialised, [&](Gpu& gpu, auto&) {
    const std::shared_ptr<GreenContext> green = gpu.greenContexts.find(context);
    if (green == nullptr) return CUDA_ERROR_INVALID_HANDLE;
    if ((flags & CU_STREAM_NON_BLOCKING) == 0) return fake::CUDA_ERROR_INVALID_VALUE;
    *stream = gpu.streams.add(gpu.newStream(green->sms, clampedPriority(priority)));
    return CUDA_SUCCESS;
  });
}
}

}  // namespace missile::cuda
