import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird

/// Providers' keys and passwords: written, and never read again by anybody but the provider's driver.
extension Site {
    var secretOperations: [Operation] {
        let path = "/api/v1/secrets/{name}"
        return [
            Operation(
                method: .get, path: "/api/v1/secrets", id: "listSecrets",
                summary: "The names in the encrypted store, and when each was set; never what is in it.",
                access: .role(.admin), result: .object([.init("items", .array(.named("Secret")))]),
                problems: [.serviceUnavailable]
            ) { _ in try .json(Page(items: try await secrets(), next: nil)) },
            Operation(
                method: .put, path: path, id: "putSecret",
                summary: "Keeps a secret, sealed, under a name that the configuration calls store:NAME.",
                access: .role(.admin),
                body: .object([
                    .init(
                        "secret", .string(length: 1...65536), "Blanks around it do not count. It is never shown again.")
                ]), result: .named("Secret"), problems: [.unprocessableContent, .serviceUnavailable]
            ) { call in try await putSecret(call) },
            Operation(
                method: .delete, path: path, id: "removeSecret", summary: "Forgets a secret.", access: .role(.admin),
                status: .noContent, problems: [.notFound, .serviceUnavailable]
            ) { call in
                let name = call.path["name"] ?? ""
                guard try await accounts().removeSecret(name, noting: entry("secret.remove", name, call)) else {
                    throw Problem(.notFound, "There is no store:\(name).")
                }
                return Response(status: .noContent)
            },
        ]
    }

    /// Those that are kept, and those that an account at a provider waits for; sorted.
    func secrets() async throws -> [SecretReport] {
        let kept = try accounts().sealedSecrets()
        let users = await revisions?.accounts() ?? []
        let names = Set(kept.names).union(users.flatMap(\.secrets))
        return names.sorted().map { name in
            SecretReport(
                name: name, setAt: kept.setAt(name), usedBy: users.filter { $0.secrets.contains(name) }.map(\.name))
        }
    }

    private func putSecret(_ call: Call) async throws -> Response {
        struct Wish: Decodable { var secret: String }
        let name = call.path["name"] ?? ""
        let secret = try call.decode(Wish.self).secret.trimmingCharacters(in: .whitespacesAndNewlines)
        guard SealedSecrets.isName(name) else {
            let detail = "is no name for a secret: use 1 to 100 letters, digits, dashes, underscores, dots"
            throw Problem(
                .unprocessableContent, "\"\(name)\" \(detail).",
                violations: [Violation(pointer: "/name", detail: detail)])
        }
        guard !secret.isEmpty else {
            throw Problem(
                .unprocessableContent, "The secret is empty.",
                violations: [Violation(pointer: "/secret", detail: "is empty")])
        }
        try await accounts().setSecret(secret, as: name, noting: entry("secret.set", name, call))
        guard let report = try await secrets().first(where: { $0.name == name }) else {
            throw Problem(.serviceUnavailable, "The secret was removed meanwhile.")
        }
        await control.retry(providers: report.usedBy)
        return try .json(report)
    }
}

/// A secret as it may be told of.
struct SecretReport: Encodable {
    var name: String
    /// Seconds since 1970; nil for one that is needed and not kept.
    var setAt: Double?
    /// The accounts at providers that need it.
    var usedBy: [String]
}
