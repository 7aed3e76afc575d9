import DNS

// How a decision gets to a DNS provider. Each part knows only the one below it:
//
//   Reconcile/     what to do next: read ─► write only if different ─► read back ─► verify; retries, drift. Pure.
//       │
//       ▼
//   Provider       one account at one company: read the RRsets of a name, change them. One folder per driver.
//       │
//       ▼
//   HTTP/          one request with a deadline: an answer, or whether it may have taken effect
//
// A driver keeps no state of its own but what its protocol needs (a zone's id, a rate limit). It retries nothing:
// when to try again is the reconciler's business, and every try begins by reading.

/// One account at one DNS provider. Each driver is a folder in this module and is listed in `ProviderDriver.all`;
/// docs/providers.md tells how to write one. Every driver passes `ProviderConformance`.
package protocol Provider: Sendable {
    /// What the driver is called in the configuration: `cloudflare`.
    static var driver: String { get }
    /// One line for `--help` and the documentation.
    static var summary: String { get }
    /// Every argument it takes, in the order in which the documentation lists them.
    static var parameters: [ProviderParameter] { get }

    /// Takes the arguments it knows; throws for a missing or malformed one. Talks to nobody and reads no secret.
    init(_ arguments: ProviderArguments) throws(ProviderArgumentErrors)

    /// What the provider can do. The core keeps a wish within it, so that a driver never sees one beyond it.
    var capabilities: Capabilities { get }

    /// The RRsets of these types that the name has now, none of them empty, in any order. Not called if
    /// `capabilities.reading` is not `.provider`.
    func read(_ owner: Name, types: [RRType], until deadline: Deadline) async throws(ProviderError) -> [HeldSet]

    /// Makes the name's RRsets of the change's types what the change says; other types stay as they are. Either the
    /// whole change takes effect or, where the provider has no such step, it is made so that a repetition mends it.
    /// Making it so a second time does no harm.
    func write(_ change: Change, until deadline: Deadline) async throws(ProviderError) -> Acceptance
}

extension Provider {
    package func read(
        _ owner: Name, types: [RRType], until deadline: Deadline
    ) async throws(ProviderError) -> [HeldSet] {
        throw .refused(.unsupported, words: "\(Self.driver) cannot be read")
    }
}

/// An RRset as the provider holds it.
package struct HeldSet: Hashable, Sendable {
    package var rrset: RRset
    /// The provider sets the TTL itself (a proxied record, a service without TTLs): it is no difference to mend.
    package var hasFixedTTL: Bool
    /// The provider's servers answer with something else than what it holds (a proxied record): what they answer
    /// proves nothing.
    package var isAnsweredOtherwise: Bool

    package init(_ rrset: RRset, hasFixedTTL: Bool = false, isAnsweredOtherwise: Bool = false) {
        self.rrset = rrset
        self.hasFixedTTL = hasFixedTTL
        self.isAnsweredOtherwise = isAnsweredOtherwise
    }
}

/// What the provider answered to a change.
package struct Acceptance: Hashable, Sendable {
    /// The provider's own words, fit for a person: `good 192.0.2.1`, `change C123 is INSYNC`; at most a line.
    package var words: String
    package init(_ words: String) { self.words = words }
}

/// A moment after which a call has to have ended.
package struct Deadline: Hashable, Sendable {
    package let instant: ContinuousClock.Instant

    package init(_ instant: ContinuousClock.Instant) { self.instant = instant }

    package static func after(_ duration: Duration) -> Deadline { Deadline(.now + duration) }

    /// Never below zero.
    package var remaining: Duration { max(.zero, instant - .now) }
}
