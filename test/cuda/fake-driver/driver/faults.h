// What tests want to go wrong: calls that fail, kernels that leave their memory.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "errors.h"
#include "settings.h"
#include "twins.h"

namespace missile::fake {

class Faults {
 public:
  explicit Faults(const Settings& settings);

  // The nth call, the nth launch from now on.
  void failCall(const std::string& call, unsigned nth, CUresult error);
  void failLaunch(const std::string& prefix, unsigned nth, Mishap mishap);

  // Counts a call; what it is to answer, CUDA_SUCCESS if nothing is wrong with it.
  CUresult onCall(const char* call);
  // Counts a launch.
  Mishap onLaunch(const std::string& kernel);
  size_t callsOf(const std::string& call) const;

 private:
  template <typename Outcome>
  struct Planned {
    std::string name;
    unsigned left;  // calls or launches until it strikes
    Outcome outcome;
  };
  std::vector<Planned<CUresult>> calls_;
  std::vector<Planned<Mishap>> launches_;
  std::map<std::string, size_t, std::less<>> counts_;
};

}  // namespace missile::fake
