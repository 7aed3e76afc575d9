import Failover
import Logging
import NIOCore

/// A channel under its name in the configuration.
package struct NamedChannel: Sendable {
    package var name: String
    package var channel: any Channel
    /// How it was configured: a channel that stays the same is not begun anew.
    package var arguments: [String: String]

    package init(name: String, channel: any Channel, arguments: [String: String]) {
        self.name = name
        self.channel = channel
        self.arguments = arguments
    }
}

/// How far one letter has got.
package struct Delivery: Hashable, Sendable {
    package enum State: String, CaseIterable, Hashable, Sendable {
        case waiting, delivered
        case givenUp = "given-up"
    }

    package var letter: Letter
    package var state: State
    package var attempts: Int
    /// When it was tried last.
    package var attemptedAt: Instant?
    /// What the service said last, or why it was not reached.
    package var words: String

    package init(
        _ letter: Letter, state: State = .waiting, attempts: Int = 0, attemptedAt: Instant? = nil, words: String = ""
    ) {
        self.letter = letter
        self.state = state
        self.attempts = attempts
        self.attemptedAt = attemptedAt
        self.words = words
    }
}

/// How a channel is doing.
package struct ChannelReport: Codable, Hashable, Sendable {
    package var name: String
    package var kind: String
    /// Where it leads, without secrets.
    package var target: String
    package var waiting: Int
    /// Seconds since 1970; nil if never since the start.
    package var deliveredAt: Double?
    /// What went wrong with the last attempt; nil if it went well.
    package var trouble: String?
    package var nextAttemptAt: Double?
}

/// What has become of a channel's letters since the start, and what waits.
package struct ChannelTally: Hashable, Sendable {
    package var name: String
    package var waiting: Int
    /// How long the oldest that waits has waited, seconds; 0 if nothing waits.
    package var oldestWaitingSeconds: Double
    package var counts: Counts

    package struct Counts: Hashable, Sendable {
        package var queued = 0
        package var delivered = 0
        /// Attempts that failed; most letters are tried again.
        package var failed = 0
        package var givenUp = 0
    }
}

/// How the test of a channel went.
package struct ChannelTest: Codable, Hashable, Sendable {
    package var channel: String
    package var isDelivered: Bool
    /// What the service said, or why it was not reached.
    package var words: String
    package var milliseconds: Double
}

