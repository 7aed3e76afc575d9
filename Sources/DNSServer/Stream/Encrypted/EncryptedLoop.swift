import Addresses
import CSockets
import DNS
import NIOCore

/// What the encrypted connections of one event loop share: all of it is used by that loop's thread alone.
final class EncryptedLoop: @unchecked Sendable {  // handed over when the loop starts, then the loop's own
    let shared: StreamSharing
    let reader: Epochs.Reader
    let counters: CounterCell
    /// A reply is composed here and copied behind the others that go out together.
    let scratch: UnsafeMutableRawBufferPointer
    private let capacity: Int
    private var open: [ObjectIdentifier: EncryptedConnection] = [:]

    init(shared: StreamSharing, reader: Int, capacity: Int) {
        self.shared = shared
        self.reader = shared.state.epochs.reader(reader)
        self.capacity = max(capacity, 1)
        counters = shared.cells[reader]
        scratch = .allocate(byteCount: 65_535, alignment: 16)
    }

    deinit { scratch.deallocate() }

    /// Counts a connection; if all places are taken, the one that has been idle longest makes room.
    func insert(_ connection: EncryptedConnection) {
        if open.count >= capacity, let idle = open.values.min(by: { $0.activeAt < $1.activeAt }) {
            counters.add(1, to: .connectionsClosedForRoom)
            open[ObjectIdentifier(idle)] = nil
            idle.close()
        }
        open[ObjectIdentifier(connection)] = connection
        counters.add(1, to: .encryptedConnections)
    }

    fileprivate func remove(_ connection: EncryptedConnection) { open[ObjectIdentifier(connection)] = nil }

    /// Answers one query into `scratch`. Returns the reply, or nil if there is none to give.
    ///
    /// - Parameter begin: takes a transfer that the query begins, where there may be one.
    func answer(
        _ query: UnsafeRawBufferPointer, for connection: EncryptedConnection, counting field: CounterCell.Field,
        begin: ((ReplySequence) -> Void)? = nil
    ) -> UnsafeRawBufferPointer? {
        var client = connection.client
        client.nowSeconds = ninelives_coarse_seconds()
        reader.enter()
        let source = shared.state.current.pointee
        var length = DNS.answer(query, for: client, from: source, into: scratch)
        var hasBegun = false
        if length == answeredElsewhere {
            switch shared.transfers.reply(
                to: query, from: connection.address, for: client, source: source, into: scratch)
            {
            case .silence: length = 0
            case .message(let octets): length = octets
            case .sequence(let sequence):
                length = 0
                begin?(sequence)
                hasBegun = begin != nil
            }
        }
        reader.leave()
        connection.touch()
        counters.add(1, to: field)
        counters.add(query.count, to: .queryBytes)
        guard length > 0, let reply = scratch.baseAddress else {
            if !hasBegun { counters.add(1, to: .dropped) }
            return nil
        }
        counters.addReply(reply.assumingMemoryBound(to: UInt8.self), length: length)
        return UnsafeRawBufferPointer(rebasing: scratch[..<length])
    }
}

/// One encrypted connection, of whatever service: who it is from, and how long it has been idle.
final class EncryptedConnection {
    let loop: EncryptedLoop
    let address: IPAddress
    let client: AskingClient
    private let channel: any Channel
    private let idleLimit: TimeAmount
    /// When the last whole query came, or the connection itself.
    private(set) var activeAt = NIODeadline.now()
    private var idleCheck: Scheduled<Void>?

    /// Closes itself once it has been idle for the limit, a handshake that does not end included.
    init(loop: EncryptedLoop, address: IPAddress, channel: any Channel) {
        self.loop = loop
        self.address = address
        self.channel = channel
        idleLimit = TimeAmount(loop.shared.limits.tcpIdle)
        var client = AskingClient(address, over: .encryptedStream, nowSeconds: 0)
        client.idleLimitTenths = UInt16(clamping: idleLimit.nanoseconds / 100_000_000)
        self.client = client
    }

    func touch() { activeAt = .now() }

    func close() { channel.close(promise: nil) }

    /// Watches for idleness until `ended`.
    func watch() {
        let this = NIOLoopBound(self, eventLoop: channel.eventLoop)
        idleCheck = channel.eventLoop.scheduleTask(deadline: activeAt + idleLimit) {
            let connection = this.value
            if NIODeadline.now() >= connection.activeAt + connection.idleLimit {
                connection.close()
            } else {
                connection.watch()
            }
        }
    }

    /// To be called when the channel has closed.
    func ended() {
        idleCheck?.cancel()
        loop.remove(self)
    }
}
