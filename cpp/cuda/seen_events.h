// What a thread of the GPU host sees on its way to the holder of the Device, stamped with the instant at which it was seen.
#pragma once

#include "device.h"
#include "executor_exchange.h"

namespace missile::cuda {

class SeenEvents final : public EventSink {
 public:
  // `ring`: one of the exchange's, into which nobody else writes.
  SeenEvents(ExecutorExchange& exchange, EventRing& ring) : exchange_(exchange), ring_(ring) {}

  // The last place is kept for the failure of the device.
  bool full() const override { return ring_.room() <= 1; }
  void tpcsYielded(int64_t launch, TpcSet tpcs) override { push({.kind = EventKind::tpcsYielded, .id = launch, .tpcs = tpcs}); }
  void launchRetired(int64_t launch, int kernelsDone, int64_t blocksLeft) override {
    push({.kind = EventKind::launchRetired, .id = launch, .kernelsDone = kernelsDone, .blocksLeft = blocksLeft});
  }
  void copyRetired(int64_t copy, double movedBytes) override {
    push({.kind = EventKind::copyRetired, .id = copy, .movedBytes = movedBytes});
  }
  void deviceFailed(int tenant) override { push({.kind = EventKind::deviceFailed, .id = tenant}); }

 private:
  void push(ExecutorEvent seen) {
    seen.atNs = exchange_.clockNs();
    ring_.push(seen);
    exchange_.traffic.eventBell.ring();
  }

  ExecutorExchange& exchange_;
  EventRing& ring_;
};

}  // namespace missile::cuda
