import DNS
import Failover
import NIOCore
import Providers
import Settings

/// The accounts that decisions are brought to, each with a queue of its own, and what they have said last.
struct ProviderAccounts {
    /// What a queue is asked, one after the other.
    private enum Order: Sendable {
        case wish(Wish, isExempt: Bool)
        case keep(Set<Name>)
        case force(Name)
        case allowChanges
        case reconfigured
    }

    private struct Account {
        let settings: ProviderSettings
        let queue: ProviderQueue
        let orders: AsyncStream<Order>.Continuation
    }

    private var accounts: [String: Account] = [:]
    /// By provider and scheme.
    private(set) var statuses: [String: [SchemeName: SyncStatus]] = [:]

    /// Puts a revision's accounts into force. Those that stay the same keep what they know, and try again what was
    /// refused.
    mutating func apply(
        _ settings: [ProviderSettings], group: any EventLoopGroup, clock: ShellClock,
        tell: @escaping @Sendable (String, ProviderQueue.News) async -> Void
    ) {
        var kept: [String: Account] = [:]
        for wanted in settings {
            if let account = accounts[wanted.name], account.settings.isSame(as: wanted) {
                kept[wanted.name] = account
                account.orders.yield(.reconfigured)
            } else {
                kept[wanted.name] = Self.open(wanted, group: group, clock: clock, tell: tell)
                statuses[wanted.name] = [:]
            }
        }
        for (name, account) in accounts where kept[name]?.queue !== account.queue {
            account.orders.finish()
            Task { await account.queue.stop() }
        }
        accounts = kept
        statuses = statuses.filter { kept[$0.key] != nil }
    }

    private static func open(
        _ settings: ProviderSettings, group: any EventLoopGroup, clock: ShellClock,
        tell: @escaping @Sendable (String, ProviderQueue.News) async -> Void
    ) -> Account {
        let name = settings.name
        let queue = ProviderQueue(
            name: name, provider: settings.provider,
            survey: AuthoritySurvey(group: group, servers: settings.servers), policy: settings.policy,
            callTimeout: settings.timeout, clock: { clock.now }, tell: { await tell(name, $0) })
        // One order after the other: a wish never overtakes a later one.
        let (stream, orders) = AsyncStream.makeStream(of: Order.self)
        Task {
            for await order in stream {
                switch order {
                case .wish(let wish, let isExempt): await queue.wish(wish, isExempt: isExempt)
                case .keep(let owners): await queue.keep(only: owners)
                case .force(let owner): await queue.force(owner)
                case .allowChanges: await queue.allowChanges()
                case .reconfigured: await queue.reconfigured()
                }
            }
        }
        return Account(settings: settings, queue: queue, orders: orders)
    }

    /// Tells each account which schemes are still its business.
    mutating func keep(_ schemes: [Scheme]) {
        for (name, account) in accounts {
            let own = schemes.filter { $0.providers.contains(name) }
            account.orders.yield(.keep(Set(own.compactMap { try? Name($0.name.text) })))
            statuses[name] = statuses[name]?.filter { entry in own.contains { $0.name == entry.key } }
        }
    }

    /// Brings a decision to the scheme's accounts.
    func reconcile(_ decision: Decision, of scheme: Scheme) {
        guard let wish = Wish(of: decision, ttlSeconds: scheme.ttlSeconds) else { return }
        for name in scheme.providers {
            accounts[name]?.orders.yield(.wish(wish, isExempt: scheme.mayChangeWithMany))
        }
    }

    /// The name servers that are configured for the scheme's accounts.
    func servers(of scheme: Scheme) -> [NameServer] {
        scheme.providers.compactMap { accounts[$0]?.settings.servers }.flatMap { $0 }
    }

    /// nil if there is no such account.
    func settings(of name: String) -> ProviderSettings? { accounts[name]?.settings }

    /// False if the scheme is at no such account; nil for all of the scheme's.
    func force(_ scheme: Scheme, at provider: String?) -> Bool {
        guard let owner = try? Name(scheme.name.text) else { return false }
        let chosen = scheme.providers.filter { provider == nil || $0 == provider }.compactMap { accounts[$0] }
        for account in chosen { account.orders.yield(.force(owner)) }
        return !chosen.isEmpty
    }

    /// What `force` would do, from all accounts at once; nil if the scheme is at no such account.
    func preview(_ scheme: Scheme, at provider: String?) async -> [PushPreview]? {
        guard let owner = try? Name(scheme.name.text) else { return nil }
        let chosen = scheme.providers.filter { provider == nil || $0 == provider }
        let queues = chosen.compactMap { accounts[$0]?.queue }
        guard !queues.isEmpty else { return nil }
        return await withTaskGroup(of: (Int, PushPreview).self) { tasks in
            for (place, queue) in queues.enumerated() {
                tasks.addTask {
                    let words = await queue.preview(owner) ?? "nothing is decided for it yet"
                    return (place, PushPreview(provider: queue.name, words: words))
                }
            }
            var previews: [(Int, PushPreview)] = []
            for await preview in tasks { previews.append(preview) }
            return previews.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// False if there is no such account.
    func allowChanges(at provider: String) -> Bool {
        guard let account = accounts[provider] else { return false }
        account.orders.yield(.allowChanges)
        return true
    }

    /// Tries again what an account has refused.
    func retry(_ provider: String) { accounts[provider]?.orders.yield(.reconfigured) }

    /// Notes what an account says of a name; returns the state that it was in before.
    mutating func note(_ status: SyncStatus, from provider: String) -> SyncState? {
        let scheme = SchemeName(status.owner.apiText)
        guard accounts[provider] != nil else { return status.state }
        return statuses[provider, default: [:]].updateValue(status, forKey: scheme)?.state
    }

    mutating func stop() {
        for account in accounts.values {
            account.orders.finish()
            Task { await account.queue.stop() }
        }
        accounts = [:]
    }
}

extension Wish {
    /// nil for an answer that no record can hold (SERVFAIL): what is there then stays.
    init?(of decision: Decision, ttlSeconds: UInt32) {
        guard let owner = try? Name(decision.scheme.text) else { return nil }
        switch decision.answer {
        case .addresses(let list): self.init(owner: owner, addresses: list, ttlSeconds: ttlSeconds)
        case .nodata: self.init(owner: owner, sets: [])
        case .servfail: return nil
        }
    }
}
