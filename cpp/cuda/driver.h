// The CUDA driver (libcuda.so.1), found at run time. Every call is a member that throws when the driver refuses it, so no
// result goes unchecked and every error carries the name of the call and the driver's name for the error.
#pragma once

#include <stdexcept>
#include <string>

#include "driver_api.h"
#include "library.h"

namespace missile::cuda {

// What the driver or NVML answered to one call.
struct CallFailed : std::runtime_error {
  CallFailed(const std::string& call, const std::string& error, int code)
      : std::runtime_error(call + ": " + error), code(code) {}
  int code;
};

class Driver {
 public:
  // The one driver of this process, initialised on first use. Throws LibraryMissing where there is none, CallFailed
  // where it finds no GPU or may not open it; a later call tries again.
  static const Driver& get();

#define CALL(symbol, name, ...)                                               \
  template <typename... Arguments>                                            \
  void name(Arguments... arguments) const {                                   \
    check(#name, symbol##_(arguments...));                                    \
  }
  MISSILE_DRIVER_CALLS(CALL)
  MISSILE_OPTIONAL_DRIVER_CALLS(CALL)
#undef CALL

  bool hasGreenContexts() const { return cuGreenCtxStreamCreate_ != nullptr; }

  // Whether everything recorded by the event has happened. Throws what went wrong on the GPU before it.
  bool isDone(CUevent event) const;

 private:
  Driver();
  void check(const char* call, CUresult result) const;

  Library library_;
  CUresult (*errorName_)(CUresult, const char**);
#define CALL(symbol, name, ...) CUresult (*symbol##_)(__VA_ARGS__);
  MISSILE_DRIVER_CALLS(CALL)
  MISSILE_OPTIONAL_DRIVER_CALLS(CALL)
#undef CALL
};

// The GPU's primary context, current on this thread while the object lives.
class ContextScope {
 public:
  ContextScope(const Driver& driver, CUcontext context) : driver_(driver) { driver_.cuCtxPushCurrent(context); }
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  const Driver& driver_;
};

}  // namespace missile::cuda
