#include "host_service.h"

#include <stdexcept>

#include "demand.h"
#include "planned.h"

namespace missile::cuda {

namespace {

HostMessage refusal(Outcome outcome, const std::exception& error) {
  const std::string why = error.what();
  const auto* first = reinterpret_cast<const std::byte*>(why.data());
  return {static_cast<uint32_t>(outcome), {first, first + why.size()}};
}

}  // namespace

HostMessage HostService::answer(HostMessage request) {
  sent_ = std::move(request.file);
  try {
    AnyRequest asked = unpackedRequest(request);
    return {static_cast<uint32_t>(Outcome::done), std::visit([&](auto& one) { return packed(carryOut(one)); }, asked)};
  } catch (const std::logic_error& error) {
    return refusal(Outcome::bug, error);
  } catch (const std::exception& error) {
    return refusal(Outcome::failed, error);
  }
}

Nothing HostService::carryOut(OpenGpuRequest& request) {
  exchange_.emplace(File(exchangeFile_), sizeof(ExecutorExchange));
  executor_ = std::make_unique<ExecutorThread>(request.options, *static_cast<ExecutorExchange*>(exchange_->address()));
  return {};
}

Nothing HostService::carryOut(OpenPoolRequest& request) {
  pool_ = std::make_unique<OwnPool>(request.ordinal, request.poolBytes);
  return {};
}

std::vector<KernelCurve> HostService::carryOut(LoadRequest& request) {
  const Executable executable = request.program.empty() ? executableOf(request.kernels, request.sizes)
                                                        : executableOf(dnn::readProgram(request.program));
  if (executable.kernels.size() != request.kernels.size()) throw std::logic_error("a program has other kernels than its network");
  return executor().load(request.tenant, executable, request.kernels, std::move(request.curves), std::move(sent_));
}

KernelCurve HostService::carryOut(CurveRequest& request) { return executor().curveOf(request.tenant, request.kernel); }

ExecutorStatistics HostService::carryOut(StatisticsRequest&) { return executor().statistics(); }

Nothing HostService::carryOut(SetColoursRequest& request) {
  executor().setColours(std::move(request.colours));
  return {};
}

ColourPool::Facts HostService::carryOut(ColourFactsRequest&) { return executor().colourFacts(); }

Nothing HostService::carryOut(MisdirectRequest& request) {
  executor().misdirect(request.tenant);
  return {};
}

unsigned HostService::carryOut(OpenProbeRequest&) {
  if (pool_ != nullptr) {
    probe_ = std::make_unique<ContentionProbe>(pool_->context, pool_->memory.address(), pool_->memory.sizeBytes());
  } else {
    probe_ = executor().contentionProbe();
  }
  return probe_->sms();
}

Nothing HostService::carryOut(BeginTestsRequest& request) {
  const auto& [first, second, smPairs] = request;
  if (second.size() != first.size()) throw std::logic_error("a test is of two sectors");
  probe().begin(first.data(), second.data(), first.size(), smPairs.data(), static_cast<unsigned>(smPairs.size() / 2));
  return {};
}

std::vector<uint32_t> HostService::carryOut(FinishTestsRequest& request) {
  std::vector<uint32_t> cycles(request.count);
  probe().finish(cycles.data(), cycles.size());
  return cycles;
}

Nothing HostService::carryOut(CloseProbeRequest&) {
  probe_.reset();
  return {};
}

ExecutorThread& HostService::executor() {
  if (executor_ == nullptr) throw std::logic_error("the GPU host has opened no GPU");
  return *executor_;
}

ContentionProbe& HostService::probe() {
  if (probe_ == nullptr) throw std::logic_error("the probe is closed");
  return *probe_;
}

}  // namespace missile::cuda
