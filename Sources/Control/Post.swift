import Failover
import Foundation
import Logging
import NIOCore
import Notices
import Storage

/// Hands letters to the postman, in order and without waiting for him.
struct Post: Sendable {
    private enum Order: Sendable {
        case configure([NamedChannel], name: String)
        case post([(letter: Letter, attempts: Int)])
    }

    let postman: Postman
    private let orders: AsyncStream<Order>.Continuation

    init(group: any EventLoopGroup, clock: ShellClock, store: Store?, logger: Logger) {
        let postman = Postman(group: group, logger: logger, now: { clock.now }) { delivery in
            if let letter = StoredLetter(delivery) { store?.note([.letter(letter)]) }
        }
        self.postman = postman
        let (stream, orders) = AsyncStream.makeStream(of: Order.self)
        self.orders = orders
        Task {
            for await order in stream {
                switch order {
                case .configure(let channels, let name): await postman.configure(channels, name: name)
                case .post(let letters): await postman.post(letters)
                }
            }
            await postman.stop()
        }
    }

    func configure(_ channels: [NamedChannel], name: String) { orders.yield(.configure(channels, name: name)) }
    func send(_ letter: Letter, attempts: Int = 0) { orders.yield(.post([(letter, attempts)])) }
    func stop() { orders.finish() }
}

// MARK: - In the store

extension StoredLetter {
    /// Nil if it cannot be written as JSON, which no letter is.
    init?(_ delivery: Delivery) {
        guard let body = NoticeJSON.text(delivery.letter) else { return nil }
        self.init(
            id: delivery.letter.id, at: delivery.letter.at, channel: delivery.letter.channel,
            state: delivery.state.rawValue, attempts: delivery.attempts, attemptedAt: delivery.attemptedAt,
            words: delivery.words, body: body)
    }

    /// Nil if it cannot be understood, as when a newer version wrote it.
    var letter: Letter? { NoticeJSON.value(body) }
}

enum NoticeJSON {
    static func text(_ value: some Encodable) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }

    static func value<Value: Decodable>(_ text: String) -> Value? {
        try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}

extension Keeping {
    /// What people were told, and were about to be told. The subscriptions come with the configuration.
    func dispatch() throws(StoreError) -> Dispatch {
        let matters: [Matter] = try store.matters().compactMap { NoticeJSON.value($0) }
        return Dispatch(remembering: matters, nextLetter: try store.newestLetter() + 1)
    }
}
