// Lets tests reach the fake GPU of another process: fake.h by lines of text, through two FIFOs `<pid>.ask` and `<pid>.answer` in the
// folder FAKE_CUDA_DOOR. handle.ts has the other end.
#pragma once

namespace missile::fake {

// Once a process; nothing without that variable.
void openDoor();

}  // namespace missile::fake
