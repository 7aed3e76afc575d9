// The forms of fields that few types have: from the words of a zone file to octets, and back. Whatever returns nil was
// given something of another form.

// MARK: - Groups of hexadecimal digits

/// Appends an EUI-48 or EUI-64 address (RFC 7043 §3.2, §4.2) or a locator (RFC 6742 §2.1.2).
func appendGroups(_ text: Span<UInt8>, _ form: FieldForm, to octets: inout [UInt8]) -> Bool {
    let isLocator = form == .locator
    let groups = text.text.split(separator: isLocator ? ":" : "-", omittingEmptySubsequences: false)
    guard groups.count == (isLocator ? 4 : form == .eui48 ? 6 : 8) else { return false }
    for group in groups {
        let digits = Array(group.utf8)
        guard isLocator ? (1...4).contains(digits.count) : digits.count == 2 else { return false }
        let padded = Array(repeating: UInt8(ascii: "0"), count: isLocator ? 4 - digits.count : 0) + digits
        guard appendHex(padded.span, to: &octets) else { return false }
    }
    return true
}

func groupsText(_ octets: ArraySlice<UInt8>, _ form: FieldForm) -> String {
    let size = form == .locator ? 2 : 1
    let groups = stride(from: octets.startIndex, to: octets.endIndex, by: size).map { start in
        let number = octets[start..<start + size].reduce(0) { $0 << 8 | UInt16($1) }
        let digits = String(number, radix: 16)
        return form == .locator || digits.utf8.count == 2 ? digits : "0" + digits
    }
    return groups.joined(separator: form == .locator ? ":" : "-")
}

func dottedHex(_ text: String) -> [UInt8]? {
    guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return nil }
    let digits = text.utf8.dropFirst(2).filter { $0 != UInt8(ascii: ".") }
    var octets: [UInt8] = []
    return appendHex(digits.span, to: &octets) && !octets.isEmpty ? octets : nil
}

// MARK: - Certificates

/// RFC 4398 §2.1.
func certificateType(_ text: Span<UInt8>) -> UInt16? {
    if let number = decimal(text, limit: UInt64(UInt16.max)) { return UInt16(number) }
    let word = text.text.uppercased()
    return certificateTypes.first { $0.mnemonic == word }?.number
}

private let certificateTypes: [(mnemonic: String, number: UInt16)] = [
    ("PKIX", 1), ("SPKI", 2), ("PGP", 3), ("IPKIX", 4), ("ISPKI", 5), ("IPGP", 6), ("ACPKIX", 7), ("IACPKIX", 8),
    ("URI", 253), ("OID", 254),
]

// MARK: - Address prefixes

/// `[!]family:address/length`, any number of them; trailing zeros of an address are not on the wire (RFC 3123 §4).
func addressPrefixes(_ words: [String]) -> [UInt8]? {
    var octets: [UInt8] = []
    for word in words {
        let isNegated = word.hasPrefix("!")
        let parts = word.dropFirst(isNegated ? 1 : 0).split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let slash = parts[1].lastIndex(of: "/"),
            let length = UInt8(parts[1][parts[1].index(after: slash)...])
        else { return nil }
        var address: [UInt8] = []
        let text = Array(parts[1][..<slash].utf8)
        switch parts[0] {
        case "1": guard length <= 32, appendIPv4(text.span, to: &address) else { return nil }
        case "2": guard length <= 128, appendIPv6(text.span, to: &address) else { return nil }
        default: return nil
        }
        octets += [0, parts[0] == "1" ? 1 : 2, length]
        while address.last == 0 { address.removeLast() }
        octets += [UInt8(address.count) | (isNegated ? 0x80 : 0)] + address
    }
    return octets
}

/// Nil too for what the text could not give back: another family, trailing zeros.
func prefixesText(_ octets: ArraySlice<UInt8>) -> String? {
    var rest = octets
    var words: [String] = []
    while !rest.isEmpty {
        guard rest.count >= 4, rest.removeFirst() == 0, let family = rest.popFirst(), family == 1 || family == 2,
            let length = rest.popFirst(), length <= (family == 1 ? 32 : 128), let last = rest.popFirst()
        else { return nil }
        let count = Int(last & 0x7F)
        guard count <= (family == 1 ? 4 : 16), count <= rest.count, count == 0 || rest.prefix(count).last != 0 else {
            return nil
        }
        let zeros = Array(repeating: 0 as UInt8, count: (family == 1 ? 4 : 16) - count)
        let address = addressText((rest.prefix(count) + zeros)[...])
        words.append("\(last & 0x80 != 0 ? "!" : "")\(family):\(address)/\(length)")
        rest = rest.dropFirst(count)
    }
    return words.joined(separator: " ")
}

// MARK: - Gateways

/// An address or a name by the number of its kind: none 0, IPv4 1, IPv6 2, a name 3.
private func gateway(_ word: String, kind: UInt8, origin: Name) throws(NameError) -> [UInt8]? {
    var octets: [UInt8] = []
    let text = Array(word.utf8)
    switch kind {
    case 0: return word == "." ? [] : nil
    case 1: return appendIPv4(text.span, to: &octets) ? octets : nil
    case 2: return appendIPv6(text.span, to: &octets) ? octets : nil
    case 3:
        try Name.append(text.span, relativeTo: origin, to: &octets)
        return octets
    default: return nil
    }
}

