/// The options of the reply's OPT record, and the room that is kept for them while the sections are filled.
extension Composer {
    /// Padded replies are a multiple of this long (RFC 8467 §4.1).
    private static let paddingBlock = 468

    /// Where options wait until the sections are full: at the end of the reply's room, which sections do not reach.
    /// A reply to a query without options, which is what most are, has none and pays for none.
    struct PlannedOptions: BitwiseCopyable {
        var start: UInt16 = 0
        var length: UInt16 = 0
        /// The first of them is a cookie.
        var hasCookie = false
        var isPadded = false
    }

    /// Writes what the client wants to know to where it waits; called once, before the first record.
    mutating func plan(_ asked: AskedOptions, for client: AskingClient) {
        let own = source.options.pointee
        var length = 0
        if asked.cookie != nil, own.secrets != nil { length &+= EDNSOption.headerLength &+ DNSCookie.length }
        if asked.wantsServerIdentifier { length &+= own.identifierLength }
        // The answer holds for all clients alike: scope 0 (RFC 7871 §7.2.1), as it stands in the query.
        if let subnet = asked.clientSubnet { length &+= EDNSOption.headerLength &+ subnet.length }
        let hasKeepalive = asked.wantsKeepalive && client.transport != .datagram && client.idleLimitTenths != 0
        if hasKeepalive { length &+= EDNSOption.headerLength &+ 2 }
        planned.isPadded = asked.wantsPadding && client.transport == .encryptedStream
        reserve(length &+ (planned.isPadded ? EDNSOption.headerLength : 0))

        var position = wholeLimit &- length
        planned.start = UInt16(truncatingIfNeeded: position)
        planned.length = UInt16(truncatingIfNeeded: length)
        if let (start, length) = asked.cookie, let secrets = own.secrets {
            let shown = DNSCookie(option: query + start, count: length)
            let worth = shown.worth(for: client, secrets: secrets)
            let cookie = worth == .good ? shown : shown.renewed(for: client, secrets: secrets)
            cookie.write(to: writeOption(EDNSOption.cookie, length: DNSCookie.length, at: &position))
            planned.hasCookie = true
            hasProvenAddress = worth != .none
        }
        if asked.wantsServerIdentifier {
            (reply + position).copyMemory(from: own.identifierOption, byteCount: own.identifierLength)
            position &+= own.identifierLength
        }
        if let (start, length) = asked.clientSubnet {
            writeOption(EDNSOption.clientSubnet, length: length, at: &position)
                .copyMemory(from: query + start, byteCount: length)
        }
        if hasKeepalive {
            writeOption(EDNSOption.keepalive, length: 2, at: &position).storeWire(client.idleLimitTenths, at: 0)
        }
    }

    /// Takes all options back but the cookie.
    mutating func keepCookieOnly() {
        let length = planned.hasCookie ? EDNSOption.headerLength &+ DNSCookie.length : 0
        planned.length = UInt16(truncatingIfNeeded: length)
        planned.isPadded = false
    }

    /// Appends the options to the OPT record at `opt`, and writes their length into it.
    mutating func appendOptions(to opt: Int) {
        let start = end
        // They may wait where they are about to go, or overlap with it.
        copy(reply + Int(planned.start), count: Int(planned.length))
        planned.start = UInt16(truncatingIfNeeded: start)
        appendErrorOption()
        if planned.isPadded {
            let length = end &+ EDNSOption.headerLength
            let blocks = (length &+ (Composer.paddingBlock &- 1)) / Composer.paddingBlock
            let padding = min(blocks &* Composer.paddingBlock, wholeLimit) &- length
            var position = end
            writeOption(EDNSOption.padding, length: padding, at: &position)
                .initializeMemory(as: UInt8.self, repeating: 0, count: padding)
            advance(by: EDNSOption.headerLength &+ padding)
        }
        reply.storeWire(UInt16(truncatingIfNeeded: end &- start), at: opt &+ 9)
    }

    /// Returns where the content goes.
    private func writeOption(_ code: UInt16, length: Int, at position: inout Int) -> UnsafeMutableRawPointer {
        let option = reply + position
        option.storeWire(code, at: 0)
        option.storeWire(UInt16(truncatingIfNeeded: length), at: 2)
        position &+= EDNSOption.headerLength &+ length
        return option + EDNSOption.headerLength
    }
}
