import Failover
import Testing

@testable import Notices

private func letter(_ id: Int64, at seconds: Double = 0) -> Letter {
    Letter(
        id: id, channel: "mail", subscription: "all", purpose: .news, at: Instant(seconds: seconds),
        items: [.indicator("a", .worse, .warning, "err")])
}

/// The order in which letters are tried, by a clock of the test's own.
@Suite struct LetterQueueTests {
    private static let away = DeliveryError.unavailable("connection refused")

    @Test func `a channel that is away is tried less and less often, and then all that waited goes in order`() {
        var queue = LetterQueue()
        for id in 1...3 { _ = queue.add(letter(Int64(id))) }
        var times: [Int] = []
        var now = Instant.epoch
        for _ in 0..<9 {
            let tried = queue.next(at: now)
            times.append(Int(now.seconds))
            let isGivenUp = queue.failed(1, Self.away, at: now, random: 0.5)
            let early = queue.next(at: now + .seconds(4))
            #expect(tried?.letter.id == 1 && !isGivenUp && early == nil)
            now = queue.nextWake ?? now
        }
        #expect(times == [0, 5, 20, 50, 110, 230, 530, 1430, 2330])
        for id in 1...3 {
            let tried = queue.next(at: now)
            #expect(tried?.letter.id == Int64(id))
            queue.delivered(Int64(id))
        }
        #expect(queue.waiting.isEmpty && queue.nextWake == nil)
    }

    @Test func `a letter that is refused is in no other's way, and is given up in the end`() {
        var queue = LetterQueue()
        _ = queue.add(letter(1))
        _ = queue.add(letter(2))
        var now = Instant.epoch
        let first = queue.next(at: now)
        _ = queue.failed(1, .refused("status 400"), at: now, random: 0.5)
        let second = queue.next(at: now)
        #expect(first?.letter.id == 1 && second?.letter.id == 2)
        queue.delivered(2)
        var attempts = 1
        while let wake = queue.nextWake {
            now = wake
            let tried = queue.next(at: now)
            #expect(tried?.attempts == attempts + 1)
            attempts += 1
            let isGivenUp = queue.failed(1, .refused("status 400"), at: now, random: 0.5)
            #expect(isGivenUp == (attempts == LetterQueue.refusalLimit))
        }
        #expect(attempts == LetterQueue.refusalLimit)
    }

    @Test func `whoever asks for patience gets it`() {
        var queue = LetterQueue()
        _ = queue.add(letter(1))
        _ = queue.next(at: .epoch)
        _ = queue.failed(1, .unavailable("status 429", retryAfter: .seconds(77)), at: .epoch, random: 0.5)
        #expect(queue.nextWake == Instant(seconds: 77))
    }

    @Test func `only one letter is under way at a time`() {
        var queue = LetterQueue()
        _ = queue.add(letter(1))
        _ = queue.add(letter(2))
        let (first, second) = (queue.next(at: .epoch), queue.next(at: .epoch))
        #expect(first?.letter.id == 1 && second == nil && queue.nextWake == nil)
    }

    @Test func `what waits is bounded: the oldest is given up, never the one that is under way`() {
        var queue = LetterQueue()
        for id in 1...LetterQueue.capacity {
            let lost = queue.add(letter(Int64(id)))
            #expect(lost.isEmpty)
        }
        _ = queue.next(at: .epoch)
        let lost = queue.add(letter(1000))
        #expect(lost.map(\.id) == [2])
        #expect(queue.waiting.count == LetterQueue.capacity && queue.waiting.first?.letter.id == 1)
    }

    @Test func `after three days a letter is worth nothing any more`() {
        var queue = LetterQueue()
        _ = queue.add(letter(1))
        _ = queue.next(at: .epoch)
        let before = queue.failed(1, Self.away, at: Instant(seconds: 3 * 86_400 - 1), random: 0)
        queue.wakeUp()
        _ = queue.next(at: Instant(seconds: 3 * 86_400))
        let after = queue.failed(1, Self.away, at: Instant(seconds: 3 * 86_400), random: 0)
        #expect(!before && after && queue.waiting.isEmpty)
    }
}
