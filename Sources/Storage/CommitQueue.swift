import GRDB

/// Gathers changes and writes them in as few transactions as possible: while one is being synced, the next fills up.
actor CommitQueue {
    /// How many noted changes are kept while nothing can be written; then the oldest are given up.
    static let capacity = 100_000
    /// Between two attempts while nothing can be written.
    private static let pause = Duration.seconds(1)

    private struct Request {
        let changes: [StoredChange]
        let done: CheckedContinuation<StoreError?, Never>?
    }

    private let pool: DatabasePool
    private let path: String
    private var requests: [Request] = []
    private var noted: [StoredChange] = []
    private var writer: Task<Void, Never>?
    private var idle: [CheckedContinuation<Void, Never>] = []
    /// Why the last attempt failed.
    private(set) var trouble: String?
    /// Noted changes that were given up.
    private(set) var lost = 0

    init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
    }

    func commit(_ changes: [StoredChange]) async throws(StoreError) {
        let failure = await withCheckedContinuation { done in
            requests.append(Request(changes: changes, done: done))
            start()
        }
        if let failure { throw failure }
    }

    func note(_ changes: [StoredChange]) {
        noted += changes
        if noted.count > Self.capacity {
            lost += noted.count - Self.capacity
            noted.removeFirst(noted.count - Self.capacity)
        }
        start()
    }

    /// Returns once nothing is waiting, or writing has failed.
    func flush() async {
        if writer == nil, noted.isEmpty { return }
        await withCheckedContinuation { done in
            idle.append(done)
            start()
        }
    }

    // MARK: -

    private func start() {
        if writer != nil { return }
        writer = Task { await self.run() }
    }

    private func run() async {
        while !requests.isEmpty || !noted.isEmpty {
            let asked = requests
            let told = noted
            requests = []
            noted = []
            // What was noted came before: it is written with the rest, but does not take the rest down with it.
            let failure = await write(told + asked.flatMap(\.changes))
            trouble = failure.map { "\($0)" }
            guard failure != nil else {
                for request in asked { request.done?.resume(returning: nil) }
                continue
            }
            for request in asked { request.done?.resume(returning: await write(request.changes)) }
            noted = told + noted
            if noted.isEmpty { continue }
            resumeIdle()
            try? await Task.sleep(for: Self.pause)
        }
        writer = nil
        resumeIdle()
    }

    private func resumeIdle() {
        for waiting in idle { waiting.resume() }
        idle = []
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