/// Carries letters to their channels, one at a time for each, for as long as it takes.
///
///     letters ─► a queue per channel ─► deliver ─► ledger: delivered, tried, given up
///
/// No channel waits for another one, and nobody waits for any of them.
package actor Postman {
    private struct Box {
        var named: NamedChannel
        var queue = LetterQueue()
        var deliveredAt: Instant?
        var trouble: String?
        var counts = ChannelTally.Counts()
        var wake: Task<Void, Never>?
        var underWay: Task<Void, Never>?
    }

    private var boxes: [String: Box] = [:]
    private var isStopped = false
    private var name = ""
    private let group: any EventLoopGroup
    private let now: @Sendable () -> Instant
    /// Keeps what has become of a letter.
    private let ledger: @Sendable (Delivery) -> Void
    private let logger: Logger

    package init(
        group: any EventLoopGroup, logger: Logger, now: @escaping @Sendable () -> Instant,
        ledger: @escaping @Sendable (Delivery) -> Void
    ) {
        self.group = group
        self.logger = logger
        self.now = now
        self.ledger = ledger
    }

    private var sender: Sender {
        let now = now
        return Sender(name: name, group: group) { now().seconds }
    }

    /// Puts other channels into force. What waits for one that is gone is given up.
    ///
    /// - Parameter name: which server this is.
    package func configure(_ channels: [NamedChannel], name: String) {
        self.name = name
        var kept: [String: Box] = [:]
        for channel in channels {
            var box = boxes.removeValue(forKey: channel.name) ?? Box(named: channel)
            if box.named.arguments != channel.arguments
                || type(of: box.named.channel).kind != type(of: channel.channel).kind
            {
                box.named = channel
                box.queue.wakeUp()
            }
            kept[channel.name] = box
        }
        for (_, gone) in boxes {
            gone.wake?.cancel()
            for waiting in gone.queue.waiting {
                giveUp(waiting.letter, waiting.attempts, "there is no such channel any more")
            }
        }
        boxes = kept
        for name in boxes.keys { advance(name) }
    }

    /// Takes letters over; `attempts` were made before.
    package func post(_ letters: [(letter: Letter, attempts: Int)]) {
        guard !isStopped else { return }
        for (letter, attempts) in letters {
            guard boxes[letter.channel] != nil else {
                giveUp(letter, attempts, "there is no channel \"\(letter.channel)\"")
                continue
            }
            boxes[letter.channel]?.counts.queued += 1
            for lost in boxes[letter.channel]?.queue.add(letter, attempts: attempts) ?? [] {
                giveUp(lost, attempts, "too many notices wait for this channel")
            }
        }
        for name in Set(letters.map(\.letter.channel)) { advance(name) }
    }

    /// Delivers one letter now, past the queue; nil if there is no such channel.
    package func test(_ letter: Letter) async -> ChannelTest? {
        guard let box = boxes[letter.channel] else { return nil }
        let start = ContinuousClock.now
        let outcome = await Self.deliver(letter, box.named.channel, sender)
        let milliseconds = (ContinuousClock.now - start).milliseconds
        switch outcome {
        case .success(let words):
            boxes[letter.channel]?.deliveredAt = now()
            boxes[letter.channel]?.trouble = nil
            // It works again: what waits need not wait longer.
            boxes[letter.channel]?.queue.wakeUp()
            advance(letter.channel)
            return ChannelTest(channel: letter.channel, isDelivered: true, words: words, milliseconds: milliseconds)
        case .failure(let error):
            return ChannelTest(
                channel: letter.channel, isDelivered: false, words: "\(error)", milliseconds: milliseconds)
        }
    }

    /// Sorted by name.
    package func reports() -> [ChannelReport] {
        boxes.values.sorted { $0.named.name < $1.named.name }.map { box in
            ChannelReport(
                name: box.named.name, kind: type(of: box.named.channel).kind, target: box.named.channel.target,
                waiting: box.queue.waiting.count, deliveredAt: box.deliveredAt?.seconds, trouble: box.trouble,
                nextAttemptAt: box.trouble == nil ? nil : box.queue.nextWake?.seconds)
        }
    }

    /// Sorted by name.
    package func tallies() -> [ChannelTally] {
        let now = now()
        return boxes.values.sorted { $0.named.name < $1.named.name }.map { box in
            let oldest = box.queue.waiting.map(\.letter.at).min()
            return ChannelTally(
                name: box.named.name, waiting: box.queue.waiting.count,
                oldestWaitingSeconds: oldest.map { max(0, (now - $0).milliseconds / 1000) } ?? 0, counts: box.counts)
        }
    }

    /// Ends; what waits is in the ledger.
    package func stop() {
        isStopped = true
        for box in boxes.values {
            box.wake?.cancel()
            box.underWay?.cancel()
        }
        boxes = [:]
    }

    // MARK: -

    private func giveUp(_ letter: Letter, _ attempts: Int, _ words: String) {
        boxes[letter.channel]?.counts.givenUp += 1
        logger.error("Notice given up", metadata: ["channel": "\(letter.channel)", "why": "\(words)"])
        ledger(Delivery(letter, state: .givenUp, attempts: attempts, attemptedAt: now(), words: words))
    }

    /// Sends what can be sent, and sees to it that this is called again in time.
    private func advance(_ name: String) {
        guard !isStopped, boxes[name] != nil else { return }
        boxes[name]?.wake?.cancel()
        boxes[name]?.wake = nil
        if let waiting = boxes[name]?.queue.next(at: now()), let channel = boxes[name]?.named.channel {
            let sender = sender
            boxes[name]?.underWay = Task {
                let outcome = await Self.deliver(waiting.letter, channel, sender)
                self.finished(waiting, outcome)
            }
        } else if let due = boxes[name]?.queue.nextWake {
            let delay = max(due - now(), .milliseconds(1))
            boxes[name]?.wake = Task {
                try? await ContinuousClock().sleep(for: delay)
                if !Task.isCancelled { self.advance(name) }
            }
        }
    }

    private func finished(_ waiting: LetterQueue.Waiting, _ outcome: Result<String, DeliveryError>) {
        let letter = waiting.letter
        guard !isStopped, boxes[letter.channel] != nil else { return }
        let now = now()
        boxes[letter.channel]?.underWay = nil
        switch outcome {
        case .success(let words):
            boxes[letter.channel]?.queue.delivered(letter.id)
            boxes[letter.channel]?.counts.delivered += 1
            boxes[letter.channel]?.deliveredAt = now
            boxes[letter.channel]?.trouble = nil
            ledger(Delivery(letter, state: .delivered, attempts: waiting.attempts, attemptedAt: now, words: words))
        case .failure(let error):
            boxes[letter.channel]?.counts.failed += 1
            let isGivenUp =
                boxes[letter.channel]?.queue.failed(letter.id, error, at: now, random: .random(in: 0..<1)) ?? true
            if boxes[letter.channel]?.trouble == nil {
                logger.warning("Notice not delivered", metadata: ["channel": "\(letter.channel)", "why": "\(error)"])
            }
            boxes[letter.channel]?.trouble = "\(error)"
            if isGivenUp {
                giveUp(letter, waiting.attempts, "\(error)")
            } else {
                ledger(Delivery(letter, attempts: waiting.attempts, attemptedAt: now, words: "\(error)"))
            }
        }
        advance(letter.channel)
    }

    private static func deliver(
        _ letter: Letter, _ channel: any Channel, _ sender: Sender
    ) async -> Result<String, DeliveryError> {
        do {
            return .success(try await channel.deliver(letter, from: sender))
        } catch {
            return .failure(error)
        }
    }
}
