#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(ninelives_event) == sizeof(struct epoll_event), "an event is the kernel's own");
_Static_assert((uint32_t)NINELIVES_READABLE == EPOLLIN && (uint32_t)NINELIVES_WRITABLE == EPOLLOUT, "as the kernel's");
_Static_assert((uint32_t)NINELIVES_PEER_ENDED == EPOLLRDHUP && (uint32_t)NINELIVES_BROKEN == (EPOLLERR | EPOLLHUP),
               "as the kernel's");

int64_t ninelives_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

int ninelives_processors(void) {
    cpu_set_t allowed;
    int count = sched_getaffinity(0, sizeof allowed, &allowed) < 0 ? 1 : CPU_COUNT(&allowed);
    return count < 1 ? 1 : count;
}

uint64_t ninelives_raise_open_files(void) {
    struct rlimit limits;
    if (getrlimit(RLIMIT_NOFILE, &limits) < 0) return 1024;
    struct rlimit raised = {limits.rlim_max, limits.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) < 0 ? limits.rlim_cur : raised.rlim_cur;
}

int ninelives_events_open(void) {
    int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int ninelives_events_watch(int events, int descriptor, uint32_t interest, uint64_t token, int again) {
    struct epoll_event event = {.events = interest, .data.u64 = token};
    return epoll_ctl(events, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int ninelives_events_wait(int events, ninelives_event *list, int capacity, int milliseconds) {
    int count = epoll_wait(events, (struct epoll_event *)list, capacity, milliseconds);
    return count < 0 ? -errno : count;
}

int ninelives_bell_open(void) {
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

void ninelives_bell_ring(int bell) { eventfd_write(bell, 1); }

void ninelives_bell_hush(int bell) {
    eventfd_t count;
    eventfd_read(bell, &count);
}
