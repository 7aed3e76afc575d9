import Foundation
import GRDB

/// The sealed secrets beside the store (`secrets/` in the data folder), as they travel in a backup: in a table that only a
/// backup has. They stay sealed; the key that opens them is not in it.
enum SealedFiles {
    static let table = "sealed_file"
    private static let folderName = "secrets"
    /// No secret is longer (64 KiB, and what sealing adds).
    private static let limit = 128 << 10

    /// Copies every secret of the data folder into a backup.
    static func take(from folder: String, into backup: DatabaseQueue) throws {
        let files = try contents(of: path(in: folder))
        try backup.write { database in
            try database.execute(sql: "DROP TABLE IF EXISTS \(table)")
            try database.execute(
                sql: "CREATE TABLE \(table) (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID")
            for (name, sealed) in files.sorted(by: { $0.key < $1.key }) {
                try database.execute(
                    sql: "INSERT INTO \(table) (name, sealed) VALUES (?, ?)", arguments: [name, sealed])
            }
        }
    }

    /// Writes the secrets of a backup beside those that are in use, so that putting them in their place needs no room.
    static func stage(of store: String, in folder: String) throws {
        let database = try DatabaseQueue(path: store)
        defer { try? database.close() }
        if let files = try read(from: database), !files.isEmpty { try stage(files, in: folder) }
    }

    /// The same of a store by its path.
    static func putBack(from store: String, into folder: String) throws {
        let database = try DatabaseQueue(path: store)
        defer { try? database.close() }
        try putBack(from: database, into: folder)
    }

    /// Puts the secrets of a backup that has become the store into their place, and takes them out of it. Those that
    /// were there are kept in a folder beside them. The same again does no harm.
    static func putBack(from store: some DatabaseWriter, into folder: String) throws {
        guard let files = try read(from: store) else { return }
        let secrets = path(in: folder)
        if !files.isEmpty, try contents(of: secrets) != files {
            try stage(files, in: folder)
            if FileManager.default.fileExists(atPath: secrets) {
                try FileManager.default.moveItem(atPath: secrets, toPath: unused("\(secrets).before-"))
            }
            try FileManager.default.moveItem(atPath: staged(in: folder), toPath: secrets)
            try Store.sync(folder)
        }
        try? FileManager.default.removeItem(atPath: staged(in: folder))
        try store.write { try $0.execute(sql: "DROP TABLE \(table)") }
    }

    /// Nil if it has none to put back.
    private static func read(from store: some DatabaseReader) throws -> [String: Data]? {
        try store.read { database in
            guard try database.tableExists(table) else { return nil }
            var files: [String: Data] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT name, sealed FROM \(table)") {
                let name: String = row["name"]
                if isName(name) { files[name] = row["sealed"] }
            }
            return files
        }
    }

    private static func stage(_ files: [String: Data], in folder: String) throws {
        let staged = staged(in: folder)
        if (try? contents(of: staged)) == files { return }
        try? FileManager.default.removeItem(atPath: staged)
        try FileManager.default.createDirectory(
            atPath: staged, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for (name, sealed) in files {
            let file = "\(staged)/\(name)"
            let made = FileManager.default.createFile(
                atPath: file, contents: sealed, attributes: [.posixPermissions: 0o600])
            guard made else { throw StoreError.unusable(path: file, why: "it cannot be written") }
            try Store.sync(file)
        }
        try Store.sync(staged)
    }

    /// Every secret in a folder, by its name; none if there is no such folder.
    private static func contents(of secrets: String) throws -> [String: Data] {
        guard FileManager.default.fileExists(atPath: secrets) else { return [:] }
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: secrets).filter(isName) {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(secrets)/\(name)"))
            defer { try? handle.close() }
            files[name] = try handle.read(upToCount: limit) ?? Data()
        }
        return files
    }

    private static func unused(_ name: String) -> String {
        var number = Int(Date().timeIntervalSince1970)
        while FileManager.default.fileExists(atPath: "\(name)\(number)") { number += 1 }
        return "\(name)\(number)"
    }

    /// A name leads out of the folder in no backup, whoever has made it.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.utf8.contains(0)
    }

    private static func path(in folder: String) -> String {
        (folder as NSString).appendingPathComponent(folderName)
    }

    private static func staged(in folder: String) -> String { path(in: folder) + ".restoring" }
}
