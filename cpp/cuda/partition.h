// A set of TPCs on which streams run: a green context, or the whole GPU.
#pragma once

#include <memory>
#include <vector>

#include "context.h"
#include "index_set.h"
#include "tpc_map.h"

namespace missile::cuda {

class Partition;

// A stream, and the event that tells when what was put on it is done. Its user gives it back drained.
struct PartitionStream {
  Partition* partition;
  bool urgent;
  CUstream stream;
  CUevent event;
};

class Partition {
 public:
  // Device memory that a green context takes (measured on an H200, driver 580.159).
  static constexpr size_t kSizeBytes = 4 << 20;

  // A green context of exactly these TPCs, with a stream of each urgency; the set of all is the primary context. 1.5 ms. Throws CallFailed.
  Partition(const Context& context, const TpcMap& map, TpcSet tpcs);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  TpcSet tpcs() const { return tpcs_; }
  unsigned sms() const { return sms_; }
  bool inUse() const { return lent_ > 0; }
  // Between the two it is not dropped: something was made for it.
  void keep() { kept_++; }
  void letGo() { kept_--; }
  bool isKept() const { return kept_ > 0; }

  // An idle stream, made if there is none. Urgent ones have their thread blocks placed first. Throws CallFailed.
  PartitionStream& take(bool urgent);
  void giveBack(PartitionStream& stream);

 private:
  void create(const TpcMap& map);
  PartitionStream& addStream(bool urgent);
  void release() noexcept;

  const Context& context_;
  TpcSet tpcs_;
  unsigned sms_;
  CUgreenCtx green_ = nullptr;  // null: the whole GPU
  std::vector<std::unique_ptr<PartitionStream>> streams_;
  std::vector<PartitionStream*> idle_[2];  // [urgent]
  unsigned lent_ = 0, kept_ = 0;
};

}  // namespace missile::cuda
