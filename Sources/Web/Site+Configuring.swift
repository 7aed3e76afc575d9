import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Making names, and adding members to them: the guided forms over the operations that change the configuration.
extension Site {
    func addConfiguring(to router: Router<SiteContext>) {
        addIndicatorForm(to: router)
        router.post("/settings/test") { request, context in try await testProvider(request, context) }
        router.get("/new") { request, context in try await page(request, context) }
        router.post("/new") { request, context in
            let fields = try await FormFields(reading: request)
            let visit = Visit(path: "/new", query: [:], request, context.identity, catalogues)
            let pages = await Pages(site: self, visit: visit)
            let wish = NewScheme(fields.fields)
            do {
                try gate.check(.project(.admin), fields, context)
                let zones = await revisions?.zones() ?? []
                if wish.gap(zones) != nil {
                    return render(await pages.newScheme(wish), visit, version: pages.model.version)
                }
                if fields["do"] == "save" {
                    try await save(wish, request, context)
                    return Response(
                        status: .seeOther, headers: [.location: "/schemes/\(wish.name.urlEncoded)"])
                }
                return render(
                    await pages.newScheme(wish, tried: await tried(wish)), visit, version: pages.model.version)
            } catch {
                let problem = Problem(any: error)
                return render(
                    await pages.newScheme(wish, tried: await tried(wish), problem: problem), visit,
                    version: pages.model.version, status: problem.status)
            }
        }
    }

    /// What the form starts with: in a demo the kittens' own servers, elsewhere nothing.
    func proposal() async -> NewScheme {
        guard let servers = await demo?.servers(), let first = servers.first,
            let port = URLComponents(string: first.url)?.port
        else { return NewScheme([:]) }
        var fields = ["name": "dog.example.test", "port": "\(port)", "must-have": "status=OK", "check": "http-grep"]
        for (row, server) in servers.enumerated() {
            fields["address\(row)"] = URLComponents(string: server.url)?.host ?? ""
            fields["label\(row)"] = server.name
        }
        return NewScheme(fields)
    }

    /// Tests an account at a provider, and shows what came of it.
    private func testProvider(_ request: Request, _ context: SiteContext) async throws -> Response {
        let visit = Visit(path: "/settings", query: [:], request, context.identity, catalogues)
        let pages = await Pages(site: self, visit: visit)
        do {
            let fields = try await FormFields(reading: request)
            try gate.check(.role(.operator), fields, context)
            let name = fields["name"]
            guard let test = await control.testProvider(name) else {
                throw Problem(.notFound, "There is no provider \"\(name)\".")
            }
            try await gate.accounts?.record(
                "provider.test", name, by: context.identity?.name ?? "anybody", from: context.address,
                detail: test.words)
            return render(pages.providerTested(test), visit, version: pages.model.version)
        } catch {
            return refusal(Problem(any: error), visit, version: pages.model.version, back: "/settings")
        }
    }

    /// Each server's check, tried at once.
    private func tried(_ wish: NewScheme) async -> [(NewScheme.Server, TrialReport)] {
        if await wish.gap(revisions?.zones() ?? []) != nil { return [] }
        return await withTaskGroup(of: (Int, NewScheme.Server, TrialReport).self) { group in
            for (index, server) in wish.servers.enumerated() {
                group.addTask {
                    let arguments = wish.arguments(for: server)
                    return (index, server, await control.trial(method: wish.method, arguments: arguments))
                }
            }
            var found: [(Int, NewScheme.Server, TrialReport)] = []
            for await one in group { found.append(one) }
            return found.sorted { $0.0 < $1.0 }.map { ($0.1, $0.2) }
        }
    }

    /// Makes the indicators and then the scheme; what was made is taken back should a later one be refused.
    private func save(_ wish: NewScheme, _ request: Request, _ context: SiteContext) async throws {
        let known = Set(await control.readModel().indicatorGlances().map(\.name))
        if let taken = wish.servers.first(where: { known.contains($0.label) }) {
            throw Problem(.conflict, "There is an indicator \"\(taken.label)\" already: choose another name for it.")
        }
        if await control.readModel().scheme(wish.name) != nil {
            throw Problem(.conflict, "There is a scheme \"\(wish.name)\" already.")
        }
        var made: [String] = []
        do {
            for server in wish.servers {
                try await call("putIndicator", ["name": server.label], wish.indicator(for: server), request, context)
                made.append(server.label)
            }
            try await call("putScheme", ["name": wish.name], wish.scheme, request, context)
        } catch {
            for name in made { try? await call("removeIndicator", ["name": name], nil, request, context) }
            throw error
        }
    }

    /// Calls an operation of the API as whoever asks, who may.
    func call(
        _ id: String, _ path: [String: String], _ body: JSONValue?, _ request: Request, _ context: SiteContext
    ) async throws {
        guard let operation = operations.first(where: { $0.id == id }) else {
            throw Problem(.notFound, "There is no such operation.")
        }
        var call = Call(
            identity: context.identity, address: context.address, request: request, path: path, query: [:])
        if let body {
            call.body = body
            if let schema = operation.body {
                let violations = schema.violations(of: body)
                if !violations.isEmpty { throw Problem(.badRequest, "The form is wrong.", violations: violations) }
            }
            call.bodyData = Data(try JSON.encode(body).readableBytesView)
        }
        _ = try await operation.handle(call)
    }
}
