import Secrets

/// One header of a request (RFC 9110 §5).
struct HeaderField: Sendable {
    let name: String
    let value: String

    /// Case does not count.
    func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

    /// Headers that the check itself answers for.
    private static let reserved = [
        "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade", "expect", "keep-alive",
        "proxy-connection", "trailer",
    ]

    enum Fault: ArgumentFault {
        case noColon(line: Int)
        case badName(line: Int)
        case reserved(String)
        case twice(String)
        case badValue(String)
        case badSecret(String, SecretArgument.Fault)
        case tooMany

        var problem: String {
            switch self {
            case .noColon(let line): "has no colon in line \(line)"
            case .badName(let line): "has no header name before the colon in line \(line)"
            case .reserved(let name): "has \(name), which the check sets itself"
            case .twice(let name): "has \(name) twice"
            case .badValue(let name): "has an empty value, or one with control characters, for \(name)"
            case .badSecret(let name, let fault): "has a secret for \(name) that \(fault.problem)"
            case .tooMany: "has more than 64 lines"
            }
        }
    }

    static let form = "one NAME: VALUE a line, where VALUE may be \(SecretArgument.form)"

    /// Reads headers as they are written, one a line. A value may name a variable or a file and is read from there;
    /// those are given out as secrets too.
    static func parse(_ text: String) throws(Fault) -> (fields: [HeaderField], secrets: [String]) {
        var fields: [HeaderField] = []
        var secrets: [String] = []
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        guard lines.count <= 65 else { throw .tooMany }
        for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
            guard let colon = line.firstIndex(of: ":") else { throw .noColon(line: index + 1) }
            let name = String(line[..<colon].filter { !$0.isWhitespace })
            guard isToken(name), name.utf8.count == line[..<colon].drop(while: \.isWhitespace).utf8.count else {
                throw .badName(line: index + 1)
            }
            guard !reserved.contains(name.lowercased()) else { throw .reserved(name) }
            guard !fields.contains(where: { $0.isNamed(name) }) else { throw .twice(name) }
            var value = String(line[line.index(after: colon)...].drop(while: \.isWhitespace))
            while value.last?.isWhitespace == true { value.removeLast() }
            if value.hasPrefix("env:") || value.hasPrefix("file:") {
                do { value = try SecretArgument.read(value).reveal() } catch { throw .badSecret(name, error) }
                secrets.append(value)
            } else if isSensitive(name) {
                secrets.append(value)
            }
            guard !value.isEmpty, value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
                throw .badValue(name)
            }
            fields.append(HeaderField(name: name, value: value))
        }
        return (fields, secrets)
    }

    /// Headers whose values are nobody's business wherever they come from.
    private static func isSensitive(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["auth", "cookie", "token", "key", "secret", "password"].contains { name.contains($0) }
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

/// Base64 (RFC 4648 §4).
func base64(_ bytes: some Sequence<UInt8>) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = Array(bytes)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * $1.offset) }
        for place in 0..<4 {
            text.append(place <= group.count ? alphabet[Int(bits >> (18 - 6 * place) & 0x3F)] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
