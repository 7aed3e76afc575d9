import Glibc

/// A password or token that never stands in the configuration itself: it names an environment variable or a file.
/// It has no description that would show it, and cannot be compared.
struct Secret: Sendable {
    /// The only way to it: where it is put into a request.
    let revealed: String

    static let form = "env:NAME or file:PATH"
    static let longest = 8192

    enum Fault: ArgumentFault {
        case plain, badReference, noVariable, noFile, empty, tooLong, badByte

        var problem: String {
            switch self {
            case .plain: "must not stand in the configuration itself"
            case .badReference: "names no variable or file"
            case .noVariable: "names an environment variable that is not set"
            case .noFile: "names a file that cannot be read"
            case .empty: "names something empty"
            case .tooLong: "names something longer than \(inWords(bytes: longest))"
            case .badByte: "names something with control characters or broken UTF-8 in it"
            }
        }
    }

    /// Reads it now, so that what is missing is known when the configuration is. Line ends behind it are cut off.
    init(_ reference: String) throws(Fault) {
        let source = reference.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard source.count == 2, source[0] == "env" || source[0] == "file" else { throw .plain }
        guard !source[1].isEmpty else { throw .badReference }
        let bytes =
            source[0] == "env" ? try Self.variable(String(source[1])) : try Self.contents(String(source[1]))
        guard bytes.count <= Self.longest else { throw .tooLong }
        guard var text = String(validating: bytes, as: UTF8.self) else { throw .badByte }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { throw .badByte }
        revealed = text
    }

    private static func variable(_ name: String) throws(Fault) -> [UInt8] {
        guard let value = getenv(name) else { throw .noVariable }
        return Array(String(cString: value).utf8)
    }

    private static func contents(_ path: String) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .noFile }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= longest {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw .noFile }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    var description: String { "(secret)" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Takes secrets out of what is told, should a server send them back: as they are, as they are printed, and where
/// only their beginning is left because the rest was cut off.
func redact(_ text: String, _ secrets: [String]) -> String {
    let shown = "(secret)"
    var text = text
    for secret in secrets where secret.utf8.count >= 4 {
        for form in [secret, printable(secret.utf8, limit: .max), printable(secret, limit: .max)] {
            text = text.replacing(form, with: shown)
            guard text.contains("…") else { continue }
            for length in stride(from: form.count - 1, through: 4, by: -1) {
                text = text.replacing(form.prefix(length) + "…", with: shown + "…")
            }
        }
    }
    return text
}
