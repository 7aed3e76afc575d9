import Accounts
import Control
import NIOCore
import Synchronization

/// A page that is open, made once for all who look at it in the same way, however many they are.
///
///     SharedModel ─► changed? ─► Pages.content ─► Patch ─► everybody in the room
final class LiveRoom: Sendable {
    /// What decides how a page reads.
    struct Key: Hashable, Sendable {
        var path: String
        var query: [String: String]
        var language: Language
        var identity: Identity?

        init(_ visit: Visit) {
            path = visit.path
            query = visit.query
            language = visit.words.language
            identity = visit.identity
        }
    }

    /// An open page is told of changes after this time at the soonest; between them the newest counts. Where making
    /// the page takes longer, it is twice as long as that, so that one page never takes more than a third of a core.
    private static let pause = Duration.milliseconds(40)
    private static let longestPause = Duration.milliseconds(100)
    /// The same for pages of which it is not known what they have read.
    private static let blindPause = Duration.milliseconds(250)
    /// A page is made again after this time though nothing seems to have changed: shares of the last days move by
    /// themselves. Whoever has gone without a word is found out by it, too.
    private static let refresh = Duration.seconds(10)
    /// Who is so many messages behind is sent away, and comes again by itself.
    private static let patience = 32

    private typealias Member = AsyncStream<ByteBuffer>.Continuation

    private struct Members {
        var all: [UInt64: Member] = [:]
        /// Who has been told nothing yet.
        var fresh: Set<UInt64> = []
    }

    private let visit: Visit
    private let site: Site
    private let members = Mutex(Members())
    private let models: AsyncStream<SharedModel>
    private let feed: AsyncStream<SharedModel>.Continuation

    init(_ visit: Visit, site: Site) {
        self.visit = visit
        self.site = site
        (models, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var isEmpty: Bool { members.withLock { $0.all.isEmpty } }

    /// - Parameter onLeaving: called when whoever has come reads no more, or is told no more.
    func enter(_ id: UInt64, onLeaving: @escaping @Sendable () -> Void) -> AsyncStream<ByteBuffer> {
        let (messages, member) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Self.patience))
        member.onTermination = { _ in onLeaving() }
        members.withLock { members in
            members.all[id] = member
            members.fresh.insert(id)
        }
        return messages
    }

    func leave(_ id: UInt64) {
        members.withLock { members in
            members.all[id] = nil
            members.fresh.remove(id)
        }
    }

    /// Hands in what there is to show now; if the page is still being made, the newest counts.
    func show(_ model: SharedModel) { feed.yield(model) }

    /// Nobody is told anything any more.
    func close() {
        feed.finish()
        members.withLock { members in
            for member in members.all.values { member.finish() }
            members = Members()
        }
    }

    /// Tells everybody, until the room is closed.
    func run() async {
        var page = LivePage()
        var witness: Witness?
        var madeAt = ContinuousClock.now
        for await model in models {
            let start = ContinuousClock.now
            let seen = site.model(model, for: visit)
            if let known = witness, start - madeAt < Self.refresh, await known.isUnchanged(in: seen) {
                welcome(page, model)
                continue
            }
            let watching = Witness()
            let pages = Pages(site: site, visit: visit, seen: seen, witness: watching)
            guard let content = try? await pages.content() else { continue }
            witness = content.isWitnessed ? watching : nil
            madeAt = start
            let message = page.message(for: content, at: model.at)
            tell(message.flatMap { Self.event($0, model) } ?? ByteBuffer(string: ": still so\n\n"))
            welcome(page, model)
            let took = ContinuousClock.now - start
            let pause = content.isWitnessed ? Self.pause : Self.blindPause
            try? await Task.sleep(for: max(pause, min(took * 2, Self.longestPause)))
        }
    }

    /// Sends the whole page to those who have come since, for theirs may have been made earlier.
    private func welcome(_ page: LivePage, _ model: SharedModel) {
        let fresh = members.withLock { members in
            defer { members.fresh = [] }
            return members.fresh.compactMap { members.all[$0] }
        }
        guard !fresh.isEmpty, let message = page.whole(at: model.at), let event = Self.event(message, model) else {
            return
        }
        for member in fresh { member.yield(event) }
    }

    private func tell(_ event: ByteBuffer) {
        members.withLock { members in
            for (id, member) in members.all where !members.fresh.contains(id) {
                guard case .dropped = member.yield(event) else { continue }
                member.finish()
                members.all[id] = nil
            }
        }
    }

    private static func event(_ message: LivePage.Message, _ model: SharedModel) -> ByteBuffer? {
        guard let json = try? JSON.encode(message) else { return nil }
        var event = ByteBuffer(string: "event: page\nid: \(model.sequence)\ndata: ")
        event.writeImmutableBuffer(json)
        event.writeString("\n\n")
        return event
    }
}
