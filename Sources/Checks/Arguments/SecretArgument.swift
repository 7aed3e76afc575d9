import Secrets

/// A check's password or token, which never stands in the configuration itself. It is read when the configuration is, so
/// that what is missing is known at once.
enum SecretArgument {
    static let form = "env:NAME or file:PATH"

    enum Fault: ArgumentFault {
        case plain, badReference, unreadable(SecretFault)

        var problem: String {
            switch self {
            case .plain: "must not stand in the configuration itself"
            case .badReference: "names no variable or file"
            case .unreadable(.noVariable): "names an environment variable that is not set"
            case .unreadable(.noFile): "names a file that cannot be read"
            case .unreadable(.empty): "names something empty"
            case .unreadable(.tooLong): "names something longer than \(inWords(bytes: SecretPlace.longest))"
            case .unreadable(.severalLines), .unreadable(.broken):
                "names something with control characters or broken UTF-8 in it"
            case .unreadable(.noStore), .unreadable(.notKept), .unreadable(.sealed): "names what is in no store"
            }
        }
    }

    /// What `env:NAME` or `file:PATH` leads to. Line ends behind it are cut off.
    static func read(_ reference: String) throws(Fault) -> Secret {
        guard reference.hasPrefix("env:") || reference.hasPrefix("file:") else { throw .plain }
        guard let place = SecretPlace(reference) else { throw .badReference }
        do { return try place.line(keepingBlanks: true) } catch { throw .unreadable(error) }
    }
}

/// Takes secrets out of what is told, should a server send them back: as they are, as they are printed, and where
/// only their beginning is left because the rest was cut off.
func redact(_ text: String, _ secrets: [String]) -> String {
    secrets.filter { $0.utf8.count >= 4 }.reduce(text) { text, secret in
        [secret, printable(secret.utf8, limit: .max), printable(secret, limit: .max)].reduce(text) {
            Secret($1).redacted(from: $0)
        }
    }
}
