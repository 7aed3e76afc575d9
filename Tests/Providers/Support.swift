import Addresses
import DNS
import Providers

extension Provider {
    /// Reads and writes as the reconciler does: www.example.org gets these addresses with a TTL of 300 s.
    func make(_ addresses: [IPAddress], owner text: String = "www.example.org") async throws {
        let owner = try Name(text)
        let fitted = try capabilities.fit(Wish(owner: owner, addresses: addresses, ttlSeconds: 300))
        let before =
            capabilities.reading == .provider
            ? try await read(owner, types: fitted.types, until: .after(.seconds(10))) : []
        _ = try await write(
            Change(owner: owner, before: before, after: fitted.sets, types: fitted.types), until: .after(.seconds(10)))
    }
}