/// Takes a gateway from the front.
private func gatewayText(_ rest: inout ArraySlice<UInt8>, kind: UInt8) -> String? {
    let count: Int
    switch kind {
    case 0: return "."
    case 1: count = 4
    case 2: count = 16
    case 3:
        guard let end = RData.endOfName(in: rest, from: rest.startIndex), end <= rest.endIndex else { return nil }
        defer { rest = rest[end...] }
        return Name(validWire: Array(rest[..<end])).description
    default: return nil
    }
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return addressText(rest.prefix(count))
}

/// `gateway-type algorithm gateway [key]` (RFC 4025 §3.1).
func gatewayKey(_ words: [String], origin: Name) throws(NameError) -> [UInt8]? {
    guard words.count >= 3, let kind = UInt8(words[0]), let algorithm = UInt8(words[1]),
        let gateway = try gateway(words[2], kind: kind, origin: origin)
    else { return nil }
    var key: [UInt8] = []
    let text = Array(words[3...].joined().utf8)
    guard text.isEmpty || appendBase64(text.span, to: &key) else { return nil }
    return [kind, algorithm] + gateway + key
}

func gatewayKeyText(_ octets: ArraySlice<UInt8>) -> String? {
    var rest = octets
    guard let kind = rest.popFirst(), let algorithm = rest.popFirst(), let gateway = gatewayText(&rest, kind: kind)
    else { return nil }
    return "\(kind) \(algorithm) \(gateway)" + (rest.isEmpty ? "" : " " + base64(rest))
}

/// `discovery-optional type relay` (RFC 8777 §4.3.1).
func relay(_ words: [String], origin: Name) throws(NameError) -> [UInt8]? {
    guard words.count == 3 || (words.count == 2 && words[1] == "0"), words[0] == "0" || words[0] == "1",
        let kind = UInt8(words[1]),
        let relay = try gateway(words.count > 2 ? words[2] : ".", kind: kind, origin: origin)
    else { return nil }
    return [kind | (words[0] == "1" ? 0x80 : 0)] + relay
}

func relayText(_ octets: ArraySlice<UInt8>) -> String? {
    var rest = octets
    guard let first = rest.popFirst(), let relay = gatewayText(&rest, kind: first & 0x7F), rest.isEmpty else {
        return nil
    }
    return "\(first >> 7) \(first & 0x7F) \(relay)"
}

// MARK: - Host identities

/// `algorithm hit key [server …]` (RFC 8005 §6).
func hostIdentity(_ words: [String], origin: Name) throws(NameError) -> [UInt8]? {
    guard words.count >= 3, let algorithm = UInt8(words[0]) else { return nil }
    var tag: [UInt8] = []
    var key: [UInt8] = []
    guard appendHex(Array(words[1].utf8).span, to: &tag), let tagLength = UInt8(exactly: tag.count), tagLength > 0,
        appendBase64(Array(words[2].utf8).span, to: &key), let keyLength = UInt16(exactly: key.count)
    else { return nil }
    var octets = [tagLength, algorithm]
    appendBigEndian(keyLength, to: &octets)
    octets += tag + key
    for server in words[3...] { try Name.append(Array(server.utf8).span, relativeTo: origin, to: &octets) }
    return octets
}

func hostIdentityText(_ octets: ArraySlice<UInt8>) -> String? {
    guard octets.count > 4 else { return nil }
    let head = Array(octets.prefix(4))
    let (tagLength, keyLength) = (Int(head[0]), Int(head[2]) << 8 | Int(head[3]))
    var rest = octets.dropFirst(4)
    guard tagLength > 0, keyLength > 0, rest.count >= tagLength + keyLength else { return nil }
    var words = ["\(head[1])", hex(rest.prefix(tagLength)), base64(rest.dropFirst(tagLength).prefix(keyLength))]
    rest = rest.dropFirst(tagLength + keyLength)
    while !rest.isEmpty {
        guard let server = gatewayText(&rest, kind: 3) else { return nil }
        words.append(server)
    }
    return words.joined(separator: " ")
}

// MARK: - Well-known services

/// `protocol [port …]` (RFC 1035 §3.4.2); of mnemonics the commonest.
func services(_ words: [String]) -> [UInt8]? {
    guard let first = words.first, let number = UInt8(first) ?? protocols[first.lowercased()] else { return nil }
    var bits: [UInt8] = []
    for word in words.dropFirst() {
        guard let port = UInt16(word) ?? ports[word.lowercased()] else { return nil }
        let octet = Int(port) / 8
        while bits.count <= octet { bits.append(0) }
        bits[octet] |= 0x80 >> UInt8(port & 7)
    }
    return [number] + bits
}

/// Nil for a bitmap with surplus zeros, which would be lost in text.
func servicesText(_ octets: ArraySlice<UInt8>) -> String? {
    guard let number = octets.first, octets.count == 1 || octets.last != 0 else { return nil }
    let ports = octets.dropFirst().enumerated().flatMap { index, octet in
        (0..<8).filter { octet & (0x80 >> UInt8($0)) != 0 }.map { "\(index * 8 + $0)" }
    }
    return (["\(number)"] + ports).joined(separator: " ")
}

private let protocols: [String: UInt8] = ["icmp": 1, "tcp": 6, "udp": 17]

private let ports: [String: UInt16] = [
    "echo": 7, "discard": 9, "daytime": 13, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37,
    "domain": 53, "tftp": 69, "gopher": 70, "finger": 79, "http": 80, "pop2": 109, "pop3": 110, "sunrpc": 111,
    "nntp": 119, "ntp": 123, "imap": 143, "snmp": 161, "https": 443,
]
