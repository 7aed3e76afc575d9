import Failover
import Foundation
import Storage
import TestSupport
import Testing

@testable import Accounts

/// A secret and its entry in the audit log, when the power goes between any two steps.
@Suite struct SecretPowerCutTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> (store: Store, accounts: Accounts) {
        let store = try Store(folder: folder.path)
        return (store, try Accounts(store: store, folder: folder.path, cost: .none) { .epoch })
    }

    @Test func `what was only laid beside the secret in use never comes into use`() async throws {
        let (store, accounts) = try open()
        try await accounts.setSecret("old", as: "key")
        try accounts.sealedSecrets().stage("new", as: "key", "m")
        await store.close()
        let (after, next) = try open()
        #expect(try next.sealedSecrets().secret("key") == "old")
        await after.close()
    }

    @Test func `what the audit log tells of is done at the next start, once`() async throws {
        let (store, accounts) = try open()
        try await accounts.setSecret("old", as: "key")
        try await accounts.setSecret("unwanted", as: "gone")
        try accounts.sealedSecrets().stage("new", as: "key", "m")
        let entry = accounts.entry("secret.set", "key", by: "ann", from: "::1")
        try await store.commit([
            .fact(key: "secret.pending:m", value: "set key"), .fact(key: "secret.pending:n", value: "remove gone"),
            .audit(entry),
        ])
        await store.close()
        let (after, next) = try open()
        #expect(try next.sealedSecrets().secret("key") == "new")
        #expect(try next.sealedSecrets().secret("gone") == nil)
        #expect(try next.auditEntries().first?.target == "key")
        // Set again by somebody, it is not taken away by what was ordered before.
        try await next.setSecret("back", as: "gone")
        await after.close()
        let (last, again) = try open()
        #expect(try again.sealedSecrets().secret("gone") == "back")
        await last.close()
    }
}
