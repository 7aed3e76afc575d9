import Foundation
import GRDB
import Synchronization

/// What outlives the process: one SQLite file in the data folder, in WAL mode, synced at every commit.
///
///     what happened ─► `note` ──► the next commit ─┐
///     what was asked for ─► `commit` ─► waits ◄────┴── many changes, one transaction, one sync
///
/// What the server answers never waits for any of this. What an operator was told has been done is on the disk.
package final class Store: Sendable {
    /// The file's name inside the data folder.
    package static let fileName = "ninelives.db"

    let pool: DatabasePool
    let queue: CommitQueue
    let use = StoreUse()
    let auditLook = Mutex(AuditLook())
    /// The whole path of the file.
    package let path: String
    /// What had to be done to open it, in words; nil if all was well.
    package let repair: String?

    /// Opens the store in `folder`, making both if they are missing, and brings an older one up to date.
    ///
    /// A file that is not a sound database is set aside under another name, never deleted, and a new store is begun:
    /// a server without its memory is better than none, and `repair` says so.
    ///
    /// - Throws: `StoreError` if the folder cannot be written to, the disk is full, or the store was made by a newer
    ///   version.
    package convenience init(folder: String) throws(StoreError) {
        let path = (folder as NSString).appendingPathComponent(Self.fileName)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable(path: folder, why: "the folder cannot be made")
        }
        do {
            try self.init(opening: path, repair: nil)
        } catch .broken(_, let why) {
            let aside = try Self.setAside(path)
            try self.init(opening: path, repair: "\(path) was broken (\(why)); it was set aside as \(aside)")
        }
    }

    /// Opens what is to become a store, and is none yet.
    convenience init(draft path: String) throws(StoreError) { try self.init(opening: path, repair: nil, isDraft: true) }

    private init(opening path: String, repair: String?, isDraft: Bool = false) throws(StoreError) {
        do {
            let pool = try DatabasePool(path: path, configuration: Self.configuration)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try Self.check(pool)
            // A restore that a power cut has ended is brought to its end.
            if !isDraft { try SealedFiles.putBack(from: pool, into: (path as NSString).deletingLastPathComponent) }
            self.pool = pool
        } catch {
            throw StoreError(error, path: path)
        }
        self.path = path
        self.repair = repair
        queue = CommitQueue(pool: pool, path: path)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // WAL alone would lose the newest commits at a power cut.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Counts for a new file only: what is forgotten makes it shorter again.
            if !database.configuration.readonly { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
        }
        return configuration
    }

    /// Looks the whole file over and brings its tables up to date.
    private static func check(_ pool: DatabasePool) throws {
        let finding = try pool.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard finding == "ok" else { throw StoreError.broken(path: pool.path, why: finding ?? "no finding") }
        let migrator = Schema.migrator
        if try pool.read(migrator.hasBeenSuperseded) { throw StoreError.newer(path: pool.path) }
        try migrator.migrate(pool)
    }

    /// Renames a broken store, with what belongs to it, out of the way; returns its new path.
    static func setAside(_ path: String) throws(StoreError) -> String {
        let stamp = Int(Date().timeIntervalSince1970)
        let aside = "\(path).broken-\(stamp)"
        for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
            do {
                try FileManager.default.moveItem(atPath: path + suffix, toPath: aside + suffix)
            } catch {
                throw .unusable(path: path, why: "it is broken, and cannot be set aside")
            }
        }
        return aside
    }

    /// Removes the store in `folder`, if there is one and nobody uses it.
    package static func erase(folder: String) {
        let path = (folder as NSString).appendingPathComponent(fileName)
        for suffix in ["-wal", "-shm", ""] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    // MARK: - Writing

    /// Writes all of `changes` or none; returns once they would survive a power cut.
    ///
    /// - Parameter isKept: whether what cannot be written now is tried again later all the same.
    package func commit(_ changes: [StoredChange], isKept: Bool = false) async throws(StoreError) {
        try await queue.commit(changes, isKept: isKept)
    }

    /// Writes with the next commit. What cannot be written now (a full disk) is kept, up to a limit, and tried again.
    package func note(_ changes: [StoredChange]) { queue.note(changes) }

    /// Waits until everything noted so far is on the disk, or cannot be written.
    package func flush() async { await queue.flush() }

    /// Why the last attempt to write failed; nil while all is well.
    package var trouble: String? { queue.trouble }

    /// Calls `tell` whenever trouble begins (with the reason) or ends (with nil), from any thread.
    package func onTrouble(_ tell: @escaping @Sendable (String?) -> Void) { queue.onTrouble(tell) }

    /// Writes a copy of the whole store in `folder`, as it stands at one moment, into a new file, while a server may
    /// be using it. The store itself is only read. The new file has its name once it is whole and on the disk.
    package static func backup(folder: String, to path: String) throws(StoreError) {
        let now = Int(Date().timeIntervalSince1970)
        let source = (folder as NSString).appendingPathComponent(fileName)
        guard !FileManager.default.fileExists(atPath: path) else {
            throw .unusable(path: path, why: "it exists already")
        }
        let draft = path + ".part"
        do {
            try? FileManager.default.removeItem(atPath: draft)
            let made = FileManager.default.createFile(
                atPath: draft, contents: nil, attributes: [.posixPermissions: 0o600])
            guard made else { throw StoreError.unusable(path: path, why: "it cannot be made") }
            let copy = try DatabaseQueue(path: draft)
            let store = try DatabaseQueue(path: source, configuration: readOnly)
            try store.backup(to: copy)
            try store.close()
            // One plain file, without a write-ahead log beside it.
            try copy.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try SealedFiles.take(from: folder, into: copy)
            try copy.write { database in
                // What is backed up before a restore may be somebody else's file.
                guard try database.tableExists("note") else { return }
                try StoredChange.fact(key: takenKey, value: "\(now)").perform(in: database)
            }
            let finding = try copy.read { try String.fetchOne($0, sql: "PRAGMA integrity_check(1)") }
            guard finding == "ok" else { throw StoreError.broken(path: source, why: finding ?? "no finding") }
            try copy.close()
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: draft))
            try handle.synchronize()
            try handle.close()
            try FileManager.default.moveItem(atPath: draft, toPath: path)
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw StoreError(error, path: path)
        }
    }

    /// In a backup: when it was taken, seconds since 1970.
    private static let takenKey = "backup.taken"

    /// When the backup that this store was made of was taken, seconds since 1970; nil if it was made of none.
    package func backupTakenAt() throws(StoreError) -> Int? { try fact(Self.takenKey).flatMap { Int($0) } }

    static var readOnly: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return configuration
    }

    /// Ends all use of the file. What was noted and not yet written is written first.
    package func close() async {
        queue.close()
        await queue.flush()
        await markLastAudit()
        await use.close()
        _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? pool.close()
    }

    // MARK: - Reading and writing, in general

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        guard use.begin() else { throw .closed(path: path) }
        defer { use.end() }
        do {
            return try pool.read(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Alone among the writers, and in no transaction.
    func writeAlone<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        if let obstacle = queue.obstacle { throw obstacle }
        guard use.begin() else { throw .closed(path: path) }
        defer { use.end() }
        do {
            return try await pool.writeWithoutTransaction(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// One transaction, on the disk when this returns.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws(StoreError) -> Value {
        if let obstacle = queue.obstacle { throw obstacle }
        guard use.begin() else { throw .closed(path: path) }
        defer { use.end() }
        do {
            return try await pool.write(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// One transaction, with who did it in the audit log; on the disk when this returns, all of it or nothing.
    func write<Value: Sendable>(
        noting entry: AuditEntry?, _ body: @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let sealing = queue.sealing
        return try await write { database in
            let value = try body(database)
            if let entry { try StoredChange.audit(entry).perform(in: database, by: sealing) }
            return value
        }
    }

    /// Changes one fact as it is at that moment, with who did it in the audit log; on the disk when this returns.
    package func change<Value: Sendable>(
        fact key: String, _ body: @Sendable (inout String?) throws -> (Value, AuditEntry?)
    ) async throws(StoreError) -> Value {
        let sealing = queue.sealing
        return try await write { database in
            var text = try String.fetchOne(database, sql: "SELECT value FROM note WHERE key = ?", arguments: [key])
            let old = text
            let (value, entry) = try body(&text)
            if text != old { try StoredChange.fact(key: key, value: text).perform(in: database) }
            if let entry { try StoredChange.audit(entry).perform(in: database, by: sealing) }
            return value
        }
    }
}
