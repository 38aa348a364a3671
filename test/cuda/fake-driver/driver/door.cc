#include "door.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>

#include "fake.h"

namespace missile::fake {

namespace {

// One line of numbers.
std::string answerTo(const std::string& question) {
  std::istringstream words(question);
  std::string verb, name;
  unsigned nth = 0;
  words >> verb;
  if (verb == "alive") {
    std::ostringstream numbers;
    numbers << fakeDeviceBytesInUse() << ' ' << fakePinnedBytesInUse() << ' ' << fakeStreamsAlive() << ' ' << fakeEventsAlive() << ' '
            << fakeGreenContextsAlive() << ' ' << fakeContextsRetained();
    return numbers.str();
  }
  if (verb == "setBlockNs") {
    uint64_t ns = 0;
    words >> ns;
    fakeSetBlockNs(ns);
    return "";
  }
  words >> name >> nth;
  if (verb == "failCall") {
    int error = 0;
    words >> error;
    fakeFailCall(name.c_str(), nth, error);
  }
  if (verb == "faultKernel") fakeFaultKernel(name.c_str(), nth);
  if (verb == "strayKernel") fakeStrayKernel(name.c_str(), nth);
  return "";
}

// Opened for both directions, a FIFO never ends.
int openFifo(const std::string& path) {
  mkfifo(path.c_str(), 0600);
  return open(path.c_str(), O_RDWR | O_CLOEXEC);
}

}  // namespace

void openDoor() {
  const char* folder = std::getenv("FAKE_CUDA_DOOR");
  if (folder == nullptr) return;
  const std::string base = std::string(folder) + "/" + std::to_string(getpid());
  const int answers = openFifo(base + ".answer");
  const int questions = openFifo(base + ".ask");
  std::thread([questions, answers] {
    std::string question;
    for (char letter; read(questions, &letter, 1) == 1;) {
      if (letter != '\n') {
        question += letter;
        continue;
      }
      const std::string answer = answerTo(question) + "\n";
      question.clear();
      if (write(answers, answer.data(), answer.size()) < 0) return;
    }
  }).detach();
}

}  // namespace missile::fake
