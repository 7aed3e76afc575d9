#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int ninelives_poll_create(void) {
    int poll = epoll_create1(EPOLL_CLOEXEC);
    return poll < 0 ? -errno : poll;
}

static int control(int poll, int operation, int descriptor, uint32_t token, int for_writing) {
    struct epoll_event event = {.events = for_writing ? EPOLLOUT : EPOLLIN, .data.u32 = token};
    return epoll_ctl(poll, operation, descriptor, &event) < 0 ? -errno : 0;
}

int ninelives_poll_add(int poll, int descriptor, uint32_t token, int for_writing) {
    return control(poll, EPOLL_CTL_ADD, descriptor, token, for_writing);
}

int ninelives_poll_change(int poll, int descriptor, uint32_t token, int for_writing) {
    return control(poll, EPOLL_CTL_MOD, descriptor, token, for_writing);
}

int ninelives_poll_wait(int poll, uint32_t *tokens, int capacity, int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(poll, events, capacity < 256 ? capacity : 256, milliseconds);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u32;
    return count;
}

int ninelives_bell_create(void) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell < 0 ? -errno : bell;
}

void ninelives_bell_ring(int bell) {
    uint64_t one = 1;
    while (write(bell, &one, sizeof one) < 0 && errno == EINTR) continue;
}

int ninelives_accept(int listener, uint8_t *octets, int *length) {
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int descriptor = accept4(listener, (struct sockaddr *)&name, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    if (name.ss_family == AF_INET) {
        memcpy(octets, &((struct sockaddr_in *)&name)->sin_addr, 4);
        *length = 4;
    } else {
        memcpy(octets, &((struct sockaddr_in6 *)&name)->sin6_addr, 16);
        *length = 16;
    }
    return descriptor;
}

int64_t ninelives_receive(int descriptor, void *octets, size_t capacity) {
    ssize_t count;
    do count = recv(descriptor, octets, capacity, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

int64_t ninelives_send(int descriptor, const void *octets, size_t count) {
    ssize_t sent;
    do sent = send(descriptor, octets, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

uint64_t ninelives_coarse_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t ninelives_allow_descriptors(uint64_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
    if (limit.rlim_cur >= wanted) return limit.rlim_cur;
    struct rlimit raised = limit;
    raised.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) < 0) return limit.rlim_cur;
    return raised.rlim_cur;
}
