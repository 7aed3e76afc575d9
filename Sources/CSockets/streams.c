#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

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
