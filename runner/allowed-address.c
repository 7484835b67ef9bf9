// allowed-address HOST [CIDR...]: resolves HOST once and prints the addresses that a worker may connect to, one a line, IPv6 in
// brackets. Refused are addresses that are not of the public Internet (the pod's own, private, link-local, shared, multicast,
// reserved), unless a CIDR holds them. Exit 3: all are refused (they are printed on stderr); 4: the name has no address now.
#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// An IPv4 address is held as ::ffff:A.B.C.D, and so is its prefix.
typedef struct { unsigned char bytes[16]; } Address;
typedef struct { Address address; int bits; } Block;

static bool within(const Address *address, const Block *block) {
  int whole = block->bits / 8, rest = block->bits % 8;
  if (memcmp(address->bytes, block->address.bytes, whole)) return false;
  return rest == 0 || (address->bytes[whole] ^ block->address.bytes[whole]) >> (8 - rest) == 0;
}

static bool is_v4(const Address *address) {
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  return memcmp(address->bytes, mapped, 12) == 0;
}

static bool parse_block(const char *text, Block *block) {
  char copy[64], *slash, *end;
  if (strlen(text) >= sizeof copy) return false;
  strcpy(copy, text);
  if ((slash = strchr(copy, '/'))) *slash = 0;
  memset(block, 0, sizeof *block);
  bool v4 = inet_pton(AF_INET, copy, block->address.bytes + 12) == 1;
  if (v4) memset(block->address.bytes + 10, 0xff, 2);
  else if (inet_pton(AF_INET6, copy, block->address.bytes) != 1) return false;
  int most = v4 ? 32 : 128;
  long bits = most;
  if (slash) {
    bits = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end || bits < 0 || bits > most) return false;
  }
  block->bits = (int)bits + (v4 ? 96 : 0);
  return true;
}

static bool in_any(const Address *address, const char *const *blocks) {
  Block block;
  for (; *blocks; blocks++)
    if (parse_block(*blocks, &block) && within(address, &block)) return true;
  return false;
}

static bool is_public(Address address) {
  static const char *const closed_v4[] = {
      "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
      // A host of Azure asks its platform at 168.63.129.16, a public address that leads nowhere else.
      "168.63.129.16/32", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
      "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", NULL};
  // Of IPv6 only global unicast is public, and of that not what carries IPv4 addresses or nothing.
  static const char *const open_v6[] = {"2000::/3", NULL};
  static const char *const closed_v6[] = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", NULL};
  static const char *const nat64[] = {"64:ff9b::/96", NULL};

  if (in_any(&address, nat64)) {
    memset(address.bytes, 0, 10);
    memset(address.bytes + 10, 0xff, 2);
  }
  if (is_v4(&address)) return !in_any(&address, closed_v4);
  return in_any(&address, open_v6) && !in_any(&address, closed_v6);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  Block block;
  for (int i = 2; i < argc; i++)
    if (!parse_block(argv[i], &block)) { fprintf(stderr, "%s is no CIDR\n", argv[i]); return 2; }

  char host[256];
  size_t length = strlen(argv[1]);
  if (length >= sizeof host) return 4;
  strcpy(host, argv[1]);
  if (host[0] == '[' && host[length - 1] == ']') { // as in a URL
    host[length - 1] = 0;
    memmove(host, host + 1, length - 1);
  }
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  int error = getaddrinfo(host, NULL, &hints, &found);
  if (error) { fprintf(stderr, "%s\n", gai_strerror(error)); return 4; }

  bool any = false;
  for (struct addrinfo *each = found; each; each = each->ai_next) {
    Address address = {{0}};
    char text[INET6_ADDRSTRLEN];
    bool v4 = each->ai_family == AF_INET;
    if (v4) {
      memset(address.bytes + 10, 0xff, 2);
      memcpy(address.bytes + 12, &((struct sockaddr_in *)each->ai_addr)->sin_addr, 4);
    } else if (each->ai_family == AF_INET6) memcpy(address.bytes, &((struct sockaddr_in6 *)each->ai_addr)->sin6_addr, 16);
    else continue;
    inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? address.bytes + 12 : address.bytes, text, sizeof text);
    if (is_public(address) || in_any(&address, (const char *const *)argv + 2)) {
      printf(v4 ? "%s\n" : "[%s]\n", text);
      any = true;
    } else fprintf(stderr, "%s\n", text);
  }
  return any ? 0 : 3;
}
