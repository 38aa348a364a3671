// What a native check needs of a test framework: the first thing that is not as it should be ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>

#define EXPECT(condition)                                        \
  if (!(condition)) {                                            \
    std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
    std::exit(1);                                                \
  }
