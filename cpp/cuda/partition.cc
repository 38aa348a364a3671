#include "partition.h"

#include <algorithm>

namespace missile::cuda {

Partition::Partition(const Context& context, const TpcMap& map, TpcSet tpcs)
    : context_(context), tpcs_(tpcs), sms_(static_cast<unsigned>(tpcs.size()) * map.smsPerTpc()) {
  try {
    if (!(tpcs == map.all())) create(map);
    // Whoever is the first to need one does not wait for it to be made.
    for (const bool urgent : {false, true}) idle_[urgent].push_back(&addStream(urgent));
  } catch (...) {
    release();
    throw;
  }
}

Partition::~Partition() { release(); }

void Partition::create(const TpcMap& map) {
  std::vector<CUdevResource> members;
  tpcs_.forEach([&](int tpc) { members.push_back(map.groups()[static_cast<size_t>(tpc)]); });
  CUdevResourceDesc descriptor = nullptr;
  const Driver& driver = context_.driver();
  driver.cuDevResourceGenerateDesc(&descriptor, members.data(), static_cast<unsigned>(members.size()));
  driver.cuGreenCtxCreate(&green_, descriptor, context_.device(), CU_GREEN_CTX_DEFAULT_STREAM);
}

PartitionStream& Partition::addStream(bool urgent) {
  const Driver& driver = context_.driver();
  int least = 0, greatest = 0;
  driver.cuCtxGetStreamPriorityRange(&least, &greatest);
  const int priority = urgent ? greatest : least;
  streams_.push_back(std::make_unique<PartitionStream>(PartitionStream{this, urgent, nullptr, nullptr}));
  PartitionStream& added = *streams_.back();
  if (green_ == nullptr) {
    driver.cuStreamCreateWithPriority(&added.stream, CU_STREAM_NON_BLOCKING, priority);
  } else {
    driver.cuGreenCtxStreamCreate(&added.stream, green_, CU_STREAM_NON_BLOCKING, priority);
  }
  driver.cuEventCreate(&added.event, CU_EVENT_DISABLE_TIMING);
  return added;
}

PartitionStream& Partition::take(bool urgent) {
  std::vector<PartitionStream*>& idle = idle_[urgent];
  if (idle.empty()) idle.push_back(&addStream(urgent));
  PartitionStream& taken = *idle.back();
  idle.pop_back();
  lent_++;
  return taken;
}

void Partition::giveBack(PartitionStream& stream) {
  idle_[stream.urgent].push_back(&stream);
  lent_--;
}

void Partition::release() noexcept {
  const Driver& driver = context_.driver();
  for (const std::unique_ptr<PartitionStream>& stream : streams_) {
    if (stream->event != nullptr) quietly([&] { driver.cuEventDestroy(stream->event); });
    if (stream->stream != nullptr) quietly([&] { driver.cuStreamDestroy(stream->stream); });
  }
  if (green_ != nullptr) quietly([&] { driver.cuGreenCtxDestroy(green_); });
}

}  // namespace missile::cuda
