import Accounts
import Control
import Foundation
import HTTPTypes
import Hummingbird
import JSONTree
import NIOCore
import NIOFoundationCompat
import Settings

/// Making names, and adding members to them: the guided forms over the operations that change the configuration.
extension Site {
    func addConfiguring(to router: Router<SiteContext>) {
        addIndicatorForm(to: router)
        addAccountForm(to: router)
        addNoticeTest(to: router)
        router.get("/new") { request, context in try await page(request, context) }
        router.post("/new") { request, context in
            let fields = try await FormFields(reading: request)
            let visit = Visit(path: "/new", query: [:], request, context.identity, catalogues)
            let pages = await Pages(site: self, visit: visit)
            let asker = Asker(request: request, context: context)
            var wish = NewScheme(fields.fields)
            do {
                try gate.check(.project(.admin), fields, context)
                if wish.account != nil {
                    guard context.identity?.may(.admin) == true else {
                        throw Problem(.forbidden, "\(asker.name) may not: an admin of the server adds accounts.")
                    }
                    try await complete(&wish.newAccount, asker)
                }
                // The driver is chosen: nothing is asked for yet that its form has.
                if fields["do"] == "driver", wish.account != nil {
                    if wish.newAccount.name.isEmpty {
                        wish.newAccount["name"] = await pages.freeName(wish.newAccount["driver"])
                    }
                    return render(await pages.newScheme(wish), visit, version: pages.model.version)
                }
                let attempt = try await attempt(wish, asker)
                guard fields["do"] == "save", attempt.isComplete else {
                    return render(await pages.newScheme(wish, attempt), visit, version: pages.model.version)
                }
                try await save(wish.entries, with: wish.account, asker, "name.make")
                return Response(status: .seeOther, headers: [.location: "/schemes/\(wish.name.urlEncoded)"])
            } catch {
                let problem = Problem(any: error)
                return render(
                    await pages.newScheme(wish, .init(problem: problem)), visit, version: pages.model.version,
                    status: problem.status)
            }
        }
    }

    /// What the form starts with: in a demo the kittens' own servers, elsewhere nothing.
    func proposal() async -> NewScheme {
        guard let servers = await demo?.servers(), let first = servers.first,
            let port = URLComponents(string: first.url)?.port
        else { return NewScheme([:]) }
        let model = await control.readModel()
        let labels = servers.map(\.name)
        // Whoever comes here again finds a name that is still free.
        let animal = ["dog", "owl", "fox", "bear", "hare", "frog"].first { animal in
            model.scheme("\(animal).example.test") == nil
                && labels.allSatisfy { model.indicator("\($0):\(animal)") == nil }
        }
        var fields = [
            "name": "\(animal ?? "dog").example.test", "port": "\(port)", "must-have": "status=OK",
            "check": "http-grep",
        ]
        for (row, server) in servers.enumerated() {
            fields["address\(row)"] = URLComponents(string: server.url)?.host ?? ""
            fields["label\(row)"] = server.name
        }
        return NewScheme(fields)
    }

    /// Looks at all that somebody wishes, without saving anything: whether it is complete, whether it could be
    /// configured, what each server's check finds, and what the provider says.
    private func attempt(_ wish: NewScheme, _ asker: Asker) async throws -> NewScheme.Attempt {
        var attempt = NewScheme.Attempt()
        attempt.gaps = wish.gaps(await revisions?.zones() ?? [])
        guard attempt.gaps.isEmpty else { return attempt }
        if let account = wish.account { try await check(account) }
        try await check(wish, asker)
        attempt.faults = try await foreseen(wish, asker)
        async let places = places(of: wish)
        attempt.tried = await tried(wish)
        attempt.places = try await places
        return attempt
    }

    /// - Throws: a `Problem` unless whoever asks may make all of it, and nothing of it is there.
    private func check(_ wish: NewScheme, _ asker: Asker) async throws {
        let call = asker.call
        for server in wish.servers { try await check(.indicators, server.label, members: [], .admin, call) }
        try await check(.schemes, wish.name, members: [], .admin, call)
        let model = await control.readModel()
        if model.scheme(wish.name) != nil {
            let detail = "There is a scheme \"\(wish.name)\" already."
            throw Problem(.conflict, detail, violations: [Violation(pointer: "/schemes/\(wish.name)", detail: detail)])
        }
        for server in wish.servers where model.indicator(server.label) != nil {
            let detail = "There is an indicator \"\(server.label)\" already: choose another name for it."
            throw Problem(
                .conflict, detail, violations: [Violation(pointer: "/indicators/\(server.label)", detail: detail)])
        }
    }

    /// What would be wrong with the configuration.
    private func foreseen(_ wish: NewScheme, _ asker: Asker) async throws -> [Violation] {
        var call = asker.call
        call.query = ["dry-run": true]
        if let account = wish.account { call.freshSecrets = account.places }
        let changes = (wish.account.map { [EntryChange(.providers, $0.name, $0.value)] } ?? []) + wish.entries
        do {
            _ = try await propose(.entries(changes), call, "name.make")
            return []
        } catch let problem as Problem where problem.status == .unprocessableContent {
            return problem.violations
        }
    }

    /// What each account says of the name, all asked at once.
    private func places(of wish: NewScheme) async throws -> [(String, ProviderTest?)] {
        let names = wish.providers.filter { $0 != "local" }
        let said = await withTaskGroup(of: (String, ProviderTest?).self) { group in
            for name in names {
                group.addTask {
                    if let account = wish.account, account.name == name {
                        return (name, try? await test(account.trial(asking: wish.name)))
                    }
                    return (name, await control.testProvider(name, asking: wish.name))
                }
            }
            return await group.reduce(into: [:]) { said, one in said[one.0] = .some(one.1) }
        }
        return names.map { ($0, said[$0] ?? nil) }
    }

    /// Each server's check, tried at once.
    private func tried(_ wish: NewScheme) async -> [(NewScheme.Server, TrialReport)] {
        await withTaskGroup(of: (Int, NewScheme.Server, TrialReport).self) { group in
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

    /// Calls an operation of the API as whoever asks, who may.
    func call(
        _ id: String, _ path: [String: String], _ body: JSONValue?, _ request: Request, _ context: SiteContext,
        base: Int? = nil
    ) async throws {
        guard let operation = operations.first(where: { $0.id == id }) else {
            throw Problem(.notFound, "There is no such operation.")
        }
        var call = Call(
            identity: context.identity, address: context.address, request: request, path: path, query: [:])
        call.base = base
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
