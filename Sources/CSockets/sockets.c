#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static socklen_t fill_address(struct sockaddr_storage *storage, const uint8_t *octets, size_t length, uint16_t port) {
    memset(storage, 0, sizeof *storage);
    if (length == 4) {
        struct sockaddr_in *name = (struct sockaddr_in *)storage;
        name->sin_family = AF_INET;
        name->sin_port = htons(port);
        memcpy(&name->sin_addr, octets, 4);
        return sizeof *name;
    }
    struct sockaddr_in6 *name = (struct sockaddr_in6 *)storage;
    name->sin6_family = AF_INET6;
    name->sin6_port = htons(port);
    memcpy(&name->sin6_addr, octets, 16);
    return sizeof *name;
}

static int is_wildcard(const uint8_t *octets, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (octets[i]) return 0;
    return 1;
}

static int set_option(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value);
}

static int fail(int descriptor) {
    int error = errno;
    close(descriptor);
    return -error;
}

int ninelives_open_udp(const uint8_t *octets, size_t length, uint16_t port, int shared) {
    int family = length == 4 ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (family == AF_INET6 && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) return fail(descriptor);
    if (shared && set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return fail(descriptor);
    if (is_wildcard(octets, length)) {
        int failed = family == AF_INET ? set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1)
                                       : set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        if (failed < 0) return fail(descriptor);
    }
    // Best effort: long queues for bursts, and no path MTU that a forged ICMP message could shrink.
    set_option(descriptor, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    set_option(descriptor, SOL_SOCKET, SO_SNDBUF, 4 << 20);
    if (family == AF_INET)
        set_option(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    else
        set_option(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    struct sockaddr_storage name;
    socklen_t size = fill_address(&name, octets, length, port);
    if (bind(descriptor, (struct sockaddr *)&name, size) < 0) return fail(descriptor);
    return descriptor;
}

int ninelives_open_tcp(const uint8_t *octets, size_t length, uint16_t port, int shared) {
    int family = length == 4 ? AF_INET : AF_INET6;
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -errno;
    if (family == AF_INET6 && set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) return fail(descriptor);
    if (set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return fail(descriptor);
    if (shared && set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return fail(descriptor);
    struct sockaddr_storage name;
    socklen_t size = fill_address(&name, octets, length, port);
    if (bind(descriptor, (struct sockaddr *)&name, size) < 0) return fail(descriptor);
    if (!shared) return descriptor;
    // Connections inherit it. Fast Open is best effort (RFC 7413; a query may be repeated without harm).
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_FASTOPEN, 256);
    if (listen(descriptor, SOMAXCONN) < 0) return fail(descriptor);
    return descriptor;
}

int ninelives_start_tcp(const uint8_t *octets, size_t length, uint16_t port, int *is_open) {
    int descriptor = socket(length == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    struct sockaddr_storage name;
    socklen_t size = fill_address(&name, octets, length, port);
    *is_open = connect(descriptor, (struct sockaddr *)&name, size) == 0;
    if (*is_open) return descriptor;
    if (errno != EINPROGRESS) return fail(descriptor);
    // A near server has answered already, although connect did not wait: sending nothing tells.
    *is_open = send(descriptor, "", 0, MSG_NOSIGNAL) == 0;
    if (!*is_open && errno != EAGAIN) return fail(descriptor);
    return descriptor;
}

int ninelives_connect_udp(const uint8_t *octets, size_t length, uint16_t port) {
    int descriptor = socket(length == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    set_option(descriptor, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    set_option(descriptor, SOL_SOCKET, SO_SNDBUF, 4 << 20);
    struct sockaddr_storage name;
    socklen_t size = fill_address(&name, octets, length, port);
    if (connect(descriptor, (struct sockaddr *)&name, size) < 0) return fail(descriptor);
    return descriptor;
}

int ninelives_connect_tcp(const uint8_t *octets, size_t length, uint16_t port) {
    int descriptor = socket(length == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    struct sockaddr_storage name;
    socklen_t size = fill_address(&name, octets, length, port);
    if (connect(descriptor, (struct sockaddr *)&name, size) < 0) return fail(descriptor);
    return descriptor;
}

uint16_t ninelives_local_port(int descriptor) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    if (getsockname(descriptor, (struct sockaddr *)&name, &size) < 0) return 0;
    if (name.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&name)->sin_port);
    if (name.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&name)->sin6_port);
    return 0;
}

uint32_t ninelives_coarse_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint32_t)now.tv_sec;
}

// Linux refuses to shut an unconnected socket down, but wakes its readers all the same.
void ninelives_wake(int descriptor) { shutdown(descriptor, SHUT_RD); }

void ninelives_set_receive_timeout(int descriptor, int milliseconds) {
    struct timeval limit = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

int ninelives_pin_to_processor(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void ninelives_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

uint64_t ninelives_processor_nanoseconds(int process) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// The first object is the program itself.
static int release_pages(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + segment->p_vaddr, first = start & ~(page - 1);
        madvise((void *)first, start + segment->p_filesz - first, MADV_DONTNEED);
    }
    return 1;
}

void ninelives_release_program_pages(void) { dl_iterate_phdr(release_pages, NULL); }

void ninelives_release_free_memory(void) { malloc_trim(0); }

void ninelives_tune_memory(void) {
    // Left to itself, glibc takes what is freed once as a sign to keep as much in the heap from then on, 32 MiB at most,
    // between things that stay.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_ARENA_MAX, 4);
}

void ninelives_use_large_pages(const void *start, size_t size) {
    const uintptr_t large = 2u << 20;
    uintptr_t first = ((uintptr_t)start + large - 1) & ~(large - 1), end = ((uintptr_t)start + size) & ~(large - 1);
    if (first >= end) return;
    madvise((void *)first, end - first, MADV_HUGEPAGE);
#ifdef MADV_COLLAPSE
    madvise((void *)first, end - first, MADV_COLLAPSE);
#else
    madvise((void *)first, end - first, 25);
#endif
}
