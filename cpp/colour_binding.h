// VRAM channels as JavaScript sees them: the test that finds them, and what was found. src/native/addon.ts has the types.
#pragma once

#include <napi.h>

#include <memory>

#include "cuda/block_map.h"
#include "cuda/colour_pool.h"
#include "cuda/remote_probe.h"

namespace missile {

// Exports ContentionProbe: with a pool of its own, in a GPU host of its own.
void bindColours(Napi::Env env, Napi::Object exports);

// A ContentionProbe of JavaScript over the pool of an open GPU, which stays open until the object is closed.
Napi::Value contentionProbeOver(Napi::Env env, std::unique_ptr<cuda::RemoteProbe> probe);

// Reads the arguments of setColours(colourOfBlock: Int16Array, lanesOfColour: Uint8Array, lanes, bePartitions: Uint8Array): colour of each
// 1 KiB block or -1; the partitions of each colour's lanes, in turn; for every number of BE's partitions from 1 on, which they are (a
// row of 0 and 1, a partition each).
cuda::PoolColours poolColoursOf(const Napi::CallbackInfo& info);

// { partitions, bePartitions, lsBlocks, lsFreeBlocks, beBlocks, beFreeBlocks, wastedBlocks, migratedBytes }
Napi::Object colourFactsObject(Napi::Env env, const cuda::ColourPool::Facts& facts);

// The map as numbers, in the order in which src/native/block-map.ts reads them.
Napi::Float64Array blockMapNumbers(Napi::Env env, const cuda::BlockMap& map);

}  // namespace missile
