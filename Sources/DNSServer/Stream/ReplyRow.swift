import Addresses
import DNS

/// The messages that answer one query, when they are more than one: a zone transfer (RFC 5936 §2.2).
///
/// The connection asks for the next one only when the client has taken those before it, so a row may be as long as it
/// likes; queries behind it wait for its end. It is used by one thread at a time.
package protocol ReplyRow: AnyObject {
    /// Writes the next message into `space` (65,535 octets) and returns its length; 0 when there are no more.
    func next(into space: UnsafeMutableRawBufferPointer) -> Int
}

/// What became of a query that was taken off the common way.
package enum DivertedReply {
    case silence
    /// One message of this length, in the space that was given.
    case message(length: Int)
    case row(any ReplyRow)
}

/// Who answers zone transfers and signed queries on streams (TCP and TLS).
package protocol QueryDiversion: Sendable {
    /// Answers `query`, or returns nil to let the common `answer` function do it. Only asked about queries for which
    /// `StreamQuery.mayBeDiverted` holds.
    ///
    /// - Parameters:
    ///   - query: valid during the call only, like `source`.
    ///   - space: 65,535 octets.
    func reply(
        to query: UnsafeRawBufferPointer, from client: IPAddress, source: AnswerSource,
        into space: UnsafeMutableRawBufferPointer
    ) -> DivertedReply?
}

enum StreamQuery {
    private static let (ixfr, axfr, opt): (UInt16, UInt16, UInt16) = (251, 252, 41)

    /// Whether a query asks for a zone transfer, or may be signed (RFC 8945): what a `QueryDiversion` is for. Decided
    /// from the question's type and from the first record behind the question, which in most queries is an OPT.
    @inline(__always)
    static func mayBeDiverted(_ query: UnsafeRawBufferPointer) -> Bool {
        guard query.count > 12, let message = query.baseAddress else { return false }
        var position = 12
        while true {
            let label = Int(message.load(fromByteOffset: position, as: UInt8.self))
            if label == 0 { break }
            position &+= 1 &+ label
            // Compressed or cut off: the `answer` function says what is wrong with it.
            guard label < 64, position < query.count else { return false }
        }
        guard position &+ 5 <= query.count else { return false }
        let type = number(message, at: position &+ 1)
        if type == axfr || type == ixfr { return true }
        let additional = number(message, at: 10)
        if additional == 0 { return false }
        let next = position &+ 5
        let isOnlyOPT =
            additional == 1 && next &+ 3 <= query.count && message.load(fromByteOffset: next, as: UInt8.self) == 0
            && number(message, at: next &+ 1) == opt
        return !isOnlyOPT
    }

    @inline(__always)
    private static func number(_ message: UnsafeRawPointer, at offset: Int) -> UInt16 {
        UInt16(bigEndian: message.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
}
