import NIOHTTP1

/// What RFC 8484 makes of requests and replies, without any connection.
enum HTTPSQuery {
    /// The first value of a parameter in the part of a URI behind the `?`.
    static func parameter(_ name: String, in query: Substring) -> Substring? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == name { return parts[1] }
        }
        return nil
    }

    /// Reads base64url without padding (RFC 4648 §5, RFC 8484 §6); nil for anything else. Bits beyond the last octet
    /// are zero, so that one message has one text and caches find it.
    static func decode(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty, text.utf8.count % 4 != 1 else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= 1 << UInt32(count) - 1
            }
        }
        return bits == 0 ? octets : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// A media type without its parameters, in lower case.
    static func mediaType(_ field: String) -> String {
        let type = field.prefix { $0 != ";" }.lowercased()
        return String(type.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// How long a cache may keep a reply (RFC 8484 §5.1): the least TTL of its ANSWER section or, if that is empty, the
    /// time for which the absence may be believed (RFC 2308 §5); 0 for errors.
    static func freshSeconds(_ reply: UnsafeRawBufferPointer) -> UInt32 {
        guard reply.count >= 12, let code = reply[3] & 0xF as UInt8?, code == 0 || code == 3 else { return 0 }
        func number(_ offset: Int) -> Int { Int(reply[offset]) << 8 | Int(reply[offset + 1]) }
        func long(_ offset: Int) -> UInt32 { UInt32(number(offset)) << 16 | UInt32(number(offset + 2)) }
        func endOfName(_ start: Int) -> Int? {
            var position = start
            while position < reply.count {
                let label = Int(reply[position])
                if label == 0 { return position + 1 }
                if label >= 0xC0 { return position + 2 }
                position += 1 + label
            }
            return nil
        }
        guard number(4) <= 1, var position = number(4) == 1 ? endOfName(12).map({ $0 + 4 }) : 12 else { return 0 }
        let answers = number(6)
        var least: UInt32?
        for _ in 0..<(answers > 0 ? answers : number(8)) {
            guard let fixed = endOfName(position), fixed + 10 <= reply.count else { return 0 }
            let end = fixed + 10 + number(fixed + 8)
            guard end <= reply.count else { return 0 }
            let ttl = long(fixed + 4)
            if answers > 0 {
                least = min(least ?? ttl, ttl)
            } else if number(fixed) == 6, end - fixed >= 14 {
                return min(ttl, long(end - 4))
            }
            position = end
        }
        return code == 0 ? least ?? 0 : 0
    }

    /// What a person reads who points a browser here.
    static func reason(_ status: HTTPResponseStatus, path: String) -> String {
        switch status {
        case .badRequest:
            "Not a DNS query. Use \(path)?dns= with one message in base64url without padding, or POST it.\n"
        case .notFound: "DNS over HTTPS is at \(path).\n"
        case .methodNotAllowed: "Use GET or POST.\n"
        case .payloadTooLarge: "A DNS message has at most 65535 octets.\n"
        case .unsupportedMediaType: "Use Content-Type: application/dns-message.\n"
        default: "\(status.code)\n"
        }
    }
}
