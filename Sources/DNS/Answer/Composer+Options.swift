/// The options of the reply's OPT record, and the room that is kept for them while the sections are filled.
extension Composer {
    /// Padded replies are a multiple of this long (RFC 8467 §4.1).
    private static let paddingBlock = 468

    /// What the reply will say beside the answer. The room for it is kept, so that it stands in truncated replies too.
    struct PlannedOptions: BitwiseCopyable {
        var cookie: DNSCookie?
        var wantsServerIdentifier = false
        var clientSubnet: (start: Int, length: Int)?
        /// In units of 100 ms; 0 for none.
        var keepaliveTenths: UInt16 = 0
        var isPadded = false

        /// Octets, without padding's content and the extended error.
        func length(identifierLength: Int) -> Int {
            (cookie == nil ? 0 : EDNSOption.headerLength &+ DNSCookie.length)
                &+ (wantsServerIdentifier ? identifierLength : 0)
                &+ (clientSubnet.map { EDNSOption.headerLength &+ $0.length } ?? 0)
                &+ (keepaliveTenths == 0 ? 0 : EDNSOption.headerLength &+ 2)
                &+ (isPadded ? EDNSOption.headerLength : 0)
        }
    }

    /// Reads what the client wants; called once, before the first record.
    mutating func plan(_ asked: AskedOptions, for client: AskingClient) {
        let own = source.options.pointee
        if let (start, length) = asked.cookie, let secrets = own.secrets {
            let shown = DNSCookie(option: query + start, count: length)
            let worth = shown.worth(for: client, secrets: secrets)
            planned.cookie = worth == .good ? shown : shown.renewed(for: client, secrets: secrets)
            hasProvenAddress = worth != .none
        }
        planned.wantsServerIdentifier = asked.wantsServerIdentifier
        planned.clientSubnet = asked.clientSubnet
        if asked.wantsKeepalive, client.transport != .datagram { planned.keepaliveTenths = client.idleLimitTenths }
        planned.isPadded = asked.wantsPadding && client.transport == .encryptedStream
        reserve(planned.length(identifierLength: own.identifierLength))
    }

    /// Appends the planned options; the length of them all is written into the OPT record at `opt`.
    mutating func appendPlannedOptions(to opt: Int) {
        let start = end
        if let cookie = planned.cookie {
            let content = appendOption(EDNSOption.cookie, length: DNSCookie.length)
            cookie.write(to: content)
        }
        if planned.wantsServerIdentifier {
            copy(source.options.pointee.identifierOption, count: source.options.pointee.identifierLength)
        }
        if let (place, length) = planned.clientSubnet {
            // The answer holds for all clients alike: scope 0 (RFC 7871 §7.2.1), as it stands in the query.
            let content = appendOption(EDNSOption.clientSubnet, length: length)
            content.copyMemory(from: query + place, byteCount: length)
        }
        if planned.keepaliveTenths != 0 {
            let content = appendOption(EDNSOption.keepalive, length: 2)
            content.storeWire(planned.keepaliveTenths, at: 0)
        }
        appendErrorOption()
        if planned.isPadded {
            let length = end &+ EDNSOption.headerLength
            let blocks = (length &+ (Composer.paddingBlock &- 1)) / Composer.paddingBlock
            let padding = min(blocks &* Composer.paddingBlock, wholeLimit) &- length
            let content = appendOption(EDNSOption.padding, length: padding)
            content.initializeMemory(as: UInt8.self, repeating: 0, count: padding)
        }
        reply.storeWire(UInt16(truncatingIfNeeded: end &- start), at: opt &+ 9)
    }

    private mutating func appendOption(_ code: UInt16, length: Int) -> UnsafeMutableRawPointer {
        let option = reply + end
        option.storeWire(code, at: 0)
        option.storeWire(UInt16(truncatingIfNeeded: length), at: 2)
        advance(by: EDNSOption.headerLength &+ length)
        return option + EDNSOption.headerLength
    }
}
