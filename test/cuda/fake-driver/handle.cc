// Loads the fake driver into a Node.js process, where the addon then finds it by its name, and hands tests what fake.h offers.
#include <dlfcn.h>
#include <node_api.h>

#include <string>
#include <vector>

#include "driver/fake.h"

namespace {

void* driver = nullptr;

#define FAKE(name) reinterpret_cast<decltype(&name)>(dlsym(driver, #name))

std::vector<napi_value> argumentsOf(napi_env env, napi_callback_info info) {
  size_t count = 3;
  std::vector<napi_value> values(count);
  napi_get_cb_info(env, info, &count, values.data(), nullptr, nullptr);
  return values;
}

std::string text(napi_env env, napi_value value) {
  char buffer[1024] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, value, buffer, sizeof buffer, &length);
  return buffer;
}

int64_t integer(napi_env env, napi_value value) {
  int64_t number = 0;
  napi_get_value_int64(env, value, &number);
  return number;
}

napi_value number(napi_env env, size_t value) {
  napi_value made = nullptr;
  napi_create_int64(env, static_cast<int64_t>(value), &made);
  return made;
}

// load(path): whether it could be. It stays loaded.
napi_value load(napi_env env, napi_callback_info info) {
  driver = dlopen(text(env, argumentsOf(env, info)[0]).c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  napi_value loaded = nullptr;
  napi_get_boolean(env, driver != nullptr, &loaded);
  return loaded;
}

// alive(): what is there of each kind of thing.
napi_value alive(napi_env env, napi_callback_info) {
  napi_value object = nullptr;
  napi_create_object(env, &object);
  const auto set = [&](const char* name, size_t value) { napi_set_named_property(env, object, name, number(env, value)); };
  set("deviceBytes", FAKE(fakeDeviceBytesInUse)());
  set("pinnedBytes", FAKE(fakePinnedBytesInUse)());
  set("streams", FAKE(fakeStreamsAlive)());
  set("events", FAKE(fakeEventsAlive)());
  set("greenContexts", FAKE(fakeGreenContextsAlive)());
  set("contexts", FAKE(fakeContextsRetained)());
  return object;
}

// callsOf(call)
napi_value callsOf(napi_env env, napi_callback_info info) {
  return number(env, FAKE(fakeCallsOf)(text(env, argumentsOf(env, info)[0]).c_str()));
}

// failCall(call, nth, error)
napi_value failCall(napi_env env, napi_callback_info info) {
  const auto values = argumentsOf(env, info);
  const auto fail = FAKE(fakeFailCall);
  fail(text(env, values[0]).c_str(), static_cast<unsigned>(integer(env, values[1])), static_cast<int>(integer(env, values[2])));
  return nullptr;
}

// faultKernel(prefix, nth)
napi_value faultKernel(napi_env env, napi_callback_info info) {
  const auto values = argumentsOf(env, info);
  FAKE(fakeFaultKernel)(text(env, values[0]).c_str(), static_cast<unsigned>(integer(env, values[1])));
  return nullptr;
}

// strayKernel(prefix, nth)
napi_value strayKernel(napi_env env, napi_callback_info info) {
  const auto values = argumentsOf(env, info);
  FAKE(fakeStrayKernel)(text(env, values[0]).c_str(), static_cast<unsigned>(integer(env, values[1])));
  return nullptr;
}

// setBlockNs(ns)
napi_value setBlockNs(napi_env env, napi_callback_info info) {
  FAKE(fakeSetBlockNs)(static_cast<uint64_t>(integer(env, argumentsOf(env, info)[0])));
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const auto add = [&](const char* name, napi_callback callback) {
    napi_value function = nullptr;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  };
  add("load", load);
  add("alive", alive);
  add("callsOf", callsOf);
  add("failCall", failCall);
  add("faultKernel", faultKernel);
  add("strayKernel", strayKernel);
  add("setBlockNs", setBlockNs);
  return exports;
}
