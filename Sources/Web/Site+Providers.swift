import Accounts
import Control
import HTTPTypes
import Hummingbird
import JSONTree
import Settings

/// Accounts at providers, by forms: tried first, then saved, with their secrets in the encrypted store.
extension Site {
    func addAccountForm(to router: Router<SiteContext>) {
        router.post("/settings/test") { request, context in try await testProvider(request, context) }
        router.post("/configure/providers") { request, context in
            let fields = try await FormFields(reading: request)
            var wish = AccountWish(fields.fields, isEdit: fields["edit"] == "yes")
            let path = wish.isEdit ? "/configure/providers/\(wish.name.urlEncoded)" : "/configure/providers"
            let query = wish.isEdit ? [:] : ["driver": wish["driver"]]
            let visit = Visit(path: path, query: query, request, context.identity, catalogues)
            let pages = await Pages(site: self, visit: visit)
            let version = pages.model.version
            do {
                try gate.check(.role(.admin), fields, context)
                let asker = Asker(request: request, context: context)
                if fields["do"] == "remove" {
                    try await remove(account: wish.name, asker)
                    return Response(status: .seeOther, headers: [.location: "/settings"])
                }
                try await complete(&wish, asker)
                if fields["do"] == "save" {
                    try await check(wish)
                    let base = wish.isEdit ? try await checkSeen("putProvider", wish.fields) : nil
                    try await save([], with: wish, asker, "provider.put", base: base)
                    return Response(status: .seeOther, headers: [.location: "/settings"])
                }
                try await check(wish)
                let test = try await test(wish.trial(asking: wish.asking))
                return render(await pages.accountForm(wish, tried: .init(test: test)), visit, version: version)
            } catch {
                let problem = Problem(any: error)
                // Who saves once more has been told what is there now.
                if let seen = problem.seen { wish.fields[Seen.field] = seen }
                return render(
                    await pages.accountForm(wish, tried: .init(problem: problem)), visit, version: version,
                    status: problem.status)
            }
        }
    }

    /// Whoever sent a form, and from where.
    struct Asker: Sendable {
        var request: Request
        var context: SiteContext

        var name: String { context.identity?.name ?? "anybody" }
        /// As a call of the operations that the form carries out.
        var call: Call {
            Call(identity: context.identity, address: context.address, request: request, path: [:], query: [:])
        }
    }

    /// Puts to what was filled in what is known already: the secrets that stay as they are, and those typed before.
    func complete(_ wish: inout AccountWish, _ asker: Asker) async throws {
        let present = wish.name
        let entry = try await entries().first { $0.section == .providers && $0.name == present }
        let others = await revisions?.accounts().filter { $0.name != present } ?? []
        wish.taken = Set(others.flatMap(\.secrets))
        wish.take(saved: wish.isEdit ? entry : nil, typed: typed, owner: asker.name)
    }

    /// - Throws: a `Problem` for a name that cannot be, or is somebody else's.
    func check(_ wish: AccountWish) async throws {
        func wrong(_ status: HTTPResponse.Status, _ detail: String) -> Problem {
            Problem(status, detail, violations: [Violation(pointer: "/name", detail: detail)])
        }
        guard wish.driver != nil else { throw Problem(.badRequest, "The account has no driver: choose one.") }
        guard SealedSecrets.isName(wish.name), wish.name.utf8.count <= 60, wish.name != "local" else {
            throw wrong(.unprocessableContent, "Use 1 to 60 letters, digits, dashes, underscores or dots; not local.")
        }
        let name = wish.name
        let isThere = try await entries().contains { $0.section == .providers && $0.name == name }
        if !wish.isEdit, isThere {
            throw wrong(.conflict, "There is an account \"\(name)\" already: choose another name for it.")
        }
    }

    /// Changes the configuration in one step, with an account if there is one: what would be wrong is told before a
    /// secret is touched.
    func save(
        _ changes: [EntryChange], with account: AccountWish?, _ asker: Asker, _ action: String, base: Int? = nil
    ) async throws {
        var call = asker.call
        call.base = base
        let all = (account.map { [EntryChange(.providers, $0.name, $0.value)] } ?? []) + changes
        let change: RevisionChange =
            changes.isEmpty && all.count == 1
            ? .entry(all[0].section, name: all[0].name, all[0].value) : .entries(all)
        call.query = ["dry-run": true]
        if let account { call.freshSecrets = account.places }
        _ = try await propose(change, call, action)
        if let account {
            for (argument, secret) in account.secrets.sorted(by: { $0.key < $1.key }) {
                let place = account.place(of: argument)
                try await accounts().setSecret(secret, as: place, noting: entry("secret.set", place, call))
            }
        }
        call.query = [:]
        _ = try await propose(change, call, action)
        if let account, !account.secrets.isEmpty { await control.retry(providers: [account.name]) }
    }

    /// Takes an account away, and forgets the secrets that are kept for it alone.
    private func remove(account name: String, _ asker: Asker) async throws {
        let accounts = await revisions?.accounts() ?? []
        let own = accounts.first { $0.name == name }?.secrets ?? []
        let others = Set(accounts.filter { $0.name != name }.flatMap(\.secrets))
        _ = try await propose(.entry(.providers, name: name, nil), asker.call, "provider.remove")
        for secret in own where !others.contains(secret) && secret.hasPrefix("\(name)-") {
            _ = try await self.accounts().removeSecret(
                secret, noting: entry("secret.remove", secret, asker.call))
        }
    }

    /// Tests an account that is configured, and shows what came of it.
    private func testProvider(_ request: Request, _ context: SiteContext) async throws -> Response {
        let visit = Visit(path: "/settings", query: [:], request, context.identity, catalogues)
        let pages = await Pages(site: self, visit: visit)
        do {
            let fields = try await FormFields(reading: request)
            try gate.check(.role(.operator), fields, context)
            let name = fields["name"]
            let asked = fields["asking"].isEmpty ? nil : fields["asking"]
            guard let test = await control.testProvider(name, asking: asked) else {
                throw Problem(.notFound, "There is no provider \"\(name)\".")
            }
            try await note("provider.test", name, Asker(request: request, context: context).call, detail: test.words)
            return render(pages.providerTested(test), visit, version: pages.model.version)
        } catch {
            return refusal(Problem(any: error), visit, version: pages.model.version, back: "/settings")
        }
    }
}
