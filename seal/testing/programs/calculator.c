/* Reads programs of a small language from standard input, runs them, then packs and unpacks what they printed. */
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char source[1 << 16], printed[1 << 18];
static const char *at;
static size_t printedSize;
static double variables[26];

static void say(const char *format, double value) {
  printedSize += snprintf(printed + printedSize, sizeof printed - printedSize, format, value);
}

static void skip(void) { while (isspace((unsigned char)*at)) at++; }
static int take(const char *word) {
  skip();
  size_t size = strlen(word);
  if (strncmp(at, word, size) != 0) return 0;
  at += size;
  return 1;
}

static double expression(void);

static double factor(void) {
  skip();
  if (take("(")) { double value = expression(); take(")"); return value; }
  if (take("-")) return -factor();
  if (take("sqrt")) return sqrt(factor());
  if (take("sin")) return sin(factor());
  if (take("exp")) return exp(factor());
  if (take("floor")) return floor(factor());
  if (isalpha((unsigned char)*at)) return variables[*at++ - 'a'];
  char *end;
  double value = strtod(at, &end);
  if (end == at) { fprintf(stderr, "what is '%.10s'?\n", at); exit(3); }
  at = end;
  return value;
}

static double power(void) { double value = factor(); return take("^") ? pow(value, power()) : value; }

static double term(void) {
  double value = power();
  for (;;) {
    if (take("*")) value *= power();
    else if (take("/")) value /= power();
    else if (take("%")) value = fmod(value, power());
    else return value;
  }
}

static double sum(void) {
  double value = term();
  for (;;) {
    if (take("+")) value += term();
    else if (take("-")) value -= term();
    else return value;
  }
}

static double expression(void) {
  double value = sum();
  if (take("<")) return value < sum();
  if (take(">")) return value > sum();
  if (take("==")) return value == sum();
  return value;
}

static void statement(int runs);

static void block(int runs) { while (!take("}")) statement(runs); }

static void statement(int runs) {
  if (take("while")) {
    const char *start = at;
    do {
      at = start;
      int again = expression() != 0;
      take("{");
      block(runs && again);
      if (!again) break;
    } while (runs);
  } else if (take("if")) {
    int holds = expression() != 0;
    take("{");
    block(runs && holds);
    if (take("else")) { take("{"); block(runs && !holds); }
  } else if (take("print")) {
    double value = expression();
    if (runs) { say("%.15g ", value); say("%a\n", value); }
  } else {
    skip();
    int name = *at++;
    take("=");
    double value = expression();
    if (runs) variables[name - 'a'] = value;
  }
  take(";");
}

/* Matches of 3 to 18 bytes within the last 4095, flags for eight items in a byte before them. */
static size_t pack(const uint8_t *in, size_t size, uint8_t *out) {
  static int heads[4096];
  memset(heads, -1, sizeof heads);
  size_t used = 0, flags = 0;
  int items = 8;
  for (size_t i = 0; i < size; items++) {
    if (items == 8) { items = 0; flags = used++; out[flags] = 0; }
    size_t best = 0, distance = 0;
    if (i + 3 <= size) {
      uint32_t hash = (in[i] * 2654435761u ^ in[i + 1] * 40503u ^ in[i + 2] * 97u) % 4096;
      int candidate = heads[hash];
      heads[hash] = (int)i;
      if (candidate >= 0 && i - (size_t)candidate < 4096) {
        while (best < 18 && i + best < size && in[candidate + best] == in[i + best]) best++;
        distance = i - (size_t)candidate;
      }
    }
    if (best >= 3) {
      out[flags] |= (uint8_t)(1 << items);
      out[used++] = (uint8_t)distance;
      out[used++] = (uint8_t)((distance >> 8) << 4 | (best - 3));
      i += best;
    } else out[used++] = in[i++];
  }
  return used;
}

static size_t unpack(const uint8_t *in, size_t size, uint8_t *out) {
  size_t used = 0;
  for (size_t i = 0; i < size;) {
    uint8_t flags = in[i++];
    for (int item = 0; item < 8 && i < size; item++) {
      if ((flags >> item & 1) == 0) { out[used++] = in[i++]; continue; }
      size_t distance = in[i] | (size_t)(in[i + 1] >> 4) << 8, length = (in[i + 1] & 15) + 3u;
      i += 2;
      for (; length > 0; length--, used++) out[used] = out[used - distance];
    }
  }
  return used;
}

static uint32_t checksum(const uint8_t *bytes, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  return ~crc;
}

static int byBytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(void) {
  size_t size = fread(source, 1, sizeof source - 1, stdin);
  source[size] = 0;
  for (at = source; skip(), *at != 0;) statement(1);
  uint8_t *packed = malloc(sizeof printed * 2), *unpacked = malloc(sizeof printed);
  size_t packedSize = pack((uint8_t *)printed, printedSize, packed);
  size_t unpackedSize = unpack(packed, packedSize, unpacked);
  int same = unpackedSize == printedSize && memcmp(unpacked, printed, printedSize) == 0;
  fwrite(printed, 1, printedSize, stdout);
  printf("%zu bytes, packed %zu, %s, crc %08x of %08x\n", printedSize, packedSize, same ? "same" : "different",
         checksum(packed, packedSize), checksum((uint8_t *)printed, printedSize));
  char **lines = malloc(sizeof(char *) * 65536);
  int count = 0;
  for (char *line = strtok(printed, "\n"); line != NULL; line = strtok(NULL, "\n")) lines[count++] = line;
  qsort(lines, (size_t)count, sizeof(char *), byBytes);
  for (int i = 0; i < count; i += 97) printf("%d: %s\n", i, lines[i]);
  return same ? 7 : 1;
}
