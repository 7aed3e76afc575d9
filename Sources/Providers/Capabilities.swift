import Addresses
import DNS

/// What a provider can hold and do.
package struct Capabilities: Hashable, Sendable {
    /// How what the provider holds is found out.
    package enum Reading: Hashable, Sendable {
        /// `read` asks the provider.
        case provider
        /// It cannot be asked; the zone's authoritative servers are, over DNS.
        case dns
    }

    /// What an accepted change proves.
    package enum Proof: Hashable, Sendable {
        /// The provider took it in. Reading back tells what it holds; its servers may answer so later.
        case accepted
        /// `write` returns only when all of the provider's servers answer so (Route 53's INSYNC).
        case everywhere
    }

    package enum TTLs: Hashable, Sendable {
        /// The provider sets the TTL; what is wished does not matter.
        case fixed
        /// Seconds; what is wished is brought into this range.
        case range(ClosedRange<UInt32>)
    }

    /// Those of A, AAAA and CNAME that it holds.
    package var types: [RRType] = [.a, .aaaa]
    /// More than one value in an RRset.
    package var hasSeveralValues = true
    package var ttls: TTLs = .range(1...86_400)
    /// Makes an RRset where none is.
    package var canCreate = true
    /// Removes an RRset.
    package var canDelete = true
    package var reading: Reading = .provider
    package var proof: Proof = .accepted
    /// So many calls may be under way at once, ≥ 1.
    package var concurrency = 1
    /// The deadline of a call unless the configuration says otherwise.
    package var callTimeout: Duration = .seconds(20)

    package init() {}
}

/// A wish brought within what a provider can hold.
package struct FittedWish: Hashable, Sendable {
    /// What the name is to have; types of `types` that have no set here are to have none.
    package var sets: [RRset]
    /// The types that are kept: what is there of these and not in `sets` is removed.
    package var types: [RRType]
    /// What was left out or changed, for people: `TTL 30 s is raised to 60 s`.
    package var remarks: [String]

    package init(sets: [RRset], types: [RRType], remarks: [String]) {
        self.sets = sets
        self.types = types
        self.remarks = remarks
    }
}

extension Capabilities {
    /// Brings a wish within the capabilities: TTLs into range, one value where only one is held, families left out
    /// that are not held. Throws if nothing of it can be held.
    package func fit(_ wish: Wish) throws(ProviderError) -> FittedWish {
        var fitted = FittedWish(sets: [], types: [], remarks: [])
        let wanted = wish.sets.contains { $0.type == .cname } ? [RRType.cname] : [.a, .aaaa]
        fitted.types = wanted.filter(types.contains)
        for var set in wish.sets {
            guard types.contains(set.type) else {
                fitted.remarks.append("\(set.type) records are not held here and were left out")
                continue
            }
            if case .range(let range) = ttls, !range.contains(set.ttlSeconds) {
                let seconds = min(max(set.ttlSeconds, range.lowerBound), range.upperBound)
                let verb = seconds > set.ttlSeconds ? "raised" : "lowered"
                let remark = "TTL \(set.ttlSeconds) s is \(verb) to \(seconds) s"
                if !fitted.remarks.contains(remark) { fitted.remarks.append(remark) }
                set.ttlSeconds = seconds
            }
            if !hasSeveralValues, set.rdata.count > 1 {
                fitted.remarks.append("one \(set.type) record is held here: the first of \(set.rdata.count) is set")
                set.rdata = [set.rdata[0]]
            }
            fitted.sets.append(set)
        }
        if !wish.sets.isEmpty, fitted.sets.isEmpty {
            throw .refused(.unsupported, words: fitted.remarks.joined(separator: "; "))
        }
        if !canDelete { fitted.types = fitted.types.filter { type in fitted.sets.contains { $0.type == type } } }
        if wish.sets.isEmpty, fitted.types.isEmpty {
            throw .refused(.unsupported, words: "records cannot be removed here, so that the name cannot be without")
        }
        return fitted
    }
}
