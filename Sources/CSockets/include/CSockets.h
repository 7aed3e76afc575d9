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
/// TCP: with `shared`, listening, with a backlog as long as the system allows, beside others on the same port;
/// without, only bound, to find out whether the port is free.
int ninelives_open_tcp(const uint8_t *octets, size_t length, uint16_t port, int shared);
/// TCP: non-blocking, beginning to connect; `is_open` says whether the connection is there already.
int ninelives_start_tcp(const uint8_t *octets, size_t length, uint16_t port, int *is_open);
/// An unbound UDP socket that is connected to the address, for load generators.
int ninelives_connect_udp(const uint8_t *octets, size_t length, uint16_t port);
/// A TCP connection to the address, without delay for small segments.
int ninelives_connect_tcp(const uint8_t *octets, size_t length, uint16_t port);

/// The local port of a bound socket, 0 if it has none.
uint16_t ninelives_local_port(int descriptor);
/// Seconds since 1970, from the clock that costs least to ask.
uint32_t ninelives_coarse_seconds(void);
/// Ends the receives that block on the socket, and all later ones.
void ninelives_wake(int descriptor);
/// Lets receives end with nothing after so many milliseconds.
void ninelives_set_receive_timeout(int descriptor, int milliseconds);
/// Binds the calling thread to one processor; 0 if it worked.
int ninelives_pin_to_processor(int processor);
/// Names the calling thread (15 characters at most).
void ninelives_name_thread(const char *name);
/// Processor time, user and system, of a process in nanoseconds; 0 if there is none of that number.
uint64_t ninelives_processor_nanoseconds(int process);
/// Asks the kernel to put whole pages of 2 MiB behind what lies in this memory, now if it can do so (Linux 6.1), so
/// that reading here and there in it finds addresses sooner. What is smaller stays as it is.
void ninelives_use_large_pages(const void *start, size_t size);
/// Takes the pages of the program's own file out of this process; what is used again comes back by itself, from the
/// system's cache. Most of what starting reads (types, conformances, relocations) is never read again.
void ninelives_release_program_pages(void);
/// Gives memory that was used once, for much at a time, back to the system.
void ninelives_release_free_memory(void);
/// Has the allocator keep little that is free: what is large is given back at once, and few threads have a heap of their
/// own. Called before there are threads.
void ninelives_tune_memory(void);

/// Room for a batch of datagrams and their replies. Query `i` lies at `queries + i * queryStride`, and is
/// `queryLengths[i]` octets long; reply `j` goes to `replies + j * replyStride`, with its length in `replyLengths[j]`
/// and the query it belongs to in `replyQueries[j]`. The address that query `i` came from lies, in network order, at
/// `addresses + i * addressStride`; what family it has is known from the socket.
///
/// The strides are no powers of two, so that the batch does not crowd into a few cache sets.
typedef struct {
    uint32_t capacity;
    uint32_t queryStride;
    uint32_t replyStride;
    uint32_t addressStride;
    uint8_t *queries;
    uint8_t *replies;
    const uint8_t *addresses;
    uint32_t *queryLengths;
    uint32_t *replyLengths;
    uint32_t *replyQueries;
    struct ninelives_batch_headers *headers;
} ninelives_batch;

/// `capacity` is 1–1024, `family` the socket's: 4 or 6. With `wants_addresses`, replies leave from the address that was
/// asked. Returns NULL without memory.
ninelives_batch *ninelives_batch_create(uint32_t capacity, int family, int wants_addresses);
void ninelives_batch_free(ninelives_batch *batch);
/// Waits for a datagram, then takes what else is there already. Returns how many, or minus the error number.
int ninelives_batch_receive(ninelives_batch *batch, int descriptor);
/// Writes the address that query `index` came from; returns its length, 4 or 16.
size_t ninelives_batch_client(const ninelives_batch *batch, uint32_t index, uint8_t octets[16]);
/// Sends the first `count` replies, each to where its query came from. Returns how many could not be sent.
int ninelives_batch_send(ninelives_batch *batch, int descriptor, uint32_t count);
/// The same on a connected socket, without addresses: sends the first `count` of `replies`.
int ninelives_batch_send_connected(ninelives_batch *batch, int descriptor, uint32_t count);

/// Nanoseconds of the monotonic clock.
int64_t ninelives_monotonic_nanoseconds(void);
/// How many processors this process may run on (sched_getaffinity), at least 1.
int ninelives_processors(void);
/// Raises the limit of open files (RLIMIT_NOFILE) as far as it goes and returns it.
uint64_t ninelives_raise_open_files(void);

/// What a watched descriptor is ready for; the kernel's own numbers.
enum {
    NINELIVES_READABLE = 0x001,
    NINELIVES_WRITABLE = 0x004,
    /// An error, or both directions are closed (always watched).
    NINELIVES_BROKEN = 0x018,
    /// The other side will send no more.
    NINELIVES_PEER_ENDED = 0x2000,
};

/// One ready descriptor, laid out as the kernel does.
typedef struct {
    uint32_t ready;
    uint64_t token;
}
#if defined(__x86_64__)
__attribute__((packed))
#endif
ninelives_event;

/// A set of watched descriptors (epoll). Each returns minus the error number if it fails; `again` changes what is
/// watched already. A descriptor leaves the set when it is closed.
int ninelives_events_open(void);
int ninelives_events_watch(int events, int descriptor, uint32_t interest, uint64_t token, int again);
/// Waits so many milliseconds at most (-1: for ever) and returns how many are ready.
int ninelives_events_wait(int events, ninelives_event *list, int capacity, int milliseconds);
/// A descriptor that becomes readable when it is rung, until it is hushed.
int ninelives_bell_open(void);
void ninelives_bell_ring(int bell);
void ninelives_bell_hush(int bell);

/// Accepts one connection, non-blocking; the client's address, 4 or 16 octets (`length`), goes to `octets`.
/// Returns its descriptor, or minus the error number.
int ninelives_accept(int listener, uint8_t *octets, int *length);
/// Receives or sends what is possible without waiting. Returns how much (0 from receive: the other side has said
/// all), or minus the error number.
int64_t ninelives_receive(int descriptor, void *octets, size_t capacity);
int64_t ninelives_send(int descriptor, const void *octets, size_t count);

/// Milliseconds of the monotonic clock, some milliseconds behind and cheap to ask.
uint64_t ninelives_coarse_milliseconds(void);

#endif
