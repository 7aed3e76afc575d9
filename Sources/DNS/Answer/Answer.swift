/// What answers are made from: plain pointers, valid as long as the snapshot, the table and the options they were
/// taken from.
package struct AnswerSource: BitwiseCopyable {
    let zones: ZoneSnapshot.View
    let dynamic: DynamicTable.View
    let options: UnsafePointer<StoredOptions.Content>
    /// Whether transfers and signed messages are answered elsewhere, and `answer` returns `answeredElsewhere`.
    private(set) var leavesTransfers: Bool

    package init(
        _ snapshot: ZoneSnapshot, _ table: DynamicTable, _ options: StoredOptions = .none, leavesTransfers: Bool = false
    ) {
        zones = snapshot.view
        dynamic = table.view
        self.options = options.view
        self.leavesTransfers = leavesTransfers
    }

    /// The same, with every message answered, signed or not.
    package var leavingNothing: AnswerSource {
        var source = self
        source.leavesTransfers = false
        return source
    }
}

/// What `answer` returns for a transfer or a signed message, if its source says so.
package let answeredElsewhere = -1

/// The longest reply over UDP: fits an unfragmented IPv6 packet everywhere (DNS flag day 2020).
package let maximumDatagramLength = 1232

/// Answers one query: the only way from a question to a reply, for every transport.
///
///     header ─► question ─► EDNS ─► resolve (look up, follow, append) ─► OPT ─► header of the reply ─► limit
///
/// Nothing is allocated, locked, reference counted or copied in here, except for the answer itself.
///
/// - Parameters:
///   - query: one whole message, from the network and not to be trusted.
///   - client: who sent it, and how.
///   - reply: at least 512 octets; 1232 for datagrams and 65,535 for streams give every answer its full length.
///   - room: octets that are left free behind the reply, below 500, within what the client takes.
/// - Returns: the length of the reply, 0 if the query deserves silence (too short for a header, itself a reply, or
///   over the rate limit), or `answeredElsewhere`.
package func answer(
    _ query: UnsafeRawBufferPointer, for client: AskingClient, from source: AnswerSource,
    into reply: UnsafeMutableRawBufferPointer, leaving room: Int = 0
) -> Int {
    guard let message = query.baseAddress, let target = reply.baseAddress, query.count >= headerLength else { return 0 }
    precondition(reply.count >= 512)
    let flags = message.load(fromByteOffset: 2, as: UInt8.self)
    if flags & 0x80 != 0 { return 0 }
    var composer = Composer(source: source, query: message, reply: target)
    let length = compose(&composer, query, for: client, flags: flags, space: reply.count, leaving: room)
    return client.transport == .datagram && length > 0 ? composer.limit(length, for: client) : length
}

/// Writes the reply that the query would get if it were the only one.
@inline(__always)
private func compose(
    _ composer: inout Composer, _ query: UnsafeRawBufferPointer, for client: AskingClient, flags: UInt8, space: Int,
    leaving room: Int
) -> Int {
    guard let message = query.baseAddress else { return 0 }
    let leavesTransfers = composer.source.leavesTransfers
    if flags & 0x78 != 0 {
        // It may be signed, and then so is its reply.
        if leavesTransfers, message.loadWire(at: 10) > 0 { return answeredElsewhere }
        return refuseOpcode(&composer, query)
    }
    guard let question = AskedQuestion(query) else {
        return answerCookie(&composer, query, for: client) ?? composer.finishWithHeaderOnly(.formErr)
    }
    let edns = AskedEDNS(query, after: question)
    if edns.isSigned, leavesTransfers { return answeredElsewhere }
    composer.begin(question)
    guard edns.isValid else { return composer.finishWithHeaderOnly(.formErr) }

    let allowed =
        switch client.transport {
        case .stream, .encryptedStream: 65_535
        case .datagram:
            edns.isPresent ? max(512, min(maximumDatagramLength, edns.payloadSize)) : 512
        }
    composer.setLimit(min(allowed, space) &- room, edns: edns)
    if edns.isPresent, edns.version > 0 { return composer.finish(.badVers) }
    if !edns.options.isEmpty {
        if edns.options.isMalformed { return composer.finish(.formErr) }
        composer.plan(edns.options, for: client)
    }
    if let refusal = refusal(of: question) {
        if leavesTransfers, isTransfer(question.type) { return answeredElsewhere }
        return composer.finish(refusal)
    }
    return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { scratch in
        guard let name = scratch.baseAddress else { return 0 }
        copyLowercased(
            message + headerLength, count: question.nameLength, available: query.count &- headerLength, to: name)
        if question.class == chaosClass {
            composer.resolveChaos(name, count: question.nameLength, type: question.type)
        } else {
            composer.resolve(name, count: question.nameLength, type: question.type)
        }
        return composer.finish(composer.code)
    }
}

/// A query without a question that only asks for a cookie (RFC 7873 §5.4); nil for anything else.
@inline(never)
private func answerCookie(
    _ composer: inout Composer, _ query: UnsafeRawBufferPointer, for client: AskingClient
) -> Int? {
    // No question, nothing in ANSWER and AUTHORITY.
    guard let message = query.baseAddress, (4..<10).allSatisfy({ query[$0] == 0 }), message.loadWire(at: 10) > 0,
        composer.source.options.pointee.secrets != nil
    else { return nil }
    let edns = AskedEDNS(query, from: headerLength)
    guard edns.isPresent, edns.isValid, edns.version == 0, let shown = edns.options.cookie, !edns.options.isMalformed
    else { return nil }
    composer.setLimit(512, edns: edns)
    composer.plan(edns.options, for: client)
    let isRefused = shown.length > DNSCookie.clientLength && !composer.hasProvenAddress
    return composer.finish(isRefused ? .badCookie : .noError)
}

/// NOTIMP to UPDATE, NOTIFY and the rest. What is built like a query with EDNS gets EDNS back (RFC 6891 §6.1.1).
private func refuseOpcode(_ composer: inout Composer, _ query: UnsafeRawBufferPointer) -> Int {
    guard let question = AskedQuestion(query) else { return composer.finishWithHeaderOnly(.notImp) }
    let edns = AskedEDNS(query, after: question)
    guard edns.isPresent, edns.isValid else { return composer.finishWithHeaderOnly(.notImp) }
    composer.begin(question)
    composer.setLimit(512, edns: edns)
    return composer.finish(.notImp)
}

/// The class CH (RFC 1035 §3.2.4).
private let chaosClass: UInt16 = 3

/// The octets before the question (RFC 1035 §4.1.1).
let headerLength = 12

@inline(__always)
func isTransfer(_ type: UInt16) -> Bool { type == TypeCode.axfr || type == TypeCode.ixfr }

/// What no zone has an answer to, whatever is in it.
@inline(__always)
private func refusal(of question: AskedQuestion) -> ResponseCode? {
    // Class IN, or ANY, which means IN to a server whose zones have no other; CH is about the server itself.
    guard question.class == 1 || question.class == 255 || question.class == chaosClass else { return .refused }
    // OPT, and the meta types (RFC 6895 §3.1).
    guard question.type == TypeCode.opt || (question.type >= 128 && question.type < 255) else { return nil }
    return switch question.type {
    case TypeCode.opt, TypeCode.tkey, TypeCode.tsig: .formErr
    case TypeCode.ixfr, TypeCode.axfr: .refused
    case TypeCode.mailA, TypeCode.mailB: .notImp
    default: nil
    }
}
