/// Why an answer could not be read as HTTP/1.1 (RFC 9112).
enum ResponseFault: Error, Hashable, Sendable {
    case notHTTP(excerpt: String)
    case headTooLong
    case badHeader(excerpt: String)
    case badContentLength(String)
    case contradictoryContentLength
    case unknownTransferEncoding(String)
    case badChunk(excerpt: String)

    var words: String {
        switch self {
        case .notHTTP(let excerpt): "not HTTP: \"\(excerpt)\""
        case .headTooLong: "headers longer than \(inWords(bytes: ResponseScanner.longestHead)), cut off"
        case .badHeader(let excerpt): "not HTTP: header line \"\(excerpt)\""
        case .badContentLength(let value): "not HTTP: Content-Length \"\(value)\""
        case .contradictoryContentLength: "not HTTP: two different Content-Length headers"
        case .unknownTransferEncoding(let value): "unknown Transfer-Encoding \"\(value)\""
        case .badChunk(let excerpt): "not HTTP: chunk size \"\(excerpt)\""
        }
    }
}

/// The status line and those headers that a check looks at (RFC 9112 §4, §5).
struct ResponseHead: Hashable, Sendable {
    /// 100–999.
    var status: Int
    var location: String?
    var contentLength: Int?
    var isChunked = false
    /// The body is in this coding although none was asked for: `gzip`.
    var contentEncoding: String?
    /// All headers by their names in lower case, if they were to be kept.
    private(set) var fields: [String: String] = [:]

    init(status: Int) { self.status = status }

    /// Several of one name become one (RFC 9110 §5.3).
    mutating func keep(name: String, value: String) {
        let name = name.lowercased()
        fields[name] = fields[name].map { "\($0), \(value)" } ?? value
    }

    /// Reads a head without its empty last line. Lines may end in CRLF or LF alone (RFC 9112 §2.2).
    init(_ bytes: ArraySlice<UInt8>, keepsFields: Bool = false) throws(ResponseFault) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        status = try Self.status(withoutReturn(lines.popFirst() ?? []))
        for line in lines {
            let line = withoutReturn(line)
            // A line that begins with a blank continues the one before (RFC 9112 §5.2); none that we read is long.
            if line.isEmpty || line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw .badHeader(excerpt: printable(line))
            }
            let value = trimmed(line[(colon + 1)...])
            try take(name: line[..<colon], value: value)
            if keepsFields {
                keep(
                    name: String(decoding: line[..<colon], as: UTF8.self), value: String(decoding: value, as: UTF8.self)
                )
            }
        }
    }

    private mutating func take(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(ResponseFault) {
        switch name.count {  // most headers are told apart by their length, without a comparison
        case 8 where isName(name, "location"): location = location ?? String(decoding: value, as: UTF8.self)
        case 14 where isName(name, "content-length"):
            guard let length = decimal(value) else { throw .badContentLength(printable(value)) }
            guard contentLength ?? length == length else { throw .contradictoryContentLength }
            contentLength = length
        case 17 where isName(name, "transfer-encoding"):
            guard isName(value, "chunked") || isName(value, "identity") else {
                throw .unknownTransferEncoding(printable(value))
            }
            isChunked = isChunked || isName(value, "chunked")
        case 16 where isName(name, "content-encoding") && !isName(value, "identity"):
            contentEncoding = printable(value, limit: 20)
        default: break
        }
    }

    /// `HTTP/1.1 200 OK`, the words at the end being optional.
    private static func status(_ line: ArraySlice<UInt8>) throws(ResponseFault) -> Int {
        let line = Array(line)
        guard line.count >= 12, line.starts(with: protocolPrefix), line[7] == 0x30 || line[7] == 0x31, line[8] == 0x20,
            let status = decimal(line[9..<12]), status >= 100, line.count == 12 || line[12] == 0x20
        else { throw .notHTTP(excerpt: printable(line)) }
        return status
    }

    /// What every answer begins with.
    static let protocolPrefix = Array("HTTP/1.".utf8)
}

private func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
}

private func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    let start = value.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
    return start[...last]
}

/// Whether these bytes are that ASCII text, written in lower case here; case does not count.
private func isName(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
    name.withUTF8Buffer { name in
        bytes.count == name.count && zip(bytes, name).allSatisfy { ((0x41...0x5A).contains($0) ? $0 | 0x20 : $0) == $1 }
    }
}

/// A number of 1 to 18 digits and nothing else.
private func decimal(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard (1...18).contains(bytes.count), bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}
