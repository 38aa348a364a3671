// What C++ throws becomes an error of JavaScript.
#pragma once

#include <napi.h>

#include <stdexcept>
#include <string>

namespace missile {

// The body's result; a logic_error is told as "bug: ...", since only a bug can be its cause.
template <typename Body>
decltype(auto) guarded(Napi::Env env, Body body) {
  try {
    return body();
  } catch (const std::logic_error& error) {
    throw Napi::Error::New(env, std::string("bug: ") + error.what());
  } catch (const std::runtime_error& error) {
    throw Napi::Error::New(env, error.what());
  }
}

}  // namespace missile
