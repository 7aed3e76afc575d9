import Addresses
import CSockets
import DNS
import Glibc
import Synchronization

/// A thread that serves TCP connections (RFC 7766), with a listening socket of its own on each address:
///
///     ready ─► receive what is there ─► answer all whole frames into one buffer ─► send ─► the next one that is ready
///                      ▲                                                            │
///                      └─ the rest of a frame is kept ── what the client does not take is kept, and the client is
///                                                        not read from until it has taken it
///
/// All connections of a thread share one buffer for queries and one for replies; a connection owns memory only while
/// something of it is left over. Whole queries, and replies that get through, keep a connection open; silence and a
/// trickle of octets do not. When all places are taken, the connection that has been idle longest makes room.
final class TCPWorker: @unchecked Sendable {  // everything that changes belongs to the thread, or is atomic
    /// The most that is received at once.
    private static let readSize = 32 << 10
    /// Replies are sent in portions of about this many octets.
    private static let portion = 64 << 10
    /// Portions for one connection before the others have their turn.
    private static let portionsPerTurn = 8
    private static let longestMessage = 65_535
    /// What all connections of a thread may leave over together, octets; who would exceed it is closed.
    private static let keptLimit = 64 << 20
    private static let eventsAtOnce = 256
    private static let listenerTokens: UInt32 = 1 << 31
    private static let bellToken = UInt32.max

    private let listeners: [Int32]
    private let poll: Int32
    private let bell: Int32
    private let shared: StreamSharing
    private let reader: Epochs.Reader
    private let counters: CounterCell
    private let idleMilliseconds: UInt64

    private var table: ConnectionTable
    private var transfers: [Int32: ReplySequence] = [:]
    private var kept = 0
    /// Of the monotonic clock in milliseconds and of the wall clock in seconds; read once for each batch of events.
    private var now: UInt64 = 0
    private var seconds: UInt32 = 0
    private let ready: UnsafeMutablePointer<ninelives_event>
    private let input: UnsafeMutableRawPointer
    private let output: UnsafeMutableRawPointer

