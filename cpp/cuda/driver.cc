#include "driver.h"

namespace missile::cuda {

namespace {

template <typename Function>
void bind(Function*& function, void* symbol) {
  function = reinterpret_cast<Function*>(symbol);
}

}  // namespace

Driver::Driver() : library_("libcuda.so.1") {
  bind(errorName_, library_.require("cuGetErrorName"));
#define CALL(symbol, name, ...) bind(symbol##_, library_.require(#symbol));
  MISSILE_DRIVER_CALLS(CALL)
#undef CALL
#define CALL(symbol, name, ...) bind(symbol##_, library_.find(#symbol));
  MISSILE_OPTIONAL_DRIVER_CALLS(CALL)
#undef CALL
  cuInit(0u);
}

const Driver& Driver::get() {
  // Never destroyed: contexts may outlive any order of static destructors.
  static const Driver* const driver = new Driver();
  return *driver;
}

void Driver::check(const char* call, CUresult result) const {
  if (result == CUDA_SUCCESS) return;
  const char* name = nullptr;
  if (errorName_(result, &name) != CUDA_SUCCESS || name == nullptr) name = "unknown error";
  throw CallFailed(call, name, result);
}

bool Driver::isDone(CUevent event) const {
  const CUresult result = cuEventQuery_(event);
  if (result == CUDA_ERROR_NOT_READY) return false;
  check("cuEventQuery", result);
  return true;
}

ContextScope::~ContextScope() {
  try {
    CUcontext popped;
    driver_.cuCtxPopCurrent(&popped);
  } catch (const CallFailed&) {
    // The context is lost, and with it nothing is current.
  }
}

}  // namespace missile::cuda
