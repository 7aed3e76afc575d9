import DNS
import Failover

/// One name at one provider.
struct NameTrack: Hashable, Sendable {
    /// Why the name is read.
    enum Purpose: Hashable, Sendable {
        /// To see whether it has to be written.
        case compare
        /// To see whether it was written.
        case readBack
        /// To see whether somebody else has changed it.
        case drift
        /// To see what the zone's servers answer.
        case verify
    }

    private(set) var wish: Wish
    /// The wish within the provider's capabilities.
    private(set) var fitted: Result<FittedWish, ProviderError>
    var isExempt = false
    private(set) var state: SyncState = .waiting
    private(set) var since: Instant
    var purpose: Purpose = .compare
    /// When the next job is due; nil if there is none to come.
    var dueAt: Instant?
    var job: ProviderJob?
    /// The wish changed while a job was under way, whose outcome then says nothing of the new one.
    var isStale = false
    var mustWrite = false
    /// The guard holds its change back.
    var isHeldBack = false
    /// Tries that failed in a row.
    var failures = 0
    var triedAt: Instant?
    /// What the provider holds, as far as is known.
    var held: [HeldSet]?
    /// When its values were last changed there by us.
    var changedAt: Instant?
    /// The TTL of what our last change took away, seconds.
    var replacedTTLSeconds: UInt32?
    var verifyUntil: Instant?
    /// The provider's last reply, or what is amiss.
    var words = ""
    var isRefusalTold = false
    /// The servers that did not answer so when they were last asked.
    var dissenting: [String] = []

    init(_ wish: Wish, at now: Instant) {
        self.wish = wish
        fitted = .failure(.refused(.unsupported, words: ""))
        since = now
    }

    mutating func take(_ wish: Wish, capabilities: Capabilities, at now: Instant) {
        self.wish = wish
        do throws(ProviderError) {
            fitted = .success(try capabilities.fit(wish))
        } catch {
            fitted = .failure(error)
        }
        isHeldBack = false
        startAnew(at: now)
    }

    /// From the reading on, now; a job under way is let end first.
    mutating func startAnew(at now: Instant) {
        isStale = job != nil
        purpose = .compare
        failures = 0
        dueAt = now
    }

    mutating func enter(_ state: SyncState, at now: Instant) {
        if self.state != state { since = now }
        self.state = state
    }

    /// The change that would make it so; nil if it is so or nothing is known.
    func pendingChange(ignoringTTL: Bool) -> Change? {
        guard let held, case .success(let fitted) = fitted else { return nil }
        return Change.from(held, to: fitted, owner: wish.owner, ignoringTTL: ignoringTTL)
    }
}

/// A name's state at a provider, as it can be read.
package struct SyncStatus: Hashable, Sendable {
    package var owner: Name
    package var state: SyncState
    package var since: Instant
    /// The provider's last reply, or what is amiss; empty before the first.
    package var words: String
    /// What is wished, within the provider's capabilities: empty if it is refused.
    package var wished: [RRset]
    /// What the provider holds, as far as is known.
    package var held: [RRset]?
    /// TTL raised, values left out.
    package var remarks: [String]
    package var failures: Int
    /// When it will be looked at or tried next.
    package var nextAt: Instant?
    /// Its change waits for an operator: too many at once.
    package var isPaused: Bool
    /// The servers that did not answer so when they were last asked.
    package var dissenting: [String]
    /// The TTL of what our last change there took away, seconds: so long caches may keep it.
    package var replacedTTLSeconds: UInt32?
    /// Its servers answer something else than it holds (a proxied record): what they answer proves nothing.
    package var isAnsweredOtherwise: Bool
}

extension NameTrack {
    func status(isPaused: Bool) -> SyncStatus {
        let fitted = try? fitted.get()
        return SyncStatus(
            owner: wish.owner, state: state, since: since, words: words, wished: fitted?.sets ?? [],
            held: held?.map(\.rrset), remarks: fitted?.remarks ?? [], failures: failures,
            nextAt: job == nil ? dueAt : nil, isPaused: isPaused && isHeldBack,
            dissenting: dissenting, replacedTTLSeconds: replacedTTLSeconds,
            isAnsweredOtherwise: held?.contains(where: \.isAnsweredOtherwise) ?? false)
    }
}

/// Whether a provider answers at all: while it does not, one name tries for all of them.
struct ProviderGate: Hashable, Sendable {
    /// Failures in a row; 0 is open.
    private(set) var failures = 0
    private(set) var until: Instant?
    /// It asked for this pause itself, or refused the account: nothing goes before it is over.
    private(set) var isHard = false
    /// Why the account is refused.
    private(set) var refusal: ProviderError?
    private(set) var triedAt: Instant?

    var isOpen: Bool { failures == 0 }

    var isRefused: Bool { refusal != nil }

    mutating func close(until: Instant, isHard: Bool, refusal: ProviderError? = nil) {
        failures += 1
        self.until = until
        self.isHard = isHard
        self.refusal = refusal
    }

    mutating func tried(at now: Instant) { triedAt = now }

    mutating func reopen() { self = ProviderGate() }
}
