import Foundation
import GRDB

/// The sealed secrets beside the store (`secrets/` in the data folder), as they travel in a backup: in a table that only a
/// backup has. They stay sealed; the key that opens them is not in it.
enum SealedFiles {
    private static let folderName = "secrets"
    /// No secret is longer (64 KiB, and what sealing adds).
    private static let limit = 128 << 10

    /// Copies every secret of the data folder into a backup.
    static func take(from folder: String, into backup: DatabaseQueue) throws {
        let secrets = path(in: folder)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: secrets)) ?? []).filter(isName).sorted()
        try backup.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE sealed_file (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID
                    """)
            for name in names {
                let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(secrets)/\(name)"))
                defer { try? handle.close() }
                let sealed = try handle.read(upToCount: limit) ?? Data()
                try database.execute(
                    sql: "INSERT INTO sealed_file (name, sealed) VALUES (?, ?)", arguments: [name, sealed])
            }
        }
    }

    /// Writes the secrets of a backup that has become the store at `store`, and takes them out of it. Those that were
    /// there are kept in a folder beside them.
    static func putBack(from store: String, into folder: String) throws {
        let database = try DatabaseQueue(path: store)
        defer { try? database.close() }
        guard try database.read({ try $0.tableExists("sealed_file") }) else { return }
        let rows = try database.read { try Row.fetchAll($0, sql: "SELECT name, sealed FROM sealed_file") }
        if !rows.isEmpty { try putBack(rows, into: path(in: folder)) }
        try database.write { try $0.execute(sql: "DROP TABLE sealed_file") }
    }

    private static func putBack(_ rows: [Row], into secrets: String) throws {
        let files = FileManager.default
        if files.fileExists(atPath: secrets) {
            try files.moveItem(atPath: secrets, toPath: "\(secrets).before-\(Int(Date().timeIntervalSince1970))")
        }
        try files.createDirectory(
            atPath: secrets, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for row in rows {
            let (name, sealed): (String, Data) = (row["name"], row["sealed"])
            guard isName(name) else { continue }
            let made = files.createFile(
                atPath: "\(secrets)/\(name)", contents: sealed, attributes: [.posixPermissions: 0o600])
            guard made else { throw StoreError.unusable(path: "\(secrets)/\(name)", why: "it cannot be written") }
        }
    }

    /// A name leads out of the folder in no backup, whoever has made it.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.utf8.contains(0)
    }

    private static func path(in folder: String) -> String {
        (folder as NSString).appendingPathComponent(folderName)
    }
}
