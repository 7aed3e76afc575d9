import Failover
import Foundation
import Logging
import NIOCore
import Notices
import Storage

/// What people are told of what happens.
///
///     log entry ─► happening ─► `Dispatch` ─► kept in one transaction with the entry
///                                   └─► letters ─► `Postman` ─► channels
extension Control {
    func configureNotices(_ settings: NoticeSettings) {
        let isFirst = !hasNotices
        hasNotices = true
        certificateDays = settings.certificateDays
        post.configure(settings.channels, name: settings.name ?? ProcessInfo.processInfo.hostName)
        // What waited when the last process ended goes first.
        if isFirst { sendWaitingLetters() }
        carryOut(dispatch.configure(settings.subscriptions))
    }

    private func sendWaitingLetters() {
        do {
            for stored in try keeping?.store.waitingLetters() ?? [] {
                if let letter = stored.letter { post.send(letter, attempts: stored.attempts) }
            }
        } catch {
            logger.error("Notices of the time before cannot be read", metadata: ["why": "\(error)"])
        }
    }

    /// Drops what is about indicators and schemes that are configured no more.
    func forgetNotices() {
        let engine = engine
        carryOut(
            dispatch.forget { happening in
                if let name = happening.indicator, engine.status(of: IndicatorName(name)) == nil { return true }
                if let name = happening.scheme, engine.status(of: SchemeName(name)) == nil { return true }
                return false
            })
    }

    func tell(_ happening: Happening) { carryOut(dispatch.take(happening, at: clock.now)) }

    private func noticesAreDue() {
        guard !isStopped else { return }
        noticeWake = nil
        let engine = engine
        carryOut(dispatch.wake(at: clock.now) { engine.isSilent($0) })
        finishTaking()
    }

    private func carryOut(_ effects: [Dispatch.Effect]) {
        for effect in effects {
            switch effect {
            case .keep(let matter):
                if let body = NoticeJSON.text(matter) {
                    remember(.matter(subscription: matter.subscription, key: matter.key, body: body))
                }
            case .forget(let subscription, let key):
                remember(.matter(subscription: subscription, key: key, body: nil))
            case .send(let letter):
                if let stored = StoredLetter(Delivery(letter)) { remember(.letter(stored)) }
                post.send(letter)
            }
        }
        scheduleNotices()
    }

    func remember(_ change: StoredChange) { if keeping != nil { unwritten.append(change) } }

    private func scheduleNotices() {
        guard let due = dispatch.nextWake, !isStopped else { return }
        if let noticeWake, noticeWake.at <= due { return }
        noticeWake?.timer.cancel()
        let timer: Scheduled<Void> = group.next().scheduleTask(in: delay(until: due)) {
            Task { await self.noticesAreDue() }
        }
        noticeWake = (due, timer)
    }
}

extension Engine {
    /// Whether nobody is to be told of something now. This is the one place where orders to be silent are asked.
    func isSilent(_ happening: Happening) -> Bool {
        let indicator = happening.indicator.flatMap { status(of: IndicatorName($0)) }
        if indicator?.silence != nil || happening.scheme.flatMap({ status(of: SchemeName($0)) })?.silence != nil {
            return true
        }
        // Whoever works on a server knows that it is down.
        guard [.state, .certificate].contains(happening.kind) else { return false }
        switch indicator?.override?.action {
        case .maintenance, .window: return true
        default: return false
        }
    }
}

// MARK: - What can be asked

extension Control {
    /// How each channel's letters fare, by its name.
    package func noticeTallies() async -> [ChannelTally] { await post.postman.tallies() }
}

extension Control: NoticeInterface {
    package func channels() async -> [ChannelReport] { await post.postman.reports() }

    package func testChannel(_ name: String, by author: String) async -> ChannelTest? {
        let letter = dispatch.test(channel: name, by: author, at: clock.now)
        let test = await post.postman.test(letter)
        if let test {
            let delivery = Delivery(
                letter, state: test.isDelivered ? .delivered : .givenUp, attempts: 1, attemptedAt: clock.now,
                words: test.words)
            if let stored = StoredLetter(delivery) { keeping?.store.note([.letter(stored)]) }
        }
        return test
    }

    package func notices(_ query: NoticeQuery) async throws(OrderError) -> [NoticeReport] {
        guard let keeping else { throw .noHistory("there is no store") }
        var wanted = LetterQuery()
        (wanted.channel, wanted.state, wanted.limit) = (query.channel, query.state, query.limit)
        wanted.before = query.before.map { Int64(clamping: $0) }
        do {
            return try keeping.store.letters(wanted).compactMap(NoticeReport.init)
        } catch {
            throw .noHistory("\(error)")
        }
    }
}

extension NoticeReport {
    init?(_ stored: StoredLetter) {
        guard let letter = stored.letter else { return nil }
        self.init(
            id: UInt64(clamping: stored.id), at: stored.at.seconds, channel: stored.channel,
            subscription: letter.subscription, purpose: letter.purpose.rawValue, severity: letter.severity.rawValue,
            title: letter.title, lines: letter.items.map(\.text), more: letter.more, state: stored.state,
            attempts: stored.attempts, attemptedAt: stored.attemptedAt?.seconds, words: stored.words)
    }
}
