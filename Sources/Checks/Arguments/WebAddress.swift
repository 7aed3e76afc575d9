/// An `http` or `https` URL, read strictly (RFC 3986, RFC 9110 §4.2): no user or password, ASCII only.
struct WebAddress: Hashable, Sendable {
    let isSecure: Bool
    let host: Host
    let port: Int
    /// The path and the query as they are sent: `/cats?size=big`.
    let pathAndQuery: String

    enum Fault: ArgumentFault {
        case notASCII, badByte(UInt8), badEscape, noScheme, otherScheme(String), hasUser, badPort, badHost(Host.Fault)

        var problem: String {
            switch self {
            case .notASCII: "is not ASCII (write other letters as %XX, an international name in its xn-- form)"
            case .badByte(0x20): "has a blank in it (write it as %20)"
            case .badByte(let byte): "has a character that a URL cannot have (byte \(byte))"
            case .badEscape: "has a % without two hexadecimal digits after it"
            case .noScheme: "does not begin with http:// or https://"
            case .otherScheme(let scheme): "begins with \(scheme)://, which is not HTTP"
            case .hasUser: "has a user or password in it"
            case .badPort: "has a port that is not a number from 1 to 65535"
            case .badHost(.empty): "has no host"
            case .badHost: "has a host that is neither a host name nor an address"
            }
        }
    }

    static let form = "http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH"

    init(_ text: String) throws(Fault) {
        try Self.checkBytes(text)
        guard let separator = text.firstRange(of: "://") else { throw .noScheme }
        switch text[..<separator.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        case "": throw .noScheme
        case let other: throw .otherScheme(other)
        }
        let rest = withoutFragment(text[separator.upperBound...])
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        (host, port) = try Self.authority(rest[..<end], defaultPort: isSecure ? 443 : 80)
        pathAndQuery = rest[end...].hasPrefix("/") ? String(rest[end...]) : "/" + rest[end...]
    }

    private init(_ base: WebAddress, pathAndQuery: String) {
        (isSecure, host, port) = (base.isSecure, base.host, base.port)
        self.pathAndQuery = pathAndQuery
    }

    /// What `Location: reference` means in an answer from here (RFC 3986 §5.2).
    func resolving(_ reference: String) throws(Fault) -> WebAddress {
        let reference = withoutFragment(reference[...])
        if hasScheme(reference) { return try WebAddress(String(reference)) }
        if reference.hasPrefix("//") { return try WebAddress((isSecure ? "https:" : "http:") + reference) }
        try Self.checkBytes(reference)
        if reference.isEmpty { return self }
        let path = String(pathAndQuery.prefix { $0 != "?" })
        if reference.hasPrefix("?") { return WebAddress(self, pathAndQuery: path + reference) }
        let query = reference.firstIndex(of: "?") ?? reference.endIndex
        let folder = reference.hasPrefix("/") ? "" : path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return WebAddress(self, pathAndQuery: withoutDots("\(folder)\(reference[..<query])") + reference[query...])
    }

    /// The value of the Host header (RFC 9110 §7.2): without the port if it is the scheme's own.
    var authority: String { port == (isSecure ? 443 : 80) ? host.inURL : "\(host.inURL):\(port)" }

    private static func checkBytes(_ text: some StringProtocol) throws(Fault) {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte >= 0x80 { throw .notASCII }
            if !(0x21...0x7E).contains(byte) || byte == UInt8(ascii: "\\") { throw .badByte(byte) }
            guard byte == UInt8(ascii: "%") else { continue }
            guard index + 2 < bytes.count, hexValue(bytes[index + 1]) != nil, hexValue(bytes[index + 2]) != nil else {
                throw .badEscape
            }
        }
    }

    private static func authority(_ text: Substring, defaultPort: Int) throws(Fault) -> (Host, Int) {
        if text.contains("@") { throw .hasUser }
        let endOfHost = text.hasPrefix("[") ? text.firstIndex(of: "]") ?? text.startIndex : text.startIndex
        let colon = text[endOfHost...].firstIndex(of: ":") ?? text.endIndex
        let host: Host
        do { host = try Host(String(text[..<colon])) } catch { throw .badHost(error) }
        // A bare IPv6 address would be ambiguous: its first group was taken for the host above.
        guard colon < text.endIndex else { return (host, defaultPort) }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), (1...65535).contains(port)
        else { throw .badPort }
        return (host, port)
    }
}

extension WebAddress: CustomStringConvertible {
    var description: String { "\(isSecure ? "https" : "http")://\(authority)\(pathAndQuery)" }
}

/// Whether a reference begins with a scheme (RFC 3986 §3.1), as `mailto:` and `https://…` do.
private func hasScheme(_ reference: Substring) -> Bool {
    let scheme = reference.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    return scheme.first?.isLetter == true && reference[scheme.endIndex...].hasPrefix(":")
}

private func withoutFragment(_ text: Substring) -> Substring { text.prefix { $0 != "#" } }

/// Takes `.` and `..` out of an absolute path (RFC 3986 §5.2.4).
private func withoutDots(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
        let isLast = index == segments.count - 1
        switch segment {
        case ".", "..":
            if segment == "..", !kept.isEmpty { kept.removeLast() }
            if isLast { kept.append("") }
        default: kept.append(segment)
        }
    }
    return "/" + kept.joined(separator: "/")
}
