/*
 * The only program of the Linux subject: says hello as the first process, then loads the network's modules
 * (/modules/00.ko and up, in order), takes QEMU's user network address and answers every request with the same text.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char hello[] = "hello from linux\n";
static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n";

static void check(int result, const char *what) {
  if (result < 0) perror(what);
}

static void load_modules(void) {
  for (int i = 0;; i++) {
    char path[32];
    snprintf(path, sizeof path, "/modules/%02d.ko", i);
    int module = open(path, O_RDONLY);
    if (module < 0) return;
    check(syscall(SYS_finit_module, module, "", 0), path);
    close(module);
  }
}

static void set_address(int control, unsigned long request_code, const char *address) {
  struct ifreq request = {.ifr_name = "eth0"};
  struct sockaddr_in *value = (struct sockaddr_in *)&request.ifr_addr;
  value->sin_family = AF_INET;
  value->sin_addr.s_addr = inet_addr(address);
  check(ioctl(control, request_code, &request), address);
}

int main(void) {
  check(write(1, hello, sizeof hello - 1), "console");
  load_modules();
  int server = socket(AF_INET, SOCK_STREAM, 0);
  set_address(server, SIOCSIFADDR, "10.0.2.15");
  set_address(server, SIOCSIFNETMASK, "255.255.255.0");
  struct ifreq up = {.ifr_name = "eth0", .ifr_flags = IFF_UP | IFF_RUNNING};
  check(ioctl(server, SIOCSIFFLAGS, &up), "eth0");
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(8080)};
  check(bind(server, (struct sockaddr *)&any, sizeof any), "bind");
  check(listen(server, 64), "listen");
  for (;;) {
    char request[4096];
    int connection = accept(server, 0, 0);
    if (read(connection, request, sizeof request) > 0) check(write(connection, answer, sizeof answer - 1), "answer");
    close(connection);
  }
}
