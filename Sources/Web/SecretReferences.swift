import Accounts
import Control
import HTTPTypes
import Settings

/// `env:NAME` and `file:PATH` in a check lead to what the server may read: its variables, its files, its own keys. A
/// project's admin, who says to which address that is sent, need not be trusted with it.
extension Site {
    /// What says to whom a secret goes.
    private static let leading = [
        "check", "host", "port", "url", "server", "address", "options", "transport", "tls", "insecure", "redirects",
        "ca",
    ]

    /// - Parameters:
    ///   - name: the indicator's; nil for a check that is only tried.
    ///   - arguments: as the file has them, each as one text.
    /// - Throws: a `Problem` if somebody who is no admin of the server has a secret of the server sent to where it does
    ///   not go yet.
    func checkReferences(
        _ arguments: [String: String], of name: String? = nil, _ identity: Identity?
    ) async throws {
        if identity?.may(.admin) == true { return }
        let references = arguments.filter { Self.refers($0.value) }
        if references.isEmpty { return }
        if let name, let old = try await entries().first(where: { $0.section == .indicators && $0.name == name }) {
            let texts = old.value.texts
            let isAsBefore = (references.keys + Self.leading).allSatisfy { texts[$0] == arguments[$0] }
            if isAsBefore { return }
        }
        let key = references.keys.sorted().first ?? ""
        let detail = "leads to a secret of the server: only an admin of the server may say where it is sent"
        throw Problem(
            .forbidden, "\(key) \(detail).", violations: [Violation(pointer: "/\(key)", detail: detail)])
    }

    /// Also where it stands among other words, as in `options`.
    private static func refers(_ text: String) -> Bool {
        text.firstMatch(of: /(?:^|[^A-Za-z0-9])(?:env|file|store):/.ignoresCase()) != nil
    }
}