    private let isStopping = Atomic(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Takes the listening sockets over if it succeeds; nil without descriptors.
    init?(listeners: [Int32], connections: Int, shared: StreamSharing, reader: Int) {
        let poll = ninelives_events_open()
        let bell = ninelives_bell_open()
        guard poll >= 0, bell >= 0, Self.watch(poll, bell, token: Self.bellToken) == 0,
            listeners.enumerated().allSatisfy({
                Self.watch(poll, $1, token: Self.listenerTokens | UInt32($0)) == 0
            })
        else {
            for descriptor in [poll, bell] where descriptor >= 0 { close(descriptor) }
            return nil
        }
        (self.listeners, self.poll, self.bell, self.shared) = (listeners, poll, bell, shared)
        self.reader = shared.state.epochs.reader(reader)
        counters = shared.cells[reader]
        idleMilliseconds = UInt64(max(shared.limits.tcpIdle / .milliseconds(1), 1))
        table = ConnectionTable(capacity: max(connections, 1))
        ready = .allocate(capacity: Self.eventsAtOnce)
        input = .allocate(byteCount: 2 + Self.longestMessage + Self.readSize, alignment: 64)
        output = .allocate(byteCount: Self.portion + 2 + Self.longestMessage, alignment: 64)
    }

    deinit {
        for descriptor in listeners + [poll, bell] { close(descriptor) }
        ready.deallocate()
        input.deallocate()
        output.deallocate()
    }

    /// Starts the thread; false if the system has none to give.
    func start() -> Bool {
        thread.withLock { thread in
            var started = pthread_t()
            let argument = Unmanaged.passRetained(self)
            if pthread_create(&started, nil, runWorker, argument.toOpaque()) != 0 {
                argument.release()
                return false
            }
            thread = started
            return true
        }
    }

    /// Closes all connections and waits for the thread.
    func stop() {
        isStopping.store(true, ordering: .sequentiallyConsistent)
        thread.withLock { thread in
            guard let running = thread else { return }
            ninelives_bell_ring(bell)
            pthread_join(running, nil)
            thread = nil
        }
    }

    /// Waits until the descriptor can be read from, or else written to. Returns 0, or minus the error number.
    private static func watch(
        _ poll: Int32, _ descriptor: Int32, token: UInt32, forWriting: Bool = false, again: Bool = false
    ) -> Int32 {
        let interest = forWriting ? NINELIVES_WRITABLE : NINELIVES_READABLE
        return ninelives_events_watch(poll, descriptor, UInt32(interest), UInt64(token), again ? 1 : 0)
    }

    // MARK: - The thread

    fileprivate func run() {
        now = ninelives_coarse_milliseconds()
        while !isStopping.load(ordering: .relaxed) {
            let count = ninelives_events_wait(poll, ready, Int32(Self.eventsAtOnce), untilIdle())
            now = ninelives_coarse_milliseconds()
            seconds = ninelives_coarse_seconds()
            if count < 0, count != -EINTR { usleep(1000) }
            for event in 0..<Int(max(count, 0)) {
                let token = UInt32(truncatingIfNeeded: ready[event].token)
                if token < Self.listenerTokens {
                    serve(Int32(token))
                } else if token != Self.bellToken {
                    accept(listeners[Int(token & ~Self.listenerTokens)])
                }
            }
            closeIdle()
        }
        while table.longestIdle >= 0 { disconnect(table.longestIdle) }
    }

    /// Milliseconds until the longest idle connection has been idle for too long; -1: there is none.
    private func untilIdle() -> Int32 {
        guard table.longestIdle >= 0 else { return -1 }
        let end = table[table.longestIdle].pointee.activeAt + idleMilliseconds
        return end > now ? Int32(clamping: end - now) : 0
    }

    private func closeIdle() {
        while table.longestIdle >= 0, table[table.longestIdle].pointee.activeAt + idleMilliseconds <= now {
            disconnect(table.longestIdle)
        }
    }

    private func accept(_ listener: Int32) {
        for _ in 0..<64 {
            var octets: (UInt64, UInt64) = (0, 0)
            var length: Int32 = 0
            let descriptor = withUnsafeMutableBytes(of: &octets) {
                ninelives_accept(listener, $0.assumingMemoryBound(to: UInt8.self).baseAddress, &length)
            }
            switch -descriptor {
            case EAGAIN: return
            case ECONNABORTED, EINTR, EPROTO: continue
            case let error where error > 0:
                // No descriptor or no memory is left: one connection less, or a pause.
                if table.longestIdle >= 0 { makeRoom() } else { usleep(1000) }
                return
            default: break
            }
            let high = UInt64(bigEndian: octets.0)
            let low = UInt64(bigEndian: octets.1)
            add(
                descriptor,
                length == 4
                    ? .v4(IPv4Address(bits: UInt32(truncatingIfNeeded: high >> 32)))
                    : .v6(IPv6Address(bits: UInt128(high) << 64 | UInt128(low))))
        }
    }

    private func add(_ descriptor: Int32, _ address: IPAddress) {
        guard shared.clients.open(from: ClientPrefix(address)) else {
            counters.add(1, to: .tcpConnectionsRefused)
            close(descriptor)
            return
        }
        var connection = StreamConnection()
        (connection.descriptor, connection.address) = (descriptor, address)
        connection.client = AskingClient(address, over: .stream, nowSeconds: 0)
        connection.client.idleLimitTenths = UInt16(clamping: idleMilliseconds / 100)
        connection.activeAt = now
        if table.count == table.capacity { makeRoom() }
        guard let index = table.insert(connection) else { preconditionFailure("room was made") }
        counters.add(1, to: .tcpConnections)
        if Self.watch(poll, descriptor, token: UInt32(index)) == 0 { serve(index) } else { disconnect(index) }
    }

    private func makeRoom() {
        counters.add(1, to: .connectionsClosedForRoom)
        disconnect(table.longestIdle)
    }

    private func disconnect(_ index: Int32) {
        let connection = table[index]
        close(connection.pointee.descriptor)
        forget(&connection.pointee.input)
        forget(&connection.pointee.output)
        if connection.pointee.isTransferring { transfers[index] = nil }
        shared.clients.close(from: ClientPrefix(connection.pointee.address))
        table.remove(index)
    }

    // MARK: - One connection

    /// Does what can be done for a connection without waiting. What it was woken for does not matter.
    private func serve(_ index: Int32) {
        let connection = table[index]
        // Closed by an event before this one.
        guard connection.pointee.descriptor >= 0 else { return }
        if !connection.pointee.output.isEmpty, !sendKept(index) { return }
        var frames = takeKeptInput(connection)
        var mayReceive = true
        var portions = 0
        while true {
            let made = answer(&frames, index)
            if made > 0 {
                guard send(made, index, frames) else { return }
                portions += 1
                if portions == Self.portionsPerTurn { return pause(index, frames, isBlocked: true) }
                if made >= Self.portion || connection.pointee.isTransferring { continue }
            }
            guard mayReceive else { return pause(index, frames, isBlocked: false) }
            if frames.lowerBound > 0 {
                memmove(input, input + frames.lowerBound, frames.count)
                frames = 0..<frames.count
            }
            let received = Int(
                ninelives_receive(connection.pointee.descriptor, input + frames.upperBound, Self.readSize))
            if received == -Int(EAGAIN) { return pause(index, frames, isBlocked: false) }
            // All that was asked has been answered, and the replies are on their way.
            if received <= 0 { return disconnect(index) }
            frames = frames.lowerBound..<frames.upperBound + received
            mayReceive = received == Self.readSize
        }
    }

    /// Answers whole frames, from the front of `frames`, until there are none or the replies fill a portion. Returns
    /// how many octets of `output` they take.
    @inline(__always)
    private func answer(_ frames: inout Range<Int>, _ index: Int32) -> Int {
        var (made, queries, queryOctets, dropped) = (0, 0, 0, 0)
        var position = frames.lowerBound
        reader.enter()
        let source = shared.state.current.pointee
        var client = table[index].pointee.client
        client.nowSeconds = seconds
        while made < Self.portion {
            let space = UnsafeMutableRawBufferPointer(start: output + made + 2, count: Self.longestMessage)
            var replyLength = 0
            if table[index].pointee.isTransferring {
                replyLength = nextOfTransfer(index, space)
                if replyLength == 0 { continue }
            } else {
                guard let query = wholeFrame(position, frames.upperBound) else { break }
                position += 2 + query.count
                queries += 1
                queryOctets += query.count
                replyLength = DNS.answer(query, for: client, from: source, into: space)
                if replyLength < 0 { replyLength = answerElsewhere(query, index, client, source, space) }
                if replyLength == 0 {
                    if !table[index].pointee.isTransferring { dropped += 1 }
                    continue
                }
            }
            (output + made).storeBytes(of: UInt16(truncatingIfNeeded: replyLength).bigEndian, as: UInt16.self)
            counters.addReply((output + made + 2).assumingMemoryBound(to: UInt8.self), length: replyLength)
            made += 2 + replyLength
        }
        reader.leave()
        frames = position..<frames.upperBound
        if queries > 0 {
            counters.add(queries, to: .tcpQueries)
            counters.add(queryOctets, to: .queryBytes)
            if dropped > 0 { counters.add(dropped, to: .dropped) }
            table.touch(index, at: now)
        }
        return made
    }

    @inline(__always)
    private func wholeFrame(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer? {
        guard end &- start >= 2 else { return nil }
        let length = Int(UInt16(bigEndian: input.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
        guard end &- start >= 2 &+ length else { return nil }
        return UnsafeRawBufferPointer(start: input + start + 2, count: length)
    }

    // MARK: Transfers

    /// Zone transfers and signed queries: the length of the reply, 0 if there is none or a transfer begins.
    @inline(never)
    private func answerElsewhere(
        _ query: UnsafeRawBufferPointer, _ index: Int32, _ client: AskingClient, _ source: AnswerSource,
        _ space: UnsafeMutableRawBufferPointer
    ) -> Int {
        let address = table[index].pointee.address
        switch shared.transfers.reply(to: query, from: address, for: client, source: source, into: space) {
        case .silence: return 0
        case .message(let length): return length
        case .sequence(let sequence):
            transfers[index] = sequence
            table[index].pointee.isTransferring = true
            return 0
        }
    }

    /// Returns 0 when the transfer has ended.
    private func nextOfTransfer(_ index: Int32, _ space: UnsafeMutableRawBufferPointer) -> Int {
        if let length = transfers[index]?.next(into: space), length > 0 { return length }
        transfers[index] = nil
        table[index].pointee.isTransferring = false
        return 0
    }

    // MARK: What is left over

    /// Sends the first `count` octets of `output`. False if the client does not take all of it now, and the rest and
    /// `frames` are kept, or if the connection is closed.
    private func send(_ count: Int, _ index: Int32, _ frames: Range<Int>) -> Bool {
        let connection = table[index]
        var sent = Int(ninelives_send(connection.pointee.descriptor, output, count))
        if sent == count { return true }
        if sent == -Int(EAGAIN) { sent = 0 }
        guard sent >= 0,
            keep(UnsafeRawBufferPointer(start: output + sent, count: count - sent), &connection.pointee.output)
        else {
            disconnect(index)
            return false
        }
        pause(index, frames, isBlocked: true)
        return false
    }

    /// Sends replies that were left over. False if some still are, or if the connection is closed.
    private func sendKept(_ index: Int32) -> Bool {
        let connection = table[index]
        let octets = connection.pointee.output.octets
        let sent = Int(ninelives_send(connection.pointee.descriptor, octets.baseAddress, octets.count))
        if sent == -Int(EAGAIN) { return false }
        guard sent >= 0 else {
            disconnect(index)
            return false
        }
        table.touch(index, at: now)
        connection.pointee.output.drop(sent)
        if sent < octets.count { return false }
        forget(&connection.pointee.output)
        return true
    }

    private func takeKeptInput(_ connection: UnsafeMutablePointer<StreamConnection>) -> Range<Int> {
        let octets = connection.pointee.input.octets
        guard let start = octets.baseAddress, octets.count > 0 else { return 0..<0 }
        memcpy(input, start, octets.count)
        forget(&connection.pointee.input)
        return 0..<octets.count
    }

    /// Keeps what was received and not answered, until the client sends or, if it `isBlocked`, takes more.
    private func pause(_ index: Int32, _ frames: Range<Int>, isBlocked: Bool) {
        let connection = table[index]
        guard
            keep(
                UnsafeRawBufferPointer(start: input + frames.lowerBound, count: frames.count), &connection.pointee.input
            )
        else { return disconnect(index) }
        if connection.pointee.isBlocked == isBlocked { return }
        connection.pointee.isBlocked = isBlocked
        if Self.watch(poll, connection.pointee.descriptor, token: UInt32(index), forWriting: isBlocked, again: true)
            != 0
        {
            disconnect(index)
        }
    }

    private func keep(_ octets: UnsafeRawBufferPointer, _ place: inout KeptOctets) -> Bool {
        if octets.isEmpty { return true }
        guard kept + octets.count <= Self.keptLimit, place.keep(octets) else { return false }
        kept += octets.count
        return true
    }

    private func forget(_ place: inout KeptOctets) {
        if place.isEmpty { return }
        kept -= place.end
        place.free()
    }
}

private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    ninelives_name_thread("dns-tcp")
    Unmanaged<TCPWorker>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
