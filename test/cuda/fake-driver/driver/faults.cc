#include "faults.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace missile::fake {

namespace {

// Calls plan(name, nth, error) for each "name:nth=error" of a list; an nth that is absent is 1.
template <typename Plan>
void parse(const std::string& list, Plan plan) {
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ',');) {
    const size_t colon = item.find(':'), equals = item.find('=');
    const unsigned nth = colon == std::string::npos ? 1 : static_cast<unsigned>(std::atoi(item.c_str() + colon + 1));
    const CUresult error = equals == std::string::npos ? CUDA_ERROR_LAUNCH_FAILED : std::atoi(item.c_str() + equals + 1);
    plan(item.substr(0, std::min(colon, equals)), nth, error);
  }
}

}  // namespace

Faults::Faults(const Settings& settings) {
  parse(settings.failCalls, [&](const std::string& name, unsigned nth, CUresult error) { failCall(name, nth, error); });
  parse(settings.faultKernels, [&](const std::string& name, unsigned nth, CUresult) { failLaunch(name, nth, Mishap::fault); });
  parse(settings.strayKernels, [&](const std::string& name, unsigned nth, CUresult) { failLaunch(name, nth, Mishap::stray); });
}

void Faults::failCall(const std::string& call, unsigned nth, CUresult error) { calls_.push_back({call, nth, error}); }

void Faults::failLaunch(const std::string& prefix, unsigned nth, Mishap mishap) { launches_.push_back({prefix, nth, mishap}); }

CUresult Faults::onCall(const char* call) {
  const auto counted = counts_.find(call);
  if (counted == counts_.end()) counts_.emplace(call, 1);
  else counted->second++;
  CUresult answer = CUDA_SUCCESS;
  for (auto& planned : calls_) {
    if (planned.name == call && planned.left > 0 && --planned.left == 0) answer = planned.outcome;
  }
  return answer;
}

Mishap Faults::onLaunch(const std::string& kernel) {
  Mishap mishap = Mishap::none;
  for (auto& planned : launches_) {
    if (kernel.starts_with(planned.name) && planned.left > 0 && --planned.left == 0) mishap = planned.outcome;
  }
  return mishap;
}

size_t Faults::callsOf(const std::string& call) const {
  const auto counted = counts_.find(call);
  return counted == counts_.end() ? 0 : counted->second;
}

}  // namespace missile::fake
