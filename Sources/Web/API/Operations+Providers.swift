import Accounts
import Control
import HTTPTypes
import Hummingbird
import JSONTree
import Providers
import Settings

/// How far decisions have got at their providers and in the world.
extension Site {
    var providerOperations: [Operation] {
        [
            Operation(
                method: .get, path: "/api/v1/schemes/{name}/propagation", id: "getPropagation",
                summary: "What the zone's name servers and public resolvers answer, asked now: within two seconds.",
                access: .projectReader, result: .named("Propagation"), problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                let isSeen = await scope(call).sees(control.readModel().projects(ofScheme: name))
                guard isSeen, let propagation = await control.propagation(of: name) else {
                    throw Problem(.notFound, "There is no scheme \"\(name)\".")
                }
                return try .json(propagation)
            },
            Operation(
                method: .post, path: "/api/v1/schemes/{name}/push", id: "pushScheme",
                summary: "Sends a scheme's records to its providers again, even if nothing differs.",
                access: .project(.operator),
                query: [
                    .init("provider", .text, "Only to this one."),
                    .init("dry-run", .bool, "Only says what it would do, by what is there now."),
                ], status: .accepted, result: .named("Push"), problems: [.notFound]
            ) { call in try await push(call) },
            Operation(
                method: .post, path: "/api/v1/providers/{name}/allow-changes", id: "allowChanges",
                summary: "Allows a provider's changes that were paused because they were many.",
                access: .role(.operator), status: .accepted, problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                guard await control.allowChanges(provider: name) else {
                    throw Problem(.notFound, "There is no provider \"\(name)\".")
                }
                try await note("provider.allow-changes", name, call)
                return Response(status: .accepted)
            },
            Operation(
                method: .post, path: "/api/v1/providers/{name}/test", id: "testProvider",
                summary: "Reads a name at a provider, and says whether that went well; changes nothing.",
                access: .role(.operator),
                query: [
                    .init(
                        "name", .string(length: 1...254),
                        "The name to read; without it, the first that is brought to the provider.")
                ], result: .named("ProviderTest"), problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let test = await control.testProvider(name, asking: call.text("name")) else {
                    throw Problem(.notFound, "There is no provider \"\(name)\".")
                }
                try await note("provider.test", name, call, detail: test.words)
                return try .json(test)
            },
            tryProvider,
        ]
    }

    /// Not remembered: a repetition asks again.
    private var tryProvider: Operation {
        Operation(
            method: .post, path: "/api/v1/providers/try", id: "tryProvider",
            summary: "Reads a name at an account that is not configured yet, or otherwise; keeps and changes nothing.",
            access: .role(.admin), remembersReplies: false,
            body: .object([
                .init("account", .map(.anything), "With the keys that the file has under providers."),
                .init(
                    "secrets", .map(.string(length: 1...65536)),
                    "Keys and passwords that are kept nowhere yet, by argument of the driver.", required: false),
                .init("name", .string(length: 1...254), "The name to read: one in a zone of the account."),
                .init(
                    "as", .string(pattern: "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$"),
                    "What the account is called; as one that is configured it is tried in its place.",
                    required: false),
            ]), result: .named("ProviderTest"),
            problems: [.conflict, .unprocessableContent, .serviceUnavailable]
        ) { call in
            struct Wish: Decodable {
                var account: JSONValue
                var secrets: [String: String]?
                var name: String
                var `as`: String?
            }
            let wish = try call.decode(Wish.self)
            let trial = AccountTrial(
                name: wish.as ?? "tried", value: try ConfiguredValue(wish.account), secrets: wish.secrets ?? [:],
                asking: wish.name)
            let test = try await test(trial)
            try await note("provider.try", trial.name, call, detail: test.words)
            return try .json(test)
        }
    }

    /// - Throws: a `Problem` that says what is wrong with the account, each with its place in the body.
    func test(_ trial: AccountTrial) async throws -> ProviderTest {
        var wrong: [Violation] = []
        if case .text(let driver)? = trial.value["driver"], let driver = ProviderDriver.named(driver) {
            let secret = driver.parameters.filter { $0.kind == .secret }.map(\.name)
            wrong = trial.secrets.keys.sorted().filter { !secret.contains($0) }.map {
                let known = secret.isEmpty ? "none" : "one of \(secret.joined(separator: ", "))"
                return Violation(pointer: "/secrets/\($0)", detail: "is no secret that this driver takes; use \(known)")
            }
        }
        if !wrong.isEmpty { throw Problem(.unprocessableContent, "The account is wrong.", violations: wrong) }
        let change = RevisionChange.entry(.providers, name: trial.name, trial.value)
        do {
            return try await revised(of: change) { try await $0.test(trial) }
        } catch var problem as Problem {
            problem.violations = problem.violations.map {
                Violation(pointer: $0.pointer == "/document" ? "" : "/account" + $0.pointer, detail: $0.detail)
            }
            throw problem
        }
    }

    private func push(_ call: Call) async throws -> Response {
        struct Outcome: Encodable {
            var isDryRun: Bool
            var items: [PushPreview]
        }
        let name = call.path["name"] ?? ""
        try await check("scheme:\(name)", call)
        let unknown = Problem(.notFound, "There is no scheme \"\(name)\" at such a provider.")
        if call.flag("dry-run") {
            guard let previews = await control.preview(scheme: name, provider: call.text("provider")) else {
                throw unknown
            }
            return try .json(Outcome(isDryRun: true, items: previews), status: .accepted)
        }
        guard await control.push(scheme: name, provider: call.text("provider")) else { throw unknown }
        try await note("scheme.push", name, call, detail: call.text("provider") ?? "")
        return try .json(Outcome(isDryRun: false, items: []), status: .accepted)
    }
}
