// Programs of networks, on the CPU. src/native/addon.ts has the types.
#pragma once

#include <napi.h>

namespace missile {

// Exports runProgram.
void bindPrograms(Napi::Env env, Napi::Object exports);

}  // namespace missile
