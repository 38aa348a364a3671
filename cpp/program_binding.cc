#include "program_binding.h"

#include <cstring>
#include <span>
#include <vector>

#include "dnn/run_program.h"
#include "guarded.h"

namespace missile {

namespace {

std::span<const std::byte> bytesOf(const Napi::Value& value) {
  const auto array = value.As<Napi::Uint8Array>();
  return std::as_bytes(std::span(array.Data(), array.ByteLength()));
}

// runProgram(program: Uint8Array, weightBytes: Float64Array, weights: Uint8Array, input: Uint8Array, isPoisoned: boolean): Uint8Array
Napi::Value runProgram(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const auto weightBytes = info[1].As<Napi::Float64Array>();
    const auto unwritten = info[4].ToBoolean() ? dnn::Unwritten::poison : dnn::Unwritten::zeros;
    const dnn::Program program = dnn::readProgram(bytesOf(info[0]));
    const std::vector<std::byte> output = dnn::runProgram(program, {weightBytes.Data(), weightBytes.ElementLength()}, bytesOf(info[2]),
                                                              bytesOf(info[3]), unwritten);
    auto array = Napi::Uint8Array::New(info.Env(), output.size());
    std::memcpy(array.Data(), output.data(), output.size());
    return array;
  });
}

}  // namespace

void bindPrograms(Napi::Env env, Napi::Object exports) { exports.Set("runProgram", Napi::Function::New(env, runProgram)); }

}  // namespace missile
