import Accounts
import Control
import HTTPTypes
import Hummingbird

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
                summary: "Reads one of a provider's names, and says whether that went well; changes nothing.",
                access: .role(.operator), result: .named("ProviderTest"), problems: [.notFound]
            ) { call in
                let name = call.path["name"] ?? ""
                guard let test = await control.testProvider(name) else {
                    throw Problem(.notFound, "There is no provider \"\(name)\".")
                }
                try await note("provider.test", name, call, detail: test.words)
                return try .json(test)
            },
        ]
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
