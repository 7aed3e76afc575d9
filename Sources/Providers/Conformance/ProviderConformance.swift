import Addresses
import DNS

/// What every driver has to keep, whoever writes it: the laws, tried one after the other on one name of a real
/// account (or of an emulator).
///
/// The driver's own tests call `run` and expect no finding; `ninelives conformance` calls it for an account that is
/// configured. The name's A and AAAA records are lost.
package struct ProviderConformance: Sendable {
    /// A law that was not kept.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        package var law: String
        package var what: String
        package var description: String { "\(law): \(what)" }
    }

    private let provider: any Provider
    private let owner: Name
    private let outside: Name?
    private let timeout: Duration
    private let readSets: @Sendable (Name, [RRType], Deadline) async throws(ProviderError) -> [HeldSet]

    /// - Parameters:
    ///   - owner: a name that may be changed freely; it exists if the provider creates none.
    ///   - outside: a name that is in no zone of the account.
    ///   - timeout: for one call.
    ///   - observe: how the outcome is looked at where the provider cannot be read.
    package init(
        _ provider: any Provider, owner: Name, outside: Name? = nil, timeout: Duration = .seconds(20),
        observe: (@Sendable (Name, [RRType]) async -> [HeldSet])? = nil
    ) {
        self.provider = provider
        self.owner = owner
        self.outside = outside
        self.timeout = timeout
        if let observe {
            readSets = { name, types, _ throws(ProviderError) in await observe(name, types) }
        } else {
            readSets = { name, types, deadline throws(ProviderError) in
                try await provider.read(name, types: types, until: deadline)
            }
        }
    }

    /// Tries every law that the capabilities call for. An empty list is the wish.
    package func run() async -> [Finding] {
        var findings: [Finding] = []
        for (law, body) in laws {
            do {
                for what in try await body() { findings.append(Finding(law: law, what: what)) }
            } catch {
                findings.append(Finding(law: law, what: "\(error)"))
            }
        }
        return findings
    }

    // MARK: The laws

    private typealias Law = () async throws -> [String]

    private var laws: [(String, Law)] {
        let can = provider.capabilities
        var laws: [(String, Law)] = []
        if can.canDelete {
            laws.append(("a name without records is read as such", { try await makeAndLook([]) }))
            laws.append(("removing what is not there does no harm", { try await makeAndLook([]) }))
        }
        laws.append(("what is set is there", { try await makeAndLook(["192.0.2.1"]) }))
        laws.append(("setting it again does no harm", { try await makeAndLook(["192.0.2.1"]) }))
        laws.append(("another value takes the place of the first", { try await makeAndLook(["192.0.2.2"]) }))
        if case .range(let range) = can.ttls {
            laws.append(("the lowest TTL is kept", { try await makeAndLook(["192.0.2.2"], ttl: range.lowerBound) }))
            let high = min(range.upperBound, 3600)
            laws.append(("a TTL is changed by itself", { try await makeAndLook(["192.0.2.2"], ttl: high) }))
        }
        if can.hasSeveralValues {
            let three = ["192.0.2.3", "192.0.2.1", "192.0.2.2"]
            laws.append(("one value becomes several", { try await makeAndLook(three) }))
            laws.append(("their order does not matter", { try await makeAndLook(three.sorted()) }))
            laws.append(("some of several are replaced", { try await makeAndLook(["192.0.2.2", "192.0.2.9"]) }))
            laws.append(("several values become one", { try await makeAndLook(["192.0.2.7"]) }))
        }
        if can.types.contains(.aaaa) {
            laws.append(
                ("both families are set in one change", { try await makeAndLook(["192.0.2.1", "2001:db8::1"]) }))
            laws.append(("a type outside of the change stays", { try await checkOtherTypeStays() }))
            if can.canDelete {
                laws.append(("one family goes, the other stays", { try await makeAndLook(["2001:db8::1"]) }))
            }
        }
        laws.append(("letters' case makes no other name", { try await checkCase() }))
        laws.append(("a change made from an old reading is right or told as a conflict", { try await checkStale() }))
        laws.append(("a call without time ends at once", { await checkDeadline() }))
        if outside != nil { laws.append(("a name in no zone is refused for good", { await checkOutside() })) }
        if can.canDelete { laws.append(("what is removed is gone", { try await makeAndLook([]) })) }
        return laws
    }

    /// Makes it so as the reconciler does, and looks.
    private func makeAndLook(_ addresses: [String], ttl: UInt32 = 300) async throws -> [String] {
        try await make(addresses, ttl: ttl)
        return try await look(for: addresses, ttl: ttl)
    }

    private func make(_ addresses: [String], ttl: UInt32) async throws {
        let fitted = try provider.capabilities.fit(wish(addresses, ttl: ttl))
        let before = try await read(owner, types: fitted.types)
        _ = try await provider.write(
            Change(owner: owner, before: before, after: fitted.sets, types: fitted.types), until: .after(timeout))
    }

    private func look(for addresses: [String], ttl: UInt32 = 300) async throws -> [String] {
        let fitted = try provider.capabilities.fit(wish(addresses, ttl: ttl))
        let held = try await read(owner, types: fitted.types)
        let isFixed = provider.capabilities.ttls == .fixed
        return fitted.types.compactMap { type in
            let found = held.first { $0.rrset.type == type }
            let wished = fitted.sets.first { $0.type == type }
            switch (found, wished) {
            case (nil, nil): return nil
            case (let found?, let wished?) where found.isAs(wished, ignoringTTL: isFixed): return nil
            default:
                return "\(type) is \(Self.text(found?.rrset)) and should be \(Self.text(wished))"
            }
        }
    }

    private func checkOtherTypeStays() async throws -> [String] {
        let sets = try provider.capabilities.fit(wish(["192.0.2.8"], ttl: 300)).sets
        let before = try await read(owner, types: [.a])
        _ = try await provider.write(
            Change(owner: owner, before: before, after: sets, types: [.a]), until: .after(timeout))
        return try await look(for: ["192.0.2.8", "2001:db8::1"])
    }

    /// False if it was told that somebody was faster.
    private func isAccepted(_ change: Change) async throws(ProviderError) -> Bool {
        do {
            _ = try await provider.write(change, until: .after(timeout))
            return true
        } catch {
            let failure: ProviderError = error
            if failure.isConflict { return false }
            throw failure
        }
    }

    private func checkCase() async throws -> [String] {
        let capitals = Name(validWire: owner.wire.map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 })
        let held = try await read(owner, types: [.a])
        let again = try await read(capitals, types: [.a])
        return Set(held.map(\.rrset.rdata)) == Set(again.map(\.rrset.rdata))
            ? [] : ["\(capitals) has other records than \(owner)"]
    }

    private func checkStale() async throws -> [String] {
        try await make(["192.0.2.4"], ttl: 300)
        let old = try await read(owner, types: [.a])
        try await make(["192.0.2.5"], ttl: 300)
        let fitted = try provider.capabilities.fit(wish(["192.0.2.6"], ttl: 300))
        let change = Change(
            owner: owner, before: old, after: fitted.sets.filter { $0.type == .a }, types: [.a])
        let expected = try await isAccepted(change) ? "192.0.2.6" : "192.0.2.5"
        return try await look(for: [expected]).filter { $0.hasPrefix("A ") }
    }

    private func checkDeadline() async -> [String] {
        let start = ContinuousClock.now
        let set = RRset.sets(owner: owner, addresses: [.v4(IPv4Address(bits: 0xC000_02C8))], ttlSeconds: 300)
        let change = Change(owner: owner, before: [], after: set, types: [.a])
        do {
            _ = try await provider.write(change, until: Deadline(start))
            return ["it was done although its deadline was over"]
        } catch {
            if error.isPermanent { return ["it was refused for good: \(error)"] }
        }
        let took = ContinuousClock.now - start
        return took < .seconds(2) ? [] : ["it took \(took)"]
    }

    private func checkOutside() async -> [String] {
        guard let outside else { return [] }
        let set = RRset.sets(owner: outside, addresses: [.v4(IPv4Address(bits: 0xC000_0201))], ttlSeconds: 300)
        do {
            _ = try await provider.write(
                Change(owner: outside, before: [], after: set, types: [.a]), until: .after(timeout))
            return ["it was accepted"]
        } catch {
            switch error {
            case .refused(.noSuchZone, let words), .refused(.noSuchName, let words), .refused(.credentials, let words):
                return words.isEmpty ? ["the refusal has no words"] : []
            default: return ["it was told as: \(error)"]
            }
        }
    }

    // MARK: Common

    private func wish(_ addresses: [String], ttl: UInt32) -> Wish {
        Wish(owner: owner, addresses: addresses.compactMap { IPAddress($0) }, ttlSeconds: ttl)
    }

    private func read(_ name: Name, types: [RRType]) async throws -> [HeldSet] {
        let held = try await readSets(name, types, .after(timeout))
        for set in held where set.rrset.rdata.isEmpty || !types.contains(set.rrset.type) {
            throw ConformanceBreach.strangeSet("\(set.rrset.type) with \(set.rrset.rdata.count) values")
        }
        return held
    }

    private static func text(_ set: RRset?) -> String {
        set.map { "\($0.valueTexts.joined(separator: ", ")) with TTL \($0.ttlSeconds)" } ?? "not there"
    }
}

/// What a reading may not contain.
enum ConformanceBreach: Error, CustomStringConvertible {
    case strangeSet(String)

    var description: String {
        switch self {
        case .strangeSet(let what): "the reading has an RRset that is empty or was not asked for: \(what)"
        }
    }
}
