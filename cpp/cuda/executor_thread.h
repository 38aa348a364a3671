// The executor's side in the GPU host: a native thread makes every driver call but those of copies (copy_thread.h). It takes orders from one
// ring, watches what the GPU reports, and writes events into another. It spins while anything is in flight and sleeps otherwise.
//
// A driver call that fails is the event deviceFailed; from then on orders are dropped.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "executor_exchange.h"
#include "open_gpu.h"

namespace missile::cuda {

class ExecutorThread {
 public:
  // Opens the GPU. Throws CallFailed, LibraryMissing, std::runtime_error: what is missing.
  ExecutorThread(const GpuOptions& options, ExecutorExchange& exchange);
  // Ends the thread and gives everything back.
  ~ExecutorThread();
  ExecutorThread(const ExecutorThread&) = delete;
  ExecutorThread& operator=(const ExecutorThread&) = delete;

  // What follows waits for the native thread, which does it once every order before it is carried out, and throws what that throws;
  // std::runtime_error after a failure.

  // Takes the tenant's network, in place of the one it had. Without curves its kernels are measured. Returns them. `work`: what each kernel does.
  // `requests`: the file of its RequestContents; none: it has none.
  std::vector<KernelCurve> load(int tenant, const Executable& executable, const std::vector<Kernel>& work, std::vector<KernelCurve> curves,
                                File requests);
  // Measures one of its kernels thoroughly.
  KernelCurve curveOf(int tenant, int kernel);
  // But for what the caller counts.
  ExecutorStatistics statistics();
  // For any one thread, while nothing runs; goes before this object.
  std::unique_ptr<ContentionProbe> contentionProbe();
  void setColours(PoolColours colours);
  ColourPool::Facts colourFacts();
  void misdirect(int tenant);

 private:
  // Runs the body on the native thread and returns when it is done; throws what it throws.
  void onThread(const std::function<void()>& body);
  HostContents hostContents(const Executable& executable, File requests) const;
  void end();

  // ---- the native thread's ----
  void run();
  bool takeOrders();
  void carryOut(const ExecutorOrder& order);
  bool runJob();
  void tellHealth();
  void surveyBlocks();
  ExecutorStatistics statisticsNow() const;
  ColourPool::Facts colourFactsNow() const;
  bool watch();
  void drain();
  void check() const;
  size_t copiesOrdered() const;
  void rest(bool moved);
  template <typename Body>
  void attempt(const ExecutorOrder* order, Body body);
  int suspect(const ExecutorOrder* order) const;
  void fail(const std::string& what, int tenant);

  const GpuOptions options_;
  ExecutorExchange& exchange_;
  ExecutorExchange::Traffic& traffic_;
  std::atomic<const std::function<void()>*> job_{nullptr};
  std::atomic<bool> stopping_{false};

  std::unique_ptr<OpenGpu> gpu_;
  bool failed_ = false;
  int64_t lastMovedNs_ = 0;
  unsigned looks_ = 0;

  std::thread thread_;
};

}  // namespace missile::cuda
