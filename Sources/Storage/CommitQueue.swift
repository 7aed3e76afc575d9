import Glibc
import GRDB
import Synchronization

/// Gathers changes and writes them in as few transactions as possible: while one is being synced, the next fills up.
/// What is handed in first is written first, noted or committed.
final class CommitQueue: Sendable {
    /// How many noted changes are kept while nothing can be written; then the oldest are given up.
    static let capacity = 100_000
    /// Between two attempts while nothing can be written.
    private static let pause = Duration.seconds(1)

    private struct Request {
        var changes: [StoredChange]
        /// Who waits for it; nil for what was only noted.
        var done: CheckedContinuation<StoreError?, Never>?
        /// Whether it is tried again when it could not be written.
        var isKept: Bool
    }

    private struct Waiting {
        /// In order.
        var requests: [Request] = []
        var noted = 0
        var idle: [CheckedContinuation<Void, Never>] = []
        var isRunning = false
        var isClosed = false
        var trouble: String?
        var obstacle: StoreError?
        var sealing: (any AuditSealing)?
        var lost = 0
        var listener: (@Sendable (String?) -> Void)?

        var troubleInWords: String? {
            trouble.map { lost == 0 ? $0 : "\($0); \(lost) changes were given up" }
        }
    }

    private let pool: DatabasePool
    private let path: String
    private let file: FileIdentity?
    private let waiting = Mutex(Waiting())

    init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
        file = FileIdentity(of: path)
    }

    /// Why the last attempt failed; nil while all is well.
    var trouble: String? { waiting.withLock(\.troubleInWords) }

    /// Calls `tell` whenever trouble begins or ends, from any thread.
    func onTrouble(_ tell: @escaping @Sendable (String?) -> Void) { waiting.withLock { $0.listener = tell } }

    /// - Parameter isKept: whether what cannot be written now is tried again, though who waits is told that it failed.
    func commit(_ changes: [StoredChange], isKept: Bool) async throws(StoreError) {
        let failure = await withCheckedContinuation { done in
            enqueue(Request(changes: changes, done: done, isKept: isKept))
        }
        if let failure { throw failure }
    }

    func note(_ changes: [StoredChange]) {
        if !changes.isEmpty { enqueue(Request(changes: changes, done: nil, isKept: true)) }
    }

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

    /// Takes nothing any more: what is noted from now on is forgotten, and what is committed is refused. What came before
    /// is still written, if anything can be.
    func close() { waiting.withLock { $0.isClosed = true } }

    // MARK: -

    private func enqueue(_ request: Request) {
        let isFirst: Bool? = waiting.withLock { waiting in
            if waiting.isClosed { return nil }
            waiting.requests.append(request)
            if request.done == nil { waiting.noted += request.changes.count }
            Self.giveUp(&waiting)
            defer { waiting.isRunning = true }
            return !waiting.isRunning
        }
        switch isFirst {
        case nil: request.done?.resume(returning: .closed(path: path))
        case true?: Task { await run() }
        case false?: break
        }
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
            let (batch, isTroubled) = waiting.withLock { waiting in
                defer { (waiting.requests, waiting.noted) = ([], 0) }
                return (waiting.requests, waiting.trouble != nil)
            }
            // While nothing can be written, something is tried, so that the end of the trouble is seen.
            let changes = batch.isEmpty && isTroubled ? [Self.sign] : batch.flatMap(\.changes)
            let failure = batch.isEmpty && changes.isEmpty ? nil : await write(changes)
            if let failure {
                setTrouble("\(failure)")
                await writeApart(batch)
            } else {
                for request in batch { request.done?.resume(returning: nil) }
                if !changes.isEmpty { setTrouble(nil) }
            }
            let (idle, isDone, hasTrouble) = waiting.withLock { waiting in
                let isDone = waiting.requests.isEmpty && waiting.trouble == nil
                if isDone { waiting.isRunning = false }
                defer { if isDone || waiting.trouble != nil { waiting.idle = [] } }
                return (isDone || waiting.trouble != nil ? waiting.idle : [], isDone, waiting.trouble != nil)
            }
            for done in idle { done.resume() }
            if isDone { return }
            guard hasTrouble else { continue }
            if waiting.withLock(\.isClosed) { return refuseAll() }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private static let sign = StoredChange.fact(key: "attempt", value: "1")

    /// What keeps anything from being written, as found by looking at the file; nil if nothing does any more.
    func setObstacle(_ obstacle: StoreError?) {
        let isFirst = waiting.withLock { waiting in
            waiting.obstacle = obstacle
            guard obstacle != nil, !waiting.isRunning, !waiting.isClosed else { return false }
            waiting.isRunning = true
            return true
        }
        if let obstacle { setTrouble("\(obstacle)") }
        if isFirst { Task { await run() } }
    }

    /// Writes something, so that trouble is found, and its end.
    func attempt() {
        let isFirst = waiting.withLock { waiting in
            guard !waiting.isRunning, !waiting.isClosed else { return false }
            waiting.isRunning = true
            waiting.requests.append(Request(changes: [Self.sign], done: nil, isKept: false))
            return true
        }
        if isFirst { Task { await run() } }
    }

    /// Why nothing may be written now: SQLite goes on writing into a file that has no name any more, or that somebody
    /// has changed beneath it; the next start would not find what was acknowledged.
    var obstacle: StoreError? {
        if let obstacle = waiting.withLock(\.obstacle) { return obstacle }
        guard FileIdentity(of: path) != file else { return nil }
        return .unusable(path: path, why: "it was moved or deleted while the server used it; put it back, or restart")
    }

    private func refuseAll() {
        let left = waiting.withLock { waiting in
            defer { (waiting.requests, waiting.noted, waiting.isRunning) = ([], 0, false) }
            return waiting.requests
        }
        for request in left { request.done?.resume(returning: .closed(path: path)) }
    }

    /// One request may take the others down with it: each is tried by itself. Who waits is told; what was only noted
    /// is kept for the next attempt.
    private func writeApart(_ batch: [Request]) async {
        var kept: [Request] = []
        for request in batch {
            let failure = await write(request.changes)
            if failure != nil {
                if request.isKept { kept.append(Request(changes: request.changes, done: nil, isKept: true)) }
            }
            request.done?.resume(returning: failure)
        }
        let again = kept
        waiting.withLock { waiting in
            waiting.requests = again + waiting.requests
            waiting.noted += again.reduce(0) { $0 + $1.changes.count }
            Self.giveUp(&waiting)
        }
    }

    private func setTrouble(_ trouble: String?) {
        let tell = waiting.withLock { waiting in
            let isNew = (waiting.trouble == nil) != (trouble == nil)
            waiting.trouble = trouble
            if trouble == nil { waiting.lost = 0 }
            return isNew ? waiting.listener : nil
        }
        tell?(trouble)
    }

    private func write(_ changes: [StoredChange]) async -> StoreError? {
        if let obstacle { return obstacle }
        let sealing = sealing
        do {
            try await pool.write { database in
                for change in changes { try change.perform(in: database, by: sealing) }
            }
            return nil
        } catch {
            return StoreError(error, path: path)
        }
    }

    /// How entries of the audit log are sealed.
    var sealing: (any AuditSealing)? { waiting.withLock(\.sealing) }

    func sealAudit(by sealing: any AuditSealing) { waiting.withLock { $0.sealing = sealing } }
}

/// Which file a path leads to.
struct FileIdentity: Equatable {
    private let device: UInt
    private let inode: UInt

    /// Nil if there is none.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
    }
}
