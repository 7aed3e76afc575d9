import Addresses
import DNS
import Glibc
import Logging
import Synchronization

/// What came of a query that `answer` left to `ZoneTransfers`.
package enum TransferReply {
    case silence
    /// One message of so many octets, in the buffer.
    case message(length: Int)
    /// Several, over a stream.
    case sequence(ReplySequence)
}

/// Answers whole-zone transfers (RFC 5936, RFC 1995) and every message that is signed (RFC 8945).
///
///     query ─► TSIG off, verified ─┬─► AXFR, IXFR ─► allowed? ─► zone as of one instant ─► messages ─► signed
///                                  └─► anything else ─► answer ─► signed
///
/// It is off the fast path: `answer` returns `answeredElsewhere` for what belongs here.
package final class ZoneTransfers: Sendable {
    private let state: ServingState
    private let standing: Mutex<TransferPolicy>
    private let logger: Logger
    private let slots: TransferSlots
    /// Seconds since 1970.
    let now: @Sendable () -> UInt64
    private let start = ContinuousClock().now
    /// How many were told since when.
    private let refusals = Mutex<(since: ContinuousClock.Instant, count: Int)>((ContinuousClock().now, 0))

    /// Transfers under way at once; further ones get SERVFAIL and come again.
    static let limit = 64
    /// Until so long after the start, a zone is not handed out while a name in it has no decision yet: secondaries
    /// would take the name away.
    static let patience = Duration.seconds(60)

    /// - Parameter now: seconds since 1970.
    init(
        state: ServingState, policy: TransferPolicy, logger: Logger,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(time(nil), 0)) }
    ) {
        self.state = state
        standing = Mutex(policy)
        self.logger = logger
        self.now = now
        slots = TransferSlots(Self.limit)
    }

    /// The policy in force.
    var policy: TransferPolicy { standing.withLock { $0 } }

    /// Puts another policy into force; a transfer under way goes on.
    func replace(_ policy: TransferPolicy) { standing.withLock { $0 = policy } }

    /// Answers one message for which `answer` returned `answeredElsewhere`.
    ///
    /// - Parameters:
    ///   - source: valid until this returns.
    ///   - buffer: at least 1232 octets for a datagram, 65,535 for a stream.
    package func reply(
        to query: UnsafeRawBufferPointer, from address: IPAddress, for client: AskingClient, source: AnswerSource,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        guard query.count >= 12, query[2] & 0x80 == 0 else { return .silence }
        let octets = Array(query)
        do {
            guard let signed = try SignedMessage(octets) else {
                return reply(to: octets, from: address, for: client, source: source, session: nil, into: buffer)
            }
            switch TSIGSession.verify(signed, keys: policy, now: now()) {
            case .accepted(let session):
                return reply(
                    to: signed.unsigned, from: address, for: client, source: source, session: session, into: buffer)
            case .malformed: return header(.formErr, of: octets, into: buffer)
            case .refused(let record, let session):
                noteRefusal(
                    "refused a signed query",
                    ["client": "\(address)", "key": "\(record.keyName)", "error": "\(record.error)"])
                return refuse(signed.unsigned, record, session, into: buffer)
            }
        } catch {
            return header(.formErr, of: octets, into: buffer)
        }
    }

    private func reply(
        to query: [UInt8], from address: IPAddress, for client: AskingClient, source: AnswerSource,
        session: TSIGSession?, into buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        if query[2] & 0x78 == 0, let type = questionType(of: query), type == .axfr || type == .ixfr {
            guard let message = try? Message(wire: query), let request = TransferRequest(message) else {
                return signed(header(.formErr, of: query, into: buffer), session, buffer)
            }
            return transfer(request, to: address, over: client.transport, session: session, into: buffer)
        }
        let length = query.withUnsafeBytes {
            answer($0, for: client, from: source.leavingNothing, into: buffer, leaving: session?.room ?? 0)
        }
        return length > 0 ? signed(.message(length: length), session, buffer) : .silence
    }

    // MARK: - Transfers

    private func transfer(
        _ request: TransferRequest, to client: IPAddress, over transport: QueryTransport, session: TSIGSession?,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        let zone = request.question.name
        func failure(_ code: ResponseCode, _ error: UInt16? = nil) -> TransferReply {
            noteRefusal(
                "refused a transfer",
                [
                    "zone": "\(zone)", "client": "\(client)", "key": "\(session?.key.name.description ?? "none")",
                    "code": "\(code)",
                ])
            var length = request.failure(code, into: buffer)
            if request.hasEDNS { length = request.appendOPT(to: buffer, length: length, error: error) }
            return signed(.message(length: length), session, buffer)
        }
        guard request.question.recordClass == .in || request.question.recordClass == .any else {
            return failure(.refused)
        }
        guard policy.allowsTransfer(of: zone, to: client, key: session?.key.name) else {
            return failure(.refused, ExtendedError.prohibited)
        }
        guard let isComplete = state.isComplete(zone: zone) else {
            return failure(.notAuth, ExtendedError.notAuthoritative)
        }
        guard isComplete || isPatienceOver else {
            return failure(.servFail, ExtendedError.notReady)
        }
        if transport == .datagram, request.question.type == .axfr { return failure(.formErr) }
        guard let slot = slots.take() else { return failure(.servFail) }
        guard let content = state.content(ofZone: zone, since: request.serial) else { return failure(.notAuth) }
        let sequence = ReplySequence(content, request, session: session, slot: slot, now: now)
        guard case .datagram = transport else {
            logger.info(
                "transferring a zone",
                metadata: [
                    "zone": "\(zone)", "client": "\(client)", "key": "\(session?.key.name.description ?? "none")",
                    "content": "\(content.kind)",
                ])
            return .sequence(sequence)
        }
        if case .whole = content {
        } else {
            let length = sequence.single(into: buffer, limit: request.datagramLimit)
            if length > 0 { return .message(length: length) }
        }
        // Too much for a datagram: the SOA record alone says "ask over TCP" (RFC 1995 §2).
        guard let soa = state.soa(ofZone: zone) else { return failure(.notAuth) }
        let single = ReplySequence(.current(soa: soa), request, session: session, slot: nil, now: now)
        return .message(length: single.single(into: buffer, limit: request.datagramLimit))
    }

    /// Whether a zone of ours can be transferred now.
    func isReady(zone: Name) -> Bool { state.isComplete(zone: zone).map { $0 || isPatienceOver } ?? false }

    private var isPatienceOver: Bool { ContinuousClock().now - start > Self.patience }

    /// Logs what a client was refused; the tenth in a second is the last one told, so that nobody fills the disk.
    private func noteRefusal(_ message: Logger.Message, _ metadata: @autoclosure () -> Logger.Metadata) {
        let now = ContinuousClock().now
        let isTold = refusals.withLock { refusals in
            if now - refusals.since > .seconds(1) { refusals = (now, 0) }
            refusals.count += 1
            return refusals.count <= 10
        }
        if isTold { logger.notice(message, metadata: metadata()) }
    }

    // MARK: - Replies without records

    private func signed(
        _ reply: TransferReply, _ session: TSIGSession?, _ buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        guard var session, case .message(let length) = reply else { return reply }
        return .message(length: session.sign(buffer, length: length, now: now()))
    }

    private func header(
        _ code: ResponseCode, of query: [UInt8], questionLength: Int = 0, into buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        let length = 12 + questionLength
        buffer.copyBytes(from: query.prefix(length))
        buffer[2] = 0x80 | query[2] & 0x79
        buffer[3] = query[3] & 0x10 | UInt8(code.rawValue & 0xF)
        for index in 4..<12 { buffer[index] = 0 }
        if questionLength > 0 { buffer[5] = 1 }
        return .message(length: length)
    }

    /// NOTAUTH with the reason in a TSIG record (RFC 8945 §5.2, §5.3.2).
    private func refuse(
        _ query: [UInt8], _ record: TSIGRecord, _ session: TSIGSession?, into buffer: UnsafeMutableRawBufferPointer
    ) -> TransferReply {
        let reply = header(.notAuth, of: query, questionLength: questionLength(of: query), into: buffer)
        guard case .message(let length) = reply else { return reply }
        guard var session else { return .message(length: record.append(to: buffer, length: length)) }
        return .message(length: session.sign(buffer, length: length, with: record))
    }

    /// The octets of the first question; 0 if there is not exactly one, whole and uncompressed.
    private func questionLength(of query: [UInt8]) -> Int {
        guard query[4] == 0, query[5] == 1 else { return 0 }
        var position = 12
        while position < query.count, query[position] != 0 {
            guard query[position] <= 63 else { return 0 }
            position += 1 + Int(query[position])
        }
        return position + 5 <= query.count ? position + 5 - 12 : 0
    }

    private func questionType(of query: [UInt8]) -> RRType? {
        let length = questionLength(of: query)
        guard length > 0 else { return nil }
        return RRType(rawValue: UInt16(query[12 + length - 4]) << 8 | UInt16(query[12 + length - 3]))
    }
}

extension TransferContent {
    fileprivate var kind: String {
        switch self {
        case .current: "nothing new"
        case .changes(let changes): "\(changes.count) changes"
        case .whole(let image): "all, serial \(image.serial)"
        }
    }
}
