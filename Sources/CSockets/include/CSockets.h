// Datagrams in batches, and the socket options that Swift cannot spell: what DNSServer's UDP workers stand on.
#ifndef NINELIVES_CSOCKETS_H
#define NINELIVES_CSOCKETS_H

#include <stddef.h>
#include <stdint.h>

/// Opens a socket of one kind and binds it: `octets` is an address of `length` 4 or 16 in network order.
/// IPv6 sockets take IPv6 only. Each returns the descriptor, or minus the error number.
///
/// UDP: `shared` lets several sockets share the port (SO_REUSEPORT); a wildcard address also gets
/// IP_PKTINFO / IPV6_RECVPKTINFO, so that replies can leave from the address that was asked.
int ninelives_open_udp(const uint8_t *octets, size_t length, uint16_t port, int shared);
/// TCP: listening, with a backlog as long as the system allows.
int ninelives_open_tcp(const uint8_t *octets, size_t length, uint16_t port);
/// An unbound UDP socket that is connected to the address, for load generators.
int ninelives_connect_udp(const uint8_t *octets, size_t length, uint16_t port);

/// The local port of a bound socket, 0 if it has none.
uint16_t ninelives_local_port(int descriptor);
/// Ends the receives that block on the socket, and all later ones.
void ninelives_wake(int descriptor);
/// Lets receives end with nothing after so many milliseconds.
void ninelives_set_receive_timeout(int descriptor, int milliseconds);
/// Binds the calling thread to one processor; 0 if it worked.
int ninelives_pin_to_processor(int processor);
/// Names the calling thread (15 characters at most).
void ninelives_name_thread(const char *name);
/// Processor time, user and system, of a process in nanoseconds (/proc/PID/stat; 0 if it cannot be read).
uint64_t ninelives_processor_nanoseconds(int process);

/// Room for a batch of datagrams and their replies. Query `i` lies at `queries + i * queryStride`, and is
/// `queryLengths[i]` octets long; reply `j` goes to `replies + j * replyStride`, with its length in `replyLengths[j]`
/// and the query it belongs to in `replyQueries[j]`.
///
/// The strides are no powers of two, so that the batch does not crowd into a few cache sets.
typedef struct {
    uint32_t capacity;
    uint32_t queryStride;
    uint32_t replyStride;
    uint8_t *queries;
    uint8_t *replies;
    uint32_t *queryLengths;
    uint32_t *replyLengths;
    uint32_t *replyQueries;
    struct ninelives_batch_headers *headers;
} ninelives_batch;

/// `capacity` is 1–1024. Returns NULL without memory.
ninelives_batch *ninelives_batch_create(uint32_t capacity, int wants_addresses);
void ninelives_batch_free(ninelives_batch *batch);
/// Waits for a datagram, then takes what else is there already. Returns how many, or minus the error number.
int ninelives_batch_receive(ninelives_batch *batch, int descriptor);
/// Writes the address that query `index` came from; returns its length, 4 or 16.
size_t ninelives_batch_client(const ninelives_batch *batch, uint32_t index, uint8_t octets[16]);
/// Sends the first `count` replies, each to where its query came from. Returns how many could not be sent.
int ninelives_batch_send(ninelives_batch *batch, int descriptor, uint32_t count);
/// The same on a connected socket, without addresses: sends the first `count` of `replies`.
int ninelives_batch_send_connected(ninelives_batch *batch, int descriptor, uint32_t count);

#endif
