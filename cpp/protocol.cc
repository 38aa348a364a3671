#include "protocol.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace missile {
namespace {

IndexSet readSet(const double* words) {
  const auto word = [&](int i) { return static_cast<uint64_t>(words[i]); };
  return {word(0) | word(1) << 32, word(2)};
}

}  // namespace

GpuSpec readSpec(const double* row, size_t length) {
  if (length != kSpecLength) throw std::logic_error("the GPU's description has the wrong length");
  const double* next = row;
  const auto number = [&] { return *next++; };
  const auto integer = [&] { return static_cast<int>(*next++); };
  // Braced initialisers are evaluated from left to right, so the fields take the numbers in order.
  return GpuSpec{
      .sms = integer(),
      .smsPerTpc = integer(),
      .flopsPerSmNs = number(),
      .threadsPerSm = integer(),
      .registersPerSm = integer(),
      .sharedBytesPerSm = integer(),
      .blocksPerSm = integer(),
      .l2Bytes = number(),
      .channels = integer(),
      .compute = {number(), number(), number()},
      .memory = {number(), number(), number(), number(), number(), number(), number(), number(), number()},
      .pcie = {number(), number(), number(), number()},
      .timing = {number(), number(), number(), number()},
      .executor = {number(), number(), number(), number()},
  };
}

Kernel readKernel(const double* row) {
  return {row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]};
}

NetworkSizes readSizes(const double* row, size_t length) {
  if (length != kSizesLength) throw std::logic_error("a network's sizes have the wrong length");
  return {row[0], row[1], row[2], row[3]};
}

void writeProfile(const KernelProfile& profile, double* row) {
  row[0] = profile.aloneNs;
  row[1] = profile.tpcsNeeded;
  row[2] = profile.memoryBound;
  row[3] = profile.computeShare;
  row[4] = profile.memoryShare;
}

std::vector<KernelCurve> readCurves(const double* rows, size_t length) {
  if (std::all_of(rows, rows + length, [](double ns) { return ns == 0; })) return {};
  std::vector<KernelCurve> curves(length / kCurveStride);
  std::memcpy(curves.data(), rows, curves.size() * sizeof(KernelCurve));
  return curves;
}

void writeCurves(const std::vector<KernelCurve>& curves, double* rows) {
  if (!curves.empty()) std::memcpy(rows, curves.data(), curves.size() * sizeof(KernelCurve));
}

void submitCommands(Device& device, const double* ring, size_t count) {
  for (const double* at = ring; at != ring + count * kCommandStride; at += kCommandStride) {
    const auto id = static_cast<int64_t>(at[1]);
    const auto integer = [&](int i) { return static_cast<int>(at[i]); };
    switch (static_cast<CommandKind>(integer(0))) {
      case CommandKind::launch:
        device.launch({id, integer(2), integer(3), integer(4), static_cast<int64_t>(at[5]), integer(6), integer(7)},
                      readSet(at + 8));
        break;
      case CommandKind::extend: device.extend(id, readSet(at + 2)); break;
      case CommandKind::evict: device.evict(id, readSet(at + 2)); break;
      case CommandKind::copy: device.copy({id, integer(2), static_cast<CopyPurpose>(integer(3)), integer(4), at[5], at[6]}); break;
      case CommandKind::place: device.place(integer(1), readSet(at + 2)); break;
      case CommandKind::release: device.release(integer(1)); break;
      default: throw std::logic_error("unknown command");
    }
  }
}

double* EventBuffer::next(EventKind kind, int64_t id) {
  double* record = buffer_ + (1 + count_++) * kEventStride;
  record[0] = static_cast<double>(kind);
  record[1] = static_cast<double>(id);
  return record;
}

void EventBuffer::tpcsYielded(int64_t launch, TpcSet tpcs) {
  double* record = next(EventKind::tpcsYielded, launch);
  record[2] = static_cast<double>(tpcs.low & 0xffffffffu);
  record[3] = static_cast<double>(tpcs.low >> 32);
  record[4] = static_cast<double>(tpcs.high);
}

void EventBuffer::launchRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) {
  double* record = next(EventKind::launchRetired, launch);
  record[2] = kernelsDone;
  record[3] = static_cast<double>(blocksLeft);
}

void EventBuffer::copyRetired(int64_t copy, double movedBytes) { next(EventKind::copyRetired, copy)[2] = movedBytes; }

void EventBuffer::deviceFailed(int tenant) { next(EventKind::deviceFailed, tenant); }

}  // namespace missile
