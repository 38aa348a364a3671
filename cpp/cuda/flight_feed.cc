// Which kernel of a flight goes on which stream, and when.
#include <algorithm>

#include "flight.h"

namespace missile::cuda {

namespace {

// Kernels on streams and not done. At least 2, so that one follows the other without us. More are of use while kernels are short: too
// few, and the GPU waits for the host; too many, and an eviction leaves that many to run dry, some 2 us each.
constexpr uint32_t kLeastAhead = 2;
constexpr uint32_t kMostAhead = 16;
constexpr double kAheadNs = 100'000;

}  // namespace

bool Flight::feed() {
  if (hasRetired_ || staying_.empty()) return false;
  if (isPlain_ && !leaving_.empty()) return false;
  rewindIfDry();
  // It looks at the reports.
  if (hasStrayed_) return false;
  if (catchUp()) return true;
  if (!wantsMore()) return false;
  if (!mainIsRight()) openMain();
  launchNext(*main_);
  return true;
}

bool Flight::wantsMore() const {
  const uint32_t ahead = fed() - kernelsDone_;
  if (fed() == run_.count || ahead >= kMostAhead) return false;
  if (ahead < kLeastAhead) return true;
  double aheadNs = 0;
  for (uint32_t kernel = kernelsDone_; kernel < fed(); kernel++) aheadNs += run_.kernel(kernel).aloneNs;
  return aheadNs < kAheadNs;
}

// ---- arms ----

bool Flight::mainIsRight() const {
  if (!main_) return false;
  if (isPlain_) return true;
  return aim_ == staying_ && (main_->partition().tpcs() == staying_ || !deck_.partitions.isReady(staying_));
}

// What is fed from now on comes after all that was fed before.
void Flight::openMain() {
  Partition& partition = deck_.partitions.nearest(staying_);
  const uint32_t next = fed();
  if (main_ && &main_->partition() != &partition) {
    main_->close();
    others_.push_back(*main_);
    main_.reset();
  }
  if (!main_) main_.emplace(driver_, partition.take(isUrgent_), next, run_.count);
  for (Arm& arm : others_) main_->await(arm.mark());
  aim_ = staying_;
  prepare(*main_);
}

// Helps with what the main arm has before it.
void Flight::openJoining(TpcSet tpcs) {
  if (kernelsDone_ == fed()) return;
  others_.emplace_back(driver_, deck_.partitions.nearest(tpcs).take(isUrgent_), kernelsDone_, fed());
  prepare(others_.back());
}

// Before its first kernel, TPCs of its partition that are not the flight's are revoked, and those that joined are so no more.
void Flight::prepare(const Arm& arm) {
  const TpcSet outside = arm.partition().tpcs() - staying_;
  if (!revoked_.contains(outside)) {
    revoke(revoked_ | outside);
    deck_.control.record(controlled_);
  }
  if (hasControlled_) arm.await(controlled_);
}

// True if a kernel was put on an arm that joined: these come before the main arm, which waits for them when its TPCs change.
bool Flight::catchUp() {
  for (Arm& arm : others_) {
    arm.skipTo(kernelsDone_);
    if (!arm.partition().tpcs().overlaps(staying_)) arm.close();
    if (arm.isFed()) continue;
    launchNext(arm);
    return true;
  }
  return false;
}

bool Flight::areArmsDrained() {
  const auto drained = [](Arm& arm) { return arm.isDrained(); };
  return (!main_ || main_->isDrained()) && std::all_of(others_.begin(), others_.end(), drained);
}

void Flight::releaseDrained() {
  std::erase_if(others_, [](Arm& arm) {
    if (!arm.isFed() || !arm.isDrained()) return false;
    arm.release();
    return true;
  });
}

// Kernels that ended without being done are fed again, and those after them, which found them given up. The first of them may be partly
// done and goes on as it was.
void Flight::rewindIfDry() {
  if (kernelsDone_ >= exposed_ || kernelsDone_ == fed()) return;
  if (!others_.empty() || !main_->isDrained()) return;
  readProgress();
  main_->rewindTo(kernelsDone_);
  exposed_ = kernelsDone_;
  begun_ = std::min(begun_, kernelsDone_ + 1);
  run_.network->stopBefore(run_.firstKernel + begun_, false);
}

// ---- kernels ----

// The main arm gets to a kernel first; the others run it with the same arguments.
void Flight::launchNext(Arm& arm) {
  const uint32_t index = arm.next();
  const Network::Kernel& kernel = run_.kernel(index);
  if (index == begun_) begin(index);
  if (kernel.coloured) run_.network->memory().await(arm.stream());
  const uint32_t blocks = run_.blocks(index);
  KernelLaunch launch = {.state = reinterpret_cast<LaunchState*>(state_.address),
                         .report = reinterpret_cast<LaunchReport*>(report_.device),
                         .sms = deck_.sms,
                         .tenant = run_.tenant,
                         .kernel = index,
                         .firstBlock = run_.firstBlock(index),
                         .blocks = blocks,
                         .blocksBefore = index == 0 ? 0 : run_.blocks(index - 1)};
  void* parameters[] = {&launch, const_cast<std::byte*>(kernel.arguments.data())};
  // Of a partition that is not all the flight's, any number of thread blocks may go to where they must leave.
  const Partition& partition = arm.partition();
  const bool isExact = !partition.tpcs().overlaps(revoked_);
  const uint32_t room = kernel.residentsPerSm * partition.sms();
  const uint32_t grid = isPlain_ ? blocks : isExact ? std::min(blocks, room) : room;
  driver_.cuLaunchKernel(kernel.functions[!isPlain_][kernel.coloured], grid, 1u, 1u, kernel.threads, 1u, 1u, kernel.sharedBytes,
                         arm.stream(), parameters, static_cast<void**>(nullptr));
  if (!isExact) exposed_ = std::max(exposed_, index + 1);
  arm.advanced();
}

void Flight::begin(uint32_t index) {
  run_.network->begin(run_.firstKernel + index);
  begun_ = index + 1;
  if (run_.kernel(index).coloured) endColoured_ = begun_;
}

}  // namespace missile::cuda
