#define _GNU_SOURCE
#include "CSockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { query_stride = 25 * 64, reply_stride = 21 * 64, control_size = 64 };

struct ninelives_batch_headers {
    int wants_addresses;
    struct mmsghdr *in;
    struct mmsghdr *out;
    struct iovec *in_vectors;
    struct iovec *out_vectors;
    struct sockaddr_in6 *names;  // large enough for both families
    uint8_t *controls;  // calloc aligns, and control_size keeps it
};

ninelives_batch *ninelives_batch_create(uint32_t capacity, int family, int wants_addresses) {
    ninelives_batch *batch = calloc(1, sizeof *batch);
    struct ninelives_batch_headers *headers = calloc(1, sizeof *headers);
    if (!batch || !headers) {
        free(batch);
        free(headers);
        return NULL;
    }
    batch->capacity = capacity;
    batch->queryStride = query_stride;
    batch->replyStride = reply_stride;
    batch->headers = headers;
    batch->queries = calloc(capacity, query_stride);
    batch->replies = calloc(capacity, reply_stride);
    batch->queryLengths = calloc(capacity, sizeof *batch->queryLengths);
    batch->replyLengths = calloc(capacity, sizeof *batch->replyLengths);
    batch->replyQueries = calloc(capacity, sizeof *batch->replyQueries);
    headers->wants_addresses = wants_addresses;
    headers->in = calloc(capacity, sizeof *headers->in);
    headers->out = calloc(capacity, sizeof *headers->out);
    headers->in_vectors = calloc(capacity, sizeof *headers->in_vectors);
    headers->out_vectors = calloc(capacity, sizeof *headers->out_vectors);
    headers->names = calloc(capacity, sizeof *headers->names);
    headers->controls = calloc(capacity, control_size);
    if (!batch->queries || !batch->replies || !batch->queryLengths || !batch->replyLengths || !batch->replyQueries ||
        !headers->in || !headers->out || !headers->in_vectors || !headers->out_vectors || !headers->names ||
        !headers->controls) {
        ninelives_batch_free(batch);
        return NULL;
    }
    batch->addressStride = sizeof *headers->names;
    batch->addresses = (const uint8_t *)headers->names + (family == 4 ? offsetof(struct sockaddr_in, sin_addr)
                                                                      : offsetof(struct sockaddr_in6, sin6_addr));
    for (uint32_t i = 0; i < capacity; i++) {
        headers->in_vectors[i].iov_base = batch->queries + (size_t)i * query_stride;
        headers->in_vectors[i].iov_len = query_stride;
        headers->in[i].msg_hdr.msg_iov = &headers->in_vectors[i];
        headers->in[i].msg_hdr.msg_iovlen = 1;
        headers->in[i].msg_hdr.msg_name = &headers->names[i];
        headers->in[i].msg_hdr.msg_namelen = sizeof *headers->names;
        headers->out_vectors[i].iov_base = batch->replies + (size_t)i * reply_stride;
        headers->out[i].msg_hdr.msg_iov = &headers->out_vectors[i];
        headers->out[i].msg_hdr.msg_iovlen = 1;
    }
    return batch;
}

void ninelives_batch_free(ninelives_batch *batch) {
    if (!batch) return;
    struct ninelives_batch_headers *headers = batch->headers;
    free(batch->queries);
    free(batch->replies);
    free(batch->queryLengths);
    free(batch->replyLengths);
    free(batch->replyQueries);
    free(headers->in);
    free(headers->out);
    free(headers->in_vectors);
    free(headers->out_vectors);
    free(headers->names);
    free(headers->controls);
    free(headers);
    free(batch);
}

int ninelives_batch_receive(ninelives_batch *batch, int descriptor) {
    struct ninelives_batch_headers *headers = batch->headers;
    for (uint32_t i = 0; i < batch->capacity; i++) {
        headers->in[i].msg_hdr.msg_namelen = sizeof *headers->names;
        if (headers->wants_addresses) {
            headers->in[i].msg_hdr.msg_control = headers->controls + (size_t)i * control_size;
            headers->in[i].msg_hdr.msg_controllen = control_size;
        }
    }
    int count = recvmmsg(descriptor, headers->in, batch->capacity, MSG_WAITFORONE, NULL);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) batch->queryLengths[i] = headers->in[i].msg_len;
    return count;
}

size_t ninelives_batch_client(const ninelives_batch *batch, uint32_t index, uint8_t octets[16]) {
    const struct sockaddr_in6 *name = &batch->headers->names[index];
    if (name->sin6_family == AF_INET6) {
        memcpy(octets, &name->sin6_addr, 16);
        return 16;
    }
    memcpy(octets, &((const struct sockaddr_in *)name)->sin_addr, 4);
    return 4;
}

// Makes of the address a datagram was sent to the address its reply comes from. The interface is left to routing,
// except where an address means nothing without it.
static void reply_from_there(struct msghdr *query) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(query); part; part = CMSG_NXTHDR(query, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            ((struct in_pktinfo *)CMSG_DATA(part))->ipi_ifindex = 0;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *address = (struct in6_pktinfo *)CMSG_DATA(part);
            if (!IN6_IS_ADDR_LINKLOCAL(&address->ipi6_addr)) address->ipi6_ifindex = 0;
        }
    }
}

// One datagram that cannot be sent (no route, refused by a filter) does not hold up the ones behind it.
static int send_all(struct mmsghdr *out, int descriptor, uint32_t count) {
    uint32_t sent = 0;
    int failed = 0;
    while (sent < count) {
        int result = sendmmsg(descriptor, out + sent, count - sent, 0);
        if (result > 0) {
            sent += (uint32_t)result;
        } else if (errno != EINTR) {
            sent += 1;
            failed += 1;
        }
    }
    return failed;
}

int ninelives_batch_send(ninelives_batch *batch, int descriptor, uint32_t count) {
    struct ninelives_batch_headers *headers = batch->headers;
    for (uint32_t j = 0; j < count; j++) {
        struct msghdr *query = &headers->in[batch->replyQueries[j]].msg_hdr;
        struct msghdr *reply = &headers->out[j].msg_hdr;
        headers->out_vectors[j].iov_len = batch->replyLengths[j];
        reply->msg_name = query->msg_name;
        reply->msg_namelen = query->msg_namelen;
        if (headers->wants_addresses) {
            reply_from_there(query);
            reply->msg_control = query->msg_control;
            reply->msg_controllen = query->msg_controllen;
        }
    }
    return send_all(headers->out, descriptor, count);
}

int ninelives_batch_send_connected(ninelives_batch *batch, int descriptor, uint32_t count) {
    struct ninelives_batch_headers *headers = batch->headers;
    for (uint32_t j = 0; j < count; j++) {
        headers->out_vectors[j].iov_len = batch->replyLengths[j];
        headers->out[j].msg_hdr.msg_name = NULL;
        headers->out[j].msg_hdr.msg_namelen = 0;
    }
    return send_all(headers->out, descriptor, count);
}
