import GRDB
import Synchronization

/// Gathers changes and writes them in as few transactions as possible: while one is being synced, the next fills up.
/// What is handed in first is written first, noted or committed.
final class CommitQueue: Sendable {
    /// How many noted changes are kept while nothing can be written; then the oldest are given up.
    static let capacity = 100_000
    /// Between two attempts while nothing can be written.
    private static let pause = Duration.seconds(1)

    private struct Waiting {
        /// In order, each with the one who waits for it, if anybody does.
        var requests: [(changes: [StoredChange], done: CheckedContinuation<StoreError?, Never>?)] = []
        var noted = 0
        var idle: [CheckedContinuation<Void, Never>] = []
        var isRunning = false
        var trouble: String?
        var lost = 0
    }

    private let pool: DatabasePool
    private let path: String
    private let waiting = Mutex(Waiting())

    init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
    }

    /// Why the last attempt failed; nil while all is well.
    var trouble: String? {
        waiting.withLock { waiting in
            waiting.trouble.map { waiting.lost == 0 ? $0 : "\($0); \(waiting.lost) changes were given up" }
        }
    }

    func commit(_ changes: [StoredChange]) async throws(StoreError) {
        let failure = await withCheckedContinuation { done in enqueue(changes, done) }
        if let failure { throw failure }
    }

    func note(_ changes: [StoredChange]) { if !changes.isEmpty { enqueue(changes, nil) } }

    /// Returns once nothing is waiting, or writing has failed.
    func flush() async {
        await withCheckedContinuation { done in
            let isIdle = waiting.withLock { waiting in
                if waiting.isRunning { waiting.idle.append(done) }
                return !waiting.isRunning
            }
            if isIdle { done.resume() }
        }
    }

    // MARK: -

    private func enqueue(_ changes: [StoredChange], _ done: CheckedContinuation<StoreError?, Never>?) {
        let isFirst = waiting.withLock { waiting in
            waiting.requests.append((changes, done))
            if done == nil { waiting.noted += changes.count }
            Self.giveUp(&waiting)
            defer { waiting.isRunning = true }
            return !waiting.isRunning
        }
        if isFirst { Task { await run() } }
    }

    private static func giveUp(_ waiting: inout Waiting) {
        while waiting.noted > capacity, let oldest = waiting.requests.firstIndex(where: { $0.done == nil }) {
            let given = waiting.requests.remove(at: oldest).changes.count
            waiting.noted -= given
            waiting.lost += given
        }
    }

    private func run() async {
        while true {
            let batch = waiting.withLock { waiting in
                defer { (waiting.requests, waiting.noted) = ([], 0) }
                return waiting.requests
            }
            let failure = batch.isEmpty ? nil : await write(batch.flatMap(\.changes))
            if failure != nil {
                await writeApart(batch)
            } else {
                for request in batch { request.done?.resume(returning: nil) }
            }
            let (idle, isDone, hasTrouble) = waiting.withLock { waiting in
                if failure == nil, !batch.isEmpty { (waiting.trouble, waiting.lost) = (nil, 0) }
                let isDone = waiting.requests.isEmpty
                if isDone { waiting.isRunning = false }
                defer { if isDone || waiting.trouble != nil { waiting.idle = [] } }
                return (isDone || waiting.trouble != nil ? waiting.idle : [], isDone, waiting.trouble != nil)
            }
            for done in idle { done.resume() }
            if isDone { return }
            if hasTrouble { try? await Task.sleep(for: Self.pause) }
        }
    }

    /// One request may take the others down with it: each is tried by itself. Who waits is told; what was only noted
    /// is kept for the next attempt.
    private func writeApart(_ batch: [(changes: [StoredChange], done: CheckedContinuation<StoreError?, Never>?)]) async
    {
        var kept: [(changes: [StoredChange], done: CheckedContinuation<StoreError?, Never>?)] = []
        for request in batch {
            let failure = await write(request.changes)
            if let done = request.done {
                done.resume(returning: failure)
            } else if failure != nil {
                kept.append(request)
            }
            if let failure { waiting.withLock { $0.trouble = "\(failure)" } }
        }
        let again = kept
        waiting.withLock { waiting in
            waiting.requests = again + waiting.requests
            waiting.noted += again.reduce(0) { $0 + $1.changes.count }
            Self.giveUp(&waiting)
        }
    }

    private func write(_ changes: [StoredChange]) async -> StoreError? {
        do {
            try await pool.write { database in
                for change in changes { try change.perform(in: database) }
            }
            return nil
        } catch {
            return StoreError(error, path: path)
        }
    }
}
