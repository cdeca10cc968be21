/* Calls run() of the program that wasm2c translated, and prints the checksum and the nanoseconds of each call. */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "program.h"

enum { calls_per_process = 12 };

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(void) {
  static Z_program_instance_t instance;
  uint64_t words[1 + calls_per_process];
  wasm_rt_init();
  Z_program_init_module();
  Z_program_instantiate(&instance);
  words[0] = Z_programZ_run(&instance);
  for (int call = 1; call <= calls_per_process; call++) {
    uint64_t before = now();
    Z_programZ_run(&instance);
    words[call] = now() - before;
  }
  return fwrite(words, sizeof words, 1, stdout) == 1 ? 0 : 1;
}
